"""Checks an archived series, file by file and candle by candle, and repairs it.

Repair never deletes: a file that is damaged is set aside in the series' ``quarantine``
folder, and what it held counts as not downloaded, so that the next download fetches it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from cracktrader.candles.folder import (
    MANIFEST,
    SUFFIX,
    SeriesFolder,
    empty_manifest,
    split_months,
)
from cracktrader.candles.gaps import Gap, find_gaps
from cracktrader.candles.manifest import Manifest, Range, month_range, subtract_ranges
from cracktrader.candles.parquet import decode
from cracktrader.candles.quality import QualityReport, inspect
from cracktrader.candles.series import SeriesKey
from cracktrader.domain.candle import Candles
from cracktrader.domain.timeframe import Timeframe
from cracktrader.errors import CorruptArchiveError, DataError

QUARANTINE: Final = "quarantine"


@dataclass(frozen=True, slots=True, kw_only=True)
class DamagedFile:
    """A file that is not what it should be, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SeriesCheck:
    """What is wrong with an archived series, and what is only worth knowing."""

    key: SeriesKey
    candles: int
    damaged: tuple[DamagedFile, ...]
    unclaimed: tuple[str, ...]
    """Files the manifest does not mention: left by a writer that was killed; harmless."""
    not_downloaded: tuple[Range, ...]
    """Holes between the first and the last range that was downloaded."""
    no_trades: tuple[Gap, ...]
    """Candles that were asked for and do not exist: nobody traded, or the exchange was down."""
    quality: QualityReport
    findings: str
    """What `quality` found, in one line."""

    @property
    def is_sound(self) -> bool:
        """Whether every file is what was written."""
        return not self.damaged


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesRepair:
    """What a repair did: files set aside, and ranges (ms UTC) to download again."""

    key: SeriesKey
    quarantined: tuple[str, ...]
    to_download: tuple[Range, ...]


def check_series(folder: SeriesFolder) -> SeriesCheck:
    """Read every file of a series and look at every candle.

    Raises:
        DataError: if a file cannot be read at all.
    """
    timeframe = Timeframe.parse(folder.key.timeframe)
    damaged: list[DamagedFile] = []
    parts: list[Candles] = []
    try:
        manifest = folder.manifest()
    except CorruptArchiveError as exc:
        damaged.append(DamagedFile(name=MANIFEST, reason=str(exc)))
        manifest = empty_manifest(folder.key)
    for month in manifest.months:
        try:
            parts.append(folder.read(manifest, month))
        except CorruptArchiveError as exc:
            damaged.append(DamagedFile(name=month + SUFFIX, reason=str(exc)))
    candles = Candles.concat(parts)
    quality = inspect(candles, timeframe)
    lost = [month_range(d.name.removesuffix(SUFFIX)) for d in damaged if d.name != MANIFEST]
    sound = subtract_ranges(manifest.ranges, lost)
    return SeriesCheck(
        key=folder.key,
        candles=len(candles),
        damaged=tuple(damaged),
        unclaimed=tuple(_unclaimed(folder, manifest)),
        not_downloaded=tuple(_holes(manifest.ranges)),
        no_trades=tuple(_gaps_within(candles, timeframe, sound)),
        quality=quality,
        findings=quality.describe(candles),
    )


def repair_series(folder: SeriesFolder) -> SeriesRepair:
    """Set damaged files aside and forget what they held; rebuild a damaged manifest.

    Whoever calls holds the lock.

    Raises:
        DataError: if the folder cannot be written.
    """
    try:
        manifest = folder.settled()
    except CorruptArchiveError:
        return _rebuild(folder)
    months = [month for month in manifest.months if not _is_readable(folder, manifest, month)]
    if not months:
        return SeriesRepair(key=folder.key, quarantined=(), to_download=())
    lost = [month_range(month) for month in months]
    to_download = subtract_ranges(manifest.ranges, subtract_ranges(manifest.ranges, lost))
    quarantined = [_set_aside(folder, month + SUFFIX) for month in months]
    nothing = dict.fromkeys(months, Candles())
    folder.commit(manifest, nothing, subtract_ranges(manifest.ranges, lost))
    return SeriesRepair(
        key=folder.key,
        quarantined=tuple(name for name in quarantined if name),
        to_download=tuple(to_download),
    )


def _rebuild(folder: SeriesFolder) -> SeriesRepair:
    """Make a new manifest from the files: claim only where there are candles."""
    timeframe = Timeframe.parse(folder.key.timeframe)
    quarantined = [_set_aside(folder, MANIFEST)]
    changes: dict[str, Candles] = {}
    for name in _data_files(folder):
        try:
            candles = _read_unchecked(folder, name)
        except DataError:
            quarantined.append(_set_aside(folder, name))
            folder.storage.delete(folder.path(name))
        else:
            changes.update(split_months(candles))
    candles = Candles.concat([changes[month] for month in sorted(changes)])
    gaps = [(gap.start, gap.end) for gap in find_gaps(candles, timeframe)]
    held = [(int(candles.timestamp[0]), int(candles.timestamp[-1]) + 1)] if len(candles) else []
    claims = [
        (timeframe.ceil(start), timeframe.ceil(end)) for start, end in subtract_ranges(held, gaps)
    ]
    folder.commit(empty_manifest(folder.key), changes, claims)
    return SeriesRepair(
        key=folder.key,
        quarantined=tuple(name for name in quarantined if name),
        to_download=tuple(gaps),
    )


def _read_unchecked(folder: SeriesFolder, name: str) -> Candles:
    candles = decode(folder.storage.read(folder.path(name)), source=folder.shown(name))
    start, end = month_range(name.removesuffix(SUFFIX))
    stamps = candles.timestamp
    is_ordered = bool((stamps[1:] > stamps[:-1]).all())
    if not len(candles) or not is_ordered or stamps[0] < start or stamps[-1] >= end:
        raise CorruptArchiveError(f'"{folder.shown(name)}" does not hold the candles of its month')
    return candles


def _is_readable(folder: SeriesFolder, manifest: Manifest, month: str) -> bool:
    try:
        folder.read(manifest, month)
    except CorruptArchiveError:
        return False
    return True


def _set_aside(folder: SeriesFolder, name: str) -> str | None:
    """Copy a file to the quarantine; return where, or None if there was no such file."""
    try:
        content = folder.storage.read(folder.path(name))
    except FileNotFoundError:
        return None
    # The digest keeps an older prisoner of the same name.
    digest = hashlib.sha256(content).hexdigest()[:12]
    kept = f"{QUARANTINE}/{digest}-{name}"
    folder.storage.write(folder.path(kept), content)
    folder.storage.sync(folder.path(QUARANTINE))
    return folder.shown(kept)


def _data_files(folder: SeriesFolder) -> list[str]:
    return [name for name in folder.storage.files(folder.key.path) if name.endswith(SUFFIX)]


def _unclaimed(folder: SeriesFolder, manifest: Manifest) -> Iterable[str]:
    known = {month + SUFFIX for month in manifest.months}
    return (name for name in _data_files(folder) if name not in known)


def _holes(ranges: tuple[Range, ...]) -> list[Range]:
    return subtract_ranges([(ranges[0][0], ranges[-1][1])], ranges) if ranges else []


def _gaps_within(candles: Candles, timeframe: Timeframe, ranges: Iterable[Range]) -> Iterable[Gap]:
    for start, end in ranges:
        yield from find_gaps(candles.between(start, end), timeframe, start=start, end=end)
