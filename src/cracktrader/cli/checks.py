"""Looks at this machine: Python, libraries, settings, the archive's folder."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from cracktrader.cli.exits import Exit

if TYPE_CHECKING:
    from cracktrader.config import Config

Verdict = Literal["ok", "warn", "fail"]

_OLDEST_PYTHON: Final = (3, 11)
_GIGABYTE: Final = 1_000_000_000
_REQUIREMENT: Final = re.compile(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?\s*([^;]*)(?:;(.*))?")
_BOUND: Final = re.compile(r"(>=|<=|==|<|>)\s*([0-9.]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One line of the doctor's report; *advice* says what to do, *code* how the process ends."""

    name: str
    verdict: Verdict
    message: str
    advice: str = ""
    code: Exit = Exit.FAILED


def check_machine() -> Iterator[Check]:
    """Look at Python and the libraries."""
    yield check_python(sys.version_info[:3])
    for line in importlib.metadata.requires("cracktrader") or []:
        if found := check_requirement(line):
            yield found
    if sys.dont_write_bytecode:
        yield Check(
            name="byte code",
            verdict="warn",
            message="Python may not write byte code, so that every start takes seconds longer",
            advice="unset PYTHONDONTWRITEBYTECODE, or run: python -m compileall -q",
        )


def check_python(version: tuple[int, ...]) -> Check:
    """Compare Python's version with the oldest one that will do."""
    text = ".".join(map(str, version))
    if version >= _OLDEST_PYTHON:
        return Check(name="python", verdict="ok", message=f"{text} on {platform.system()}")
    oldest = ".".join(map(str, _OLDEST_PYTHON))
    advice = f"install Python {oldest} or newer"
    return Check(name="python", verdict="fail", message=text, advice=advice)


def check_requirement(line: str) -> Check | None:
    """Compare an installed library with a requirement such as ``ccxt>=4.5.90,<4.6``.

    None for one that is not needed here: an extra, or another platform's.
    """
    match = _REQUIREMENT.fullmatch(line.strip())
    if match is None or "extra" in (match[3] or ""):
        return None
    name, bounds = match[1], match[2].strip()
    advice = f'pip install "{name}{bounds}"'
    try:
        installed = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        if match[3]:
            return None
        return Check(name=name, verdict="fail", message="not installed", advice=advice)
    if all(_holds(installed, *bound) for bound in _BOUND.findall(bounds)):
        return Check(name=name, verdict="ok", message=installed)
    return Check(
        name=name, verdict="warn", message=f"{installed}, tested are {bounds}", advice=advice
    )


def check_settings(files: tuple[Path, ...]) -> Iterator[Check]:
    """Look at the settings' files and the secrets they refer to."""
    from cracktrader.config import check_config, config_files

    problems = check_config(files=files or None)
    for problem in problems:
        yield Check(
            name="settings",
            verdict="fail",
            message=str(problem),
            advice="edit it; cracktrader config check says whether it is right",
            code=Exit.CONFIGURATION,
        )
    if not problems:
        read = list(files) or config_files(env=os.environ, cwd=Path.cwd())
        names = ", ".join(map(str, read)) or "no file, only defaults and environment"
        yield Check(name="settings", verdict="ok", message=names)


def check_archive(config: Config) -> Check:
    """See whether candles can be written, and how much room is left."""
    place = config.settings.data.cache_dir
    if "://" in place:
        return Check(name="archive", verdict="ok", message=f"{place} (not on this machine)")
    folder = _existing_part(Path(place))
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as exc:
        return Check(
            name="archive",
            verdict="fail",
            message=f"{folder} cannot be written: {exc.strerror}",
            advice="set cache_dir in [data] to a folder of yours",
            code=Exit.CONFIGURATION,
        )
    free = shutil.disk_usage(folder).free
    message = f"{place}, {free / _GIGABYTE:,.1f} GB free"
    if free < _GIGABYTE:
        advice = "make room, or set cache_dir in [data] to a larger disk"
        return Check(name="archive", verdict="warn", message=message, advice=advice)
    return Check(name="archive", verdict="ok", message=message)


def _existing_part(folder: Path) -> Path:
    return next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())


def _holds(installed: str, sign: str, bound: str) -> bool:
    have, want = _numbers(installed), _numbers(bound)
    width = max(len(have), len(want))
    have, want = (*have, *[0] * (width - len(have))), (*want, *[0] * (width - len(want)))
    return {
        ">=": have >= want,
        "<=": have <= want,
        "==": have == want,
        "<": have < want,
        ">": have > want,
    }[sign]


def _numbers(version: str) -> tuple[int, ...]:
    match = re.match(r"[0-9.]+", version)
    return tuple(int(part) for part in match[0].split(".") if part) if match else ()
