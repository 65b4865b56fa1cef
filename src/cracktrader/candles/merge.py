"""Puts parts of one series together, and tells what a newer version changed. Pure."""

from __future__ import annotations

import numpy as np

from cracktrader.domain.candle import COLUMNS, Candles, FloatColumn, IntColumn


class Joiner:
    """Takes ordered parts, one after the other, into columns that lie beside one another.

    No more than one part need be in memory besides, and one large block of memory is had
    sooner than six.
    """

    def __init__(self, capacity: int) -> None:
        self._block = np.empty((len(COLUMNS), capacity), dtype=np.float64)
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def append(self, part: Candles) -> None:
        """Put *part* behind the others.

        Raises:
            ValueError: if there is no room for it.
        """
        end = self._length + len(part)
        for name, column in zip(COLUMNS, self._columns(self._length, end), strict=True):
            column[:] = getattr(part, name)
        self._length = end

    def candles(self) -> Candles:
        """Return all parts as one."""
        return Candles.from_arrays(*self._columns(0, self._length))

    def _columns(self, start: int, end: int) -> tuple[IntColumn, *tuple[FloatColumn, ...]]:
        timestamp, *others = self._block[:, start:end]
        return timestamp.view(np.int64), *others


def merge_candles(*parts: Candles) -> Candles:
    """Return all candles in order, each timestamp once: the last one given counts."""
    candles = Candles.concat([part for part in parts if len(part)])
    stamps = candles.timestamp
    if bool((stamps[1:] > stamps[:-1]).all()):
        return candles
    order = np.argsort(stamps, kind="stable")
    ordered = stamps[order]
    is_last = np.append(ordered[1:] != ordered[:-1], True)
    return candles.take(order[is_last])


def count_revised(before: Candles, after: Candles) -> int:
    """Return how many candles of *before* have other values in *after*; both without duplicates."""
    _, old_rows, new_rows = np.intersect1d(
        before.timestamp, after.timestamp, assume_unique=True, return_indices=True
    )
    differs = np.zeros(len(old_rows), dtype=np.bool_)
    for name in COLUMNS[1:]:
        old, new = getattr(before, name)[old_rows], getattr(after, name)[new_rows]
        differs |= (old != new) & ~(np.isnan(old) & np.isnan(new))
    return int(differs.sum())
