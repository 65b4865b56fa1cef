"""A result folder on disk: tables as CSV, files written all or nothing, checksums."""

from __future__ import annotations

import csv
import errno
import hashlib
import io
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from pathlib import Path, PurePosixPath
from typing import Any, Final, TypeVar

import numpy as np
import orjson

from cracktrader.errors import ConfigError, CorruptArchiveError, CracktraderError, DataError
from cracktrader.reports.records import Equity

INDEX: Final = "result.json"
_READERS: Final[dict[str, Callable[[str], object]]] = {"int": int, "float": float, "str": str}
_EQUITY_HEADER: Final = "timestamp,cash,value"

T = TypeVar("T")


def canonical_json(value: object) -> bytes:
    """Return sorted, indented JSON; NaN becomes null, unknown types their text."""
    options = orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    return orjson.dumps(value, default=str, option=options | orjson.OPT_NON_STR_KEYS)


def encode_table(kind: type[T], rows: Iterable[T]) -> bytes:
    """Return dataclass records as CSV with a header; None is an empty cell."""
    names = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([name.rstrip("_") for name in names])
    writer.writerows([getattr(row, name) for name in names] for row in rows)
    return text.getvalue().encode()


def decode_table(kind: type[T], content: bytes, *, source: str) -> tuple[T, ...]:
    """Read what `encode_table` wrote.

    Raises:
        CorruptArchiveError: if it is something else.
    """
    readers = [(field.name, _reader(str(field.type))) for field in fields(kind)]  # type: ignore[arg-type]
    try:
        header, *rows = csv.reader(io.StringIO(content.decode()))
        if header != [name.rstrip("_") for name, _ in readers]:
            raise CorruptArchiveError(f'"{source}" has the columns {", ".join(header)}')
        return tuple(
            kind(**{name: read(cell) for (name, read), cell in zip(readers, row, strict=True)})
            for row in rows
        )
    except ValueError as exc:
        raise CorruptArchiveError(f'"{source}" cannot be read: {exc}') from exc


def encode_equity(equity: Equity) -> bytes:
    """Return the equity curve as CSV."""
    columns = (equity.timestamp.tolist(), equity.cash.tolist(), equity.value.tolist())
    lines = [f"{time},{cash!r},{value!r}" for time, cash, value in zip(*columns, strict=True)]
    return ("\n".join([_EQUITY_HEADER, *lines]) + "\n").encode()


def decode_equity(content: bytes, *, source: str) -> Equity:
    """Read what `encode_equity` wrote.

    Raises:
        CorruptArchiveError: if it is something else.
    """
    try:
        header, _, body = content.decode().partition("\n")
        if header != _EQUITY_HEADER:
            raise CorruptArchiveError(f'"{source}" has the columns {header}')
        if not body:
            return Equity()
        table = np.loadtxt(io.StringIO(body), delimiter=",", ndmin=2)
        return Equity(
            timestamp=np.rint(table[:, 0]).astype(np.int64),
            cash=table[:, 1].copy(),
            value=table[:, 2].copy(),
        )
    except (ValueError, IndexError) as exc:
        raise CorruptArchiveError(f'"{source}" cannot be read: {exc}') from exc


def write_folder(folder: Path, files: Mapping[str, bytes]) -> Path:
    """Put *files* and an index with their checksums into *folder*, which is replaced whole.

    *files* holds `INDEX`, a JSON object, to which the checksums are added.

    Raises:
        ConfigError: if *folder* may not be written, or holds something else than a result.
        CracktraderError: if the disk is full or fails.
    """
    checksums = {name: _sha256(files[name]) for name in sorted(files) if name != INDEX}
    index = canonical_json({**orjson.loads(files[INDEX]), "files": checksums})
    folder = folder.absolute()
    _refuse_foreign(folder)
    staging: Path | None = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        new = staging / "new"
        for name, content in {**files, INDEX: index}.items():
            target = new / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        if folder.exists():
            folder.rename(staging / "old")
        new.rename(folder)
    except OSError as exc:
        raise _unwritable(folder, exc) from exc
    finally:
        if staging is not None:
            shutil.rmtree(staging, ignore_errors=True)
    return folder


def read_folder(folder: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return the index of a result folder and its files, checked against the checksums.

    Raises:
        DataError: if there is no result in *folder*.
        CorruptArchiveError: if a file is missing or was changed.
    """
    try:
        index = orjson.loads((folder / INDEX).read_bytes())
        checksums = dict(index["files"])
    except OSError as exc:
        raise DataError(
            f'"{folder}" holds no result of a run: there is no readable {INDEX} in it'
        ) from exc
    except (ValueError, TypeError, KeyError) as exc:
        raise CorruptArchiveError(f'"{folder / INDEX}" is not the index of a result') from exc
    files = {}
    for name, checksum in checksums.items():
        files[name] = _read_checked(folder, name, checksum)
    return index, files


def _read_checked(folder: Path, name: str, checksum: str) -> bytes:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        raise CorruptArchiveError(f'"{folder / INDEX}" names a file outside the folder: "{name}"')
    try:
        content = (folder / name).read_bytes()
    except OSError as exc:
        raise CorruptArchiveError(f'"{folder}" lacks "{name}"; run the backtest again') from exc
    if _sha256(content) != checksum:
        raise CorruptArchiveError(
            f'"{folder / name}" was changed after the run; run the backtest again'
        )
    return content


def _refuse_foreign(folder: Path) -> None:
    try:
        is_foreign = folder.is_file() or (
            folder.is_dir() and any(folder.iterdir()) and not (folder / INDEX).is_file()
        )
    except OSError as exc:
        raise _unwritable(folder, exc) from exc
    if is_foreign:
        raise ConfigError(
            f'"{folder}" exists and is not the result of a run; choose another folder'
        )


def _unwritable(folder: Path, error: OSError) -> CracktraderError:
    reason = error.strerror or str(error)
    if error.errno in {errno.ENOSPC, errno.EIO, errno.EDQUOT}:
        return CracktraderError(f'could not write the result to "{folder}": {reason}')
    return ConfigError(f'cannot write the result to "{folder}": {reason}; choose another folder')


def _reader(annotation: str) -> Callable[[str], object]:
    kind, _, rest = annotation.partition(" | ")
    read = _READERS.get(kind, str)
    if rest == "None":
        return lambda cell: None if cell == "" else read(cell)
    return read


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
