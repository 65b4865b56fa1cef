"""Archive: candles on disk, by exchange, type, symbol and timeframe.

Any number of readers and one writer per series may work at the same time. Everything
that is read is checked against its checksum first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cracktrader.candles.aggregate import aggregate_candles
from cracktrader.candles.checkup import SeriesCheck, SeriesRepair, check_series, repair_series
from cracktrader.candles.folder import MANIFEST, SeriesFolder, StoredFile, split_months
from cracktrader.candles.interchange import read_file, require_spacing, write_file
from cracktrader.candles.manifest import (
    Manifest,
    Range,
    is_storable,
    month_range,
    subtract_ranges,
)
from cracktrader.candles.merge import Joiner, count_revised, merge_candles
from cracktrader.candles.series import SeriesKey
from cracktrader.candles.storage import Storage, open_storage
from cracktrader.candles.verdict import KnownRows
from cracktrader.domain.candle import Candles
from cracktrader.domain.timeframe import Timeframe
from cracktrader.errors import DataError

__all__ = ["Archive", "Loaded", "Saved", "SeriesInfo", "SeriesKey"]

_DEPTH = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesInfo:
    """What the archive holds of one series; *first* and *last* are candle opens, ms UTC."""

    key: SeriesKey
    candles: int
    first: int | None
    last: int | None
    files: int
    size_bytes: int
    ranges: tuple[Range, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """Candles, and which of them were inspected when they were written."""

    candles: Candles
    known: tuple[KnownRows, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """What a save changed: candles that are new, and candles whose values differ now."""

    added: int
    revised: int


class Archive:
    """Candles below a local folder or any fsspec URL."""

    def __init__(self, root: str | Path | Storage, *, lock_timeout_s: float = 30.0) -> None:
        self.storage = open_storage(root) if isinstance(root, str | Path) else root
        self._lock_timeout_s = lock_timeout_s

    @property
    def root(self) -> str:
        """Where the archive is: an absolute path or the URL."""
        return self.storage.root

    def load(self, key: SeriesKey, start: int | None = None, end: int | None = None) -> Candles:
        """Return the candles with ``start <= open < end`` (ms UTC), in order.

        What was not downloaded is not there; `missing` tells. Columns may share memory with
        one another: do not write to them.

        Raises:
            CorruptArchiveError: if a file that is needed was damaged.
        """
        return self.load_known(key, start, end).candles

    def load_known(
        self, key: SeriesKey, start: int | None = None, end: int | None = None
    ) -> Loaded:
        """Return what `load` does, and what is known about it.

        Raises:
            CorruptArchiveError: if a file that is needed was damaged.
        """
        files = self._fetch(key, start, end)
        joiner = Joiner(sum(stored.entry.rows for stored in files))
        known: list[KnownRows] = []
        for stored in files:
            whole = stored.candles()
            part, first, verdict = _slice(whole, start, end), len(joiner), stored.entry.verdict
            joiner.append(part)
            # What was found in all of a file says nothing about a part of it.
            if part is whole and verdict is not None:
                known.append(KnownRows(start=first, end=len(joiner), verdict=verdict))
        return Loaded(candles=joiner.candles(), known=tuple(known))

    def _fetch(self, key: SeriesKey, start: int | None, end: int | None) -> list[StoredFile]:
        """Read the bytes of every file that is needed, before any is decoded.

        Decoding them in one go keeps pyarrow's threads awake; that saves more than it costs.
        """
        folder = self.folder(key)
        manifest = folder.manifest()
        spans = [(month, *month_range(month)) for month in manifest.months]
        found = [
            folder.fetch(manifest, month)
            for month, first, after in spans
            if (start is None or after > start) and (end is None or first < end)
        ]
        return [stored for stored in found if stored is not None]

    def save(self, key: SeriesKey, candles: Candles, *, start: int, end: int) -> Saved:
        """Merge *candles* in and claim that ``[start, end)`` was downloaded.

        The order of *candles* does not matter; of equal timestamps the last one counts, and
        it replaces what was stored.

        Raises:
            ValueError: if a candle lies outside the range.
            DataError: if it cannot be written, or opens in no year of four digits; what was
                there before is still there.
        """
        if len(candles) and not start <= int(candles.timestamp.min()) <= (
            int(candles.timestamp.max())
        ) < max(start, end):
            raise ValueError(f"candles lie outside of the range {start} to {end}")
        _require_storable(candles)
        folder = self.folder(key)
        with self.locked(key):
            old = folder.settled()
            changes: dict[str, Candles] = {}
            added = revised = 0
            for month, part in split_months(merge_candles(candles)).items():
                stored = folder.read(old, month) if month in old.files else Candles()
                changes[month] = merge_candles(stored, part)
                added += len(changes[month]) - len(stored)
                revised += count_revised(stored, part)
            claim = _snap(key, start, end)
            folder.commit(old, changes, [*old.ranges, claim])
        return Saved(added=added, revised=revised)

    def missing(self, key: SeriesKey, start: int, end: int) -> list[Range]:
        """Return what of ``[start, end)`` was never downloaded, in order."""
        return subtract_ranges([_snap(key, start, end)], self.manifest(key).ranges)

    def series(self) -> list[SeriesKey]:
        """Return every series that the archive knows, in order."""
        found = self.storage.find(_DEPTH, MANIFEST)
        return sorted(_keys(path.rpartition("/")[0] for path in found))

    def info(self, key: SeriesKey) -> SeriesInfo:
        """Return what is held of *key*.

        Raises:
            DataError: if nothing was ever downloaded.
        """
        manifest = self.manifest(key)
        if not manifest.files and not manifest.ranges:
            raise DataError(f'nothing of {key} is in the archive "{self.root}"')
        entries = manifest.files.values()
        return SeriesInfo(
            key=key,
            candles=manifest.rows,
            first=min((entry.first for entry in entries), default=None),
            last=max((entry.last for entry in entries), default=None),
            files=len(entries),
            size_bytes=sum(entry.size for entry in entries),
            ranges=manifest.ranges,
        )

    def clear(self, key: SeriesKey, start: int | None = None, end: int | None = None) -> None:
        """Forget a series, or only ``[start, end)`` of it: its candles and its claims."""
        folder = self.folder(key)
        if MANIFEST not in self.storage.files(key.path):
            return
        with self.locked(key):
            if start is None and end is None:
                folder.remove()
                return
            old = folder.settled()
            low = -(2**53) if start is None else start
            high = 2**53 if end is None else end
            changes = {}
            for month in old.files:
                first, after = month_range(month)
                if after > low and first < high:
                    stored = folder.read(old, month)
                    stamps = stored.timestamp
                    changes[month] = stored.take((stamps < low) | (stamps >= high))
            folder.commit(old, changes, subtract_ranges(old.ranges, [(low, high)]))

    def check(self, key: SeriesKey) -> SeriesCheck:
        """Read all of a series and say what is damaged, missing or suspicious."""
        return check_series(self.folder(key))

    def repair(self, key: SeriesKey) -> SeriesRepair:
        """Set damaged files of a series aside; what they held counts as not downloaded."""
        with self.locked(key):
            return repair_series(self.folder(key))

    def build(self, key: SeriesKey, timeframe: Timeframe) -> Saved:
        """Make candles of *timeframe* from those of *key*, wherever the archive has none yet.

        Raises:
            ValueError: if candles of *timeframe* are not made of whole ones of *key*.
        """
        source = Timeframe.parse(key.timeframe)
        target = SeriesKey(key.exchange, key.type, key.symbol, timeframe.name)
        added = 0
        for known_start, known_end in self.manifest(key).ranges:
            whole = timeframe.ceil(known_start), timeframe.floor(known_end)
            for start, end in self.missing(target, *whole) if whole[0] < whole[1] else ():
                candles = self.load(key, start, end)
                built = aggregate_candles(candles, source, timeframe, start=start, end=end)
                added += self.save(target, built, start=start, end=end).added
        return Saved(added=added, revised=0)

    def import_file(
        self, key: SeriesKey, path: str | Path, *, start: int | None = None, end: int | None = None
    ) -> Saved:
        """Merge in the candles of a CSV or Parquet file.

        They count as all there is in ``[start, end)``, by default from the first to the last.

        Raises:
            DataError: if the file cannot be read, or holds candles of another timeframe.
        """
        candles = merge_candles(read_file(path))
        require_spacing(candles, Timeframe.parse(key.timeframe), source=str(path))
        chosen = candles.between(start, end)
        if not len(chosen):
            raise DataError(f'there are no candles to import in "{path}"')
        first = int(chosen.timestamp[0]) if start is None else start
        last = int(chosen.timestamp[-1]) + 1 if end is None else end
        return self.save(key, chosen, start=first, end=last)

    def export_file(
        self, key: SeriesKey, path: str | Path, *, start: int | None = None, end: int | None = None
    ) -> int:
        """Write the candles with ``start <= open < end`` as CSV or Parquet; return how many.

        Raises:
            DataError: if there are none, or the file cannot be written.
        """
        candles = self.load(key, start, end)
        if not len(candles):
            raise DataError(f'there are no candles of {key} to export in "{self.root}"')
        write_file(path, candles)
        return len(candles)

    def folder(self, key: SeriesKey) -> SeriesFolder:
        """Return the files of one series."""
        return SeriesFolder(self.storage, key)

    def manifest(self, key: SeriesKey) -> Manifest:
        """Return what is claimed about one series."""
        return self.folder(key).manifest()

    def locked(self, key: SeriesKey) -> AbstractContextManager[None]:
        """Keep other writers out of one series while the ``with`` block runs."""
        return self.storage.lock(key.path, timeout_s=self._lock_timeout_s)


def _require_storable(candles: Candles) -> None:
    for opened in (candles.timestamp.min(), candles.timestamp.max()) if len(candles) else ():
        if not is_storable(int(opened)):
            raise DataError(
                f"a candle opens {int(opened)} ms after 1970, outside of the years 1000 to 9998; "
                "are its times ms UTC?"
            )


def _slice(candles: Candles, start: int | None, end: int | None) -> Candles:
    stamps = candles.timestamp
    first = 0 if start is None else int(np.searchsorted(stamps, start))
    after = len(stamps) if end is None else int(np.searchsorted(stamps, end))
    return candles if (first, after) == (0, len(stamps)) else candles.take(slice(first, after))


def _snap(key: SeriesKey, start: int, end: int) -> Range:
    """Move both ends up to a candle's open, so that ranges that touch do so exactly."""
    timeframe = Timeframe.parse(key.timeframe)
    return timeframe.ceil(start), timeframe.ceil(end)


def _keys(folders: Iterable[str]) -> Iterator[SeriesKey]:
    for folder in folders:
        try:
            yield SeriesKey.from_path(folder)
        except ValueError:
            continue  # somebody else's folder
