"""Puts parts of one series together, and tells what a newer version changed. Pure."""

from __future__ import annotations

import numpy as np

from cracktrader.domain.candle import COLUMNS, Candles


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
