"""Manifest: what a series' folder holds, and which ranges were downloaded.

It is what tells *downloaded and empty* (claimed, no candle) from *not downloaded* (not
claimed). It carries a checksum of itself and of every file, and no time of writing: equal
candles give equal bytes.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable
from typing import Annotated, Final, Self

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from cracktrader.candles.verdict import Verdict
from cracktrader.errors import CorruptArchiveError

Range = tuple[int, int]
"""Candle opens from (inclusive) to (exclusive), ms UTC."""

VERSION: Final = 2
_READABLE: Final = {1, VERSION}  # 1 had no verdicts
_Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_Month = Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]
# Each file is a month; there is no millisecond candle.
_MOST_ROWS: Final = 100_000_000
# Far beyond any candle, and safely inside int64.
_Millis = Annotated[int, Field(ge=-(2**53), le=2**53)]


class FileEntry(BaseModel):
    """One month's file."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    rows: Annotated[int, Field(ge=1, le=_MOST_ROWS)]
    first: _Millis
    last: _Millis
    size: Annotated[int, Field(ge=1)]
    sha256: _Digest
    verdict: Verdict | None = None
    """What is known about the candles of exactly this file."""


class Manifest(BaseModel):
    """What is claimed about one series."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    series: tuple[str, str, str, str]
    files: dict[_Month, FileEntry] = Field(default_factory=dict)
    pending: dict[_Month, FileEntry] = Field(default_factory=dict)
    """Files that are about to replace the one in `files`; empty unless a writer is at work or
    was killed. Either version is then a good one."""
    ranges: tuple[tuple[_Millis, _Millis], ...] = ()
    """Downloaded ranges: ordered, apart from one another, none of them empty."""

    @model_validator(mode="after")
    def _ranges_are_in_order(self) -> Self:
        if tuple(merge_ranges(self.ranges)) != self.ranges:
            raise ValueError("ranges are not in order")
        return self

    @property
    def rows(self) -> int:
        """How many candles the files hold."""
        return sum(entry.rows for entry in self.files.values())

    @property
    def months(self) -> list[str]:
        """The months that may hold candles, in order."""
        return sorted({*self.files, *self.pending})

    def entry(self, month: str, sha256: str) -> FileEntry | None:
        """Return what is claimed about a file of *month*; None if it is not one of ours."""
        entries = (self.files.get(month), self.pending.get(month))
        return next((e for e in entries if e is not None and e.sha256 == sha256), None)

    def to_bytes(self) -> bytes:
        """Return the manifest as JSON, with a checksum of itself."""
        body = self.model_dump(mode="json", exclude_defaults=True)
        return _dump({**body, "version": VERSION, "checksum": _checksum(body)})

    @classmethod
    def from_bytes(cls, content: bytes, *, source: str) -> Manifest:
        """Read what `to_bytes` wrote; *source* names it in errors.

        Raises:
            CorruptArchiveError: if it was damaged, or written by a later version.
        """
        try:
            return cls.model_validate(_verified(orjson.loads(content)))
        except (ValueError, TypeError) as exc:
            raise CorruptArchiveError(
                f'"{source}" is not a readable manifest: {_reason(exc)}; '
                "`cracktrader data repair` rebuilds it from the files beside it"
            ) from exc


def is_storable(timestamp: int) -> bool:
    """Whether candles can open at *timestamp* (ms UTC): in the years 1000 to 9998."""
    return _FIRST_OPEN <= timestamp < _LAST_OPEN


def month_of(timestamp: int) -> str:
    """Return the ``YYYY-MM`` whose file holds *timestamp* (ms UTC)."""
    return dt.datetime.fromtimestamp(timestamp / 1000, tz=dt.UTC).strftime("%Y-%m")


def month_range(month: str) -> Range:
    """Return the first millisecond of *month* and of the next."""
    year, number = int(month[:4]), int(month[5:])
    after = (year + number // 12, number % 12 + 1)
    return _month_start(year, number), _month_start(*after)


def merge_ranges(ranges: Iterable[Range]) -> list[Range]:
    """Return *ranges* in order, those that touch or overlap made one, empty ones left out."""
    merged: list[Range] = []
    for start, end in sorted(r for r in ranges if r[0] < r[1]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def subtract_ranges(wanted: Iterable[Range], taken: Iterable[Range]) -> list[Range]:
    """Return what of *wanted* is not in *taken*, in order."""
    cuts = merge_ranges(taken)
    left: list[Range] = []
    for start, end in merge_ranges(wanted):
        position = start
        for cut_start, cut_end in cuts:
            if cut_start < end and cut_end > position:
                left.append((position, cut_start))
                position = cut_end
        left.append((position, end))
    return merge_ranges(left)


def _month_start(year: int, month: int) -> int:
    if year > dt.MAXYEAR:
        return 2**53
    return int(dt.datetime(year, month, 1, tzinfo=dt.UTC).timestamp()) * 1000


_FIRST_OPEN: Final = _month_start(1000, 1)
_LAST_OPEN: Final = _month_start(dt.MAXYEAR, 1)


def _verified(document: object) -> dict[str, object]:
    if not isinstance(document, dict):
        raise TypeError("it is no JSON object")
    version, checksum = document.pop("version", None), document.pop("checksum", None)
    if version not in _READABLE:
        raise ValueError(f"its version is {version}, this program reads up to {VERSION}")
    if checksum != _checksum(document):
        raise ValueError("its checksum does not match")
    return document


def _dump(body: dict[str, object]) -> bytes:
    options = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
    return orjson.dumps(body, option=options)


def _checksum(body: dict[str, object]) -> str:
    return hashlib.sha256(_dump(body)).hexdigest()


def _reason(exc: Exception) -> str:
    if isinstance(exc, ValidationError):
        first = exc.errors(include_url=False)[0]
        return f"{'.'.join(map(str, first['loc'])) or 'it'}: {first['msg']}"
    return str(exc)
