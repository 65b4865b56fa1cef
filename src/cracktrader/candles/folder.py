"""SeriesFolder: the files of one series, replaced in an order that survives a kill.

A write is: manifest that allows the old and the new version of each file → files →
manifest that claims the new ones. Killed anywhere in between, every file still has a
checksum that the manifest knows, and no range is claimed that was not written.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from cracktrader.candles.manifest import (
    FileEntry,
    Manifest,
    Range,
    merge_ranges,
    month_of,
    month_range,
    subtract_ranges,
)
from cracktrader.candles.parquet import decode, encode
from cracktrader.candles.quality import judge
from cracktrader.candles.series import SeriesKey
from cracktrader.candles.storage import Storage
from cracktrader.domain.candle import Candles
from cracktrader.domain.timeframe import Timeframe
from cracktrader.errors import CorruptArchiveError

MANIFEST: Final = "manifest.json"
SUFFIX: Final = ".parquet"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """The bytes of one file, which are what was written, and what is claimed about them."""

    content: bytes
    entry: FileEntry
    source: str

    def candles(self) -> Candles:
        """Return the candles in it.

        Raises:
            CorruptArchiveError: if it is none of our files after all.
        """
        candles = decode(self.content, source=self.source, is_verified=True)
        if len(candles) != self.entry.rows:
            raise CorruptArchiveError(
                f'"{self.source}" holds {len(candles)} candles, not {self.entry.rows} as its '
                "manifest says; `cracktrader data repair` sets it aside"
            )
        return candles


@dataclass(frozen=True, slots=True)
class SeriesFolder:
    """One series below the archive's root."""

    storage: Storage
    key: SeriesKey

    def path(self, name: str) -> str:
        """Return the path of the file *name* below the archive's root."""
        return f"{self.key.path}/{name}"

    def shown(self, name: str) -> str:
        """Return the full path of the file *name*, for a person to read."""
        return f"{self.storage.root}/{self.path(name)}"

    def manifest(self) -> Manifest:
        """Read the manifest; without one, nothing is claimed.

        Raises:
            CorruptArchiveError: if it is damaged or belongs to another series.
        """
        content = self._stored_manifest()
        if content is None:
            return empty_manifest(self.key)
        manifest = Manifest.from_bytes(content, source=self.shown(MANIFEST))
        if manifest.series != _names(self.key):
            raise CorruptArchiveError(
                f'"{self.shown(MANIFEST)}" is that of {" ".join(manifest.series)}, '
                f"not of {self.key}; move the folder to where it belongs"
            )
        return manifest

    def read(self, manifest: Manifest, month: str) -> Candles:
        """Read one month's candles; none if the month is not there.

        Raises:
            CorruptArchiveError: if its file is not one that the manifest knows.
        """
        stored = self.fetch(manifest, month)
        return Candles() if stored is None else stored.candles()

    def fetch(self, manifest: Manifest, month: str) -> StoredFile | None:
        """Read one month's file, whole or not at all, even while a writer replaces it.

        Returns None if the month is gone.

        Raises:
            CorruptArchiveError: if it is not one that the manifest knows.
        """
        seen: tuple[Manifest, str | None] | None = None
        while True:
            content = self._content(month)
            digest = None if content is None else hashlib.sha256(content).hexdigest()
            entry = None if digest is None else manifest.entry(month, digest)
            if content is not None and entry is not None:
                return StoredFile(content=content, entry=entry, source=self.shown(month + SUFFIX))
            # A writer may have replaced both since the manifest was read.
            manifest = self.manifest()
            if month not in manifest.months:
                return None
            if seen == (manifest, digest):
                raise self._mismatch(month, is_missing=content is None)
            seen = (manifest, digest)

    def settled(self) -> Manifest:
        """Return the manifest, after a write that was killed is either counted or forgotten.

        Only whoever holds the lock may ask.
        """
        manifest = self.manifest()
        files = dict(manifest.files)
        for month, entry in manifest.pending.items():
            content = self._content(month)
            if content is not None and hashlib.sha256(content).hexdigest() == entry.sha256:
                files[month] = entry
        return manifest.model_copy(update={"files": files, "pending": {}})

    def commit(
        self, old: Manifest, changes: Mapping[str, Candles], ranges: Iterable[Range]
    ) -> Manifest:
        """Replace the files of the months in *changes* and claim *ranges*; return the manifest.

        A month without candles loses its file. Only whoever holds the lock may do this.
        """
        contents = {m: encode(candles) for m, candles in changes.items() if len(candles)}
        entries = {m: self._entry(changes[m], content) for m, content in contents.items()}
        removed = {m for m in changes if m not in entries and m in old.files}
        written = {m: e for m, e in entries.items() if old.files.get(m) != e}
        kept = {m: e for m, e in old.files.items() if m not in removed}
        new = _manifest(self.key, files={**kept, **written}, ranges=ranges)
        if any(month in old.files for month in written) or removed:
            pending = {m: e for m, e in written.items() if m in old.files}
            sure = subtract_ranges(old.ranges, subtract_ranges(old.ranges, new.ranges))
            self._write_manifest(_manifest(self.key, files=kept, pending=pending, ranges=sure))
        for month in written:
            self.storage.write(self.path(month + SUFFIX), contents[month])
        for month in removed:
            self.storage.delete(self.path(month + SUFFIX))
        if written or removed:
            self.storage.sync(self.key.path)
        if written or removed or self._stored_manifest() != new.to_bytes():
            self._write_manifest(new)
        return new

    def remove(self) -> None:
        """Delete every file of the series; the claims go first."""
        names = self.storage.files(self.key.path)
        for name in sorted(names, key=lambda name: name != MANIFEST):
            self.storage.delete(self.path(name))
        if names:
            self.storage.sync(self.key.path)

    def _entry(self, candles: Candles, content: bytes) -> FileEntry:
        return FileEntry(
            rows=len(candles),
            first=int(candles.timestamp[0]),
            last=int(candles.timestamp[-1]),
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            verdict=judge(candles, Timeframe.parse(self.key.timeframe)),
        )

    def _content(self, month: str) -> bytes | None:
        return self._read(month + SUFFIX)

    def _stored_manifest(self) -> bytes | None:
        return self._read(MANIFEST)

    def _read(self, name: str) -> bytes | None:
        try:
            return self.storage.read(self.path(name))
        except FileNotFoundError:
            return None

    def _write_manifest(self, manifest: Manifest) -> None:
        self.storage.write(self.path(MANIFEST), manifest.to_bytes())
        self.storage.sync(self.key.path)

    def _mismatch(self, month: str, *, is_missing: bool) -> CorruptArchiveError:
        what = "is missing" if is_missing else "is not what was written (its checksum differs)"
        return CorruptArchiveError(
            f'"{self.shown(month + SUFFIX)}" {what}; `cracktrader data repair` sets it aside, '
            "and the next download fetches that month again"
        )


def empty_manifest(key: SeriesKey) -> Manifest:
    """Return the manifest of a series of which nothing was downloaded."""
    return _manifest(key)


def split_months(candles: Candles) -> dict[str, Candles]:
    """Return ordered *candles* by the month they open in."""
    parts: dict[str, Candles] = {}
    position = 0
    while position < len(candles):
        month = month_of(int(candles.timestamp[position]))
        end = int(np.searchsorted(candles.timestamp, month_range(month)[1]))
        parts[month] = candles.take(slice(position, end))
        position = end
    return parts


def _names(key: SeriesKey) -> tuple[str, str, str, str]:
    return key.exchange, key.type, key.symbol, key.timeframe


def _manifest(
    key: SeriesKey,
    *,
    files: Mapping[str, FileEntry] | None = None,
    pending: Mapping[str, FileEntry] | None = None,
    ranges: Iterable[Range] = (),
) -> Manifest:
    return Manifest(
        series=_names(key),
        files=dict(files or {}),
        pending=dict(pending or {}),
        ranges=tuple(merge_ranges(ranges)),
    )
