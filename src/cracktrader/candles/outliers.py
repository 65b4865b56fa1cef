"""Finds candles that are unlikely to be right, by what is usual in their month. Pure.

A *spike* is a close that jumps away and back within one candle, a *wick* one out of all
proportion. Prices that move and stay moved are no outliers, however far they go.

What is usual is measured by medians: over the part of the series that a candle belongs to,
and over the block of candles around it where that is more, so that neither a bad tick nor a
wild week raises the bar for the quiet ones. A part is a UTC month, or as many as it takes to
hold `MIN_PART` candles; so whether a candle is an outlier depends on its month and, at the
border, on the month beside, never on how much else is looked at.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from cracktrader.domain.candle import BoolColumn, Candles, FloatColumn, IntColumn

MIN_PART: Final = 512

# A median absolute deviation times this estimates a standard deviation.
_MAD_TO_SIGMA: Final = 1.4826
_BLOCK: Final = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class OutlierLimits:
    """How many robust standard deviations are too many; infinity switches a test off."""

    spike_sigmas: float = 15.0
    wick_sigmas: float = 40.0


DEFAULT_LIMITS: Final = OutlierLimits()
NO_LIMITS: Final = OutlierLimits(spike_sigmas=math.inf, wick_sigmas=math.inf)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outliers:
    """Positions of the outliers, in order, and how long each of the wicks may be."""

    spikes: IntColumn
    wicks: IntColumn
    wick_limits: FloatColumn


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PartOutliers:
    """The outliers of one part by itself, and what its borders are judged by."""

    spikes: IntColumn
    wicks: IntColumn
    wick_limits: FloatColumn
    usual_move: float
    """The median of the moves between closes that are not 0; NaN if there are none."""
    edges: tuple[int, ...]
    """The first two and the last two usable rows."""
    edge_limits: tuple[float, float] | None = None
    """How far the first and the last close may move; None if that was not kept."""


def split_parts(candles: Candles) -> list[tuple[int, int]]:
    """Return from and to which row the parts of *candles* reach; one if they are not in order."""
    stamps, rows = candles.timestamp, len(candles)
    if not is_ordered(stamps):
        return [(0, rows)]
    ends = [0]
    position = 0
    while position < rows:
        after = int(np.searchsorted(stamps, _next_month(int(stamps[position]))))
        position = max(after, position + 1)
        if position - ends[-1] >= MIN_PART:
            ends.append(position)
    ends[max(1, len(ends) - 1) :] = [rows]
    return list(pairwise(ends))


def is_ordered(stamps: IntColumn) -> bool:
    """Whether each timestamp is later than the one before."""
    return bool((stamps[1:] > stamps[:-1]).all())


def find_outliers(candles: Candles, usable: BoolColumn, limits: OutlierLimits) -> Outliers:
    """Look through the *usable* rows of *candles*."""
    parts = [
        find_in_part(candles, start, usable[start:end], limits)
        for start, end in split_parts(candles)
    ]
    return join_parts(candles, parts, limits)


def find_in_part(
    candles: Candles, start: int, usable: BoolColumn, limits: OutlierLimits
) -> PartOutliers:
    """Look through one part, from row *start* on, without regard to what is beside it.

    *usable* says which of its rows count.
    """
    rows = start + np.flatnonzero(usable)
    seen = candles.take(slice(start, start + len(rows)) if bool(usable.all()) else rows)
    moves = _moves(seen.close) if math.isfinite(limits.spike_sigmas) else np.empty(0)
    usual = _typical(moves)
    allowed = _limits(moves, limits.spike_sigmas, usual)
    is_large = moves > allowed
    middle = np.flatnonzero(is_large[:-1] & is_large[1:]) + 1
    found, wick_limits = _find_wicks(seen, limits.wick_sigmas)
    return PartOutliers(
        spikes=rows[middle[_returns(seen.close, middle)]],
        wicks=rows[found],
        wick_limits=wick_limits,
        usual_move=usual,
        edges=(*rows[:2].tolist(), *rows[-2:].tolist()),
        edge_limits=(float(allowed[0]), float(allowed[-1])) if len(moves) else (math.nan, math.nan),
    )


def join_parts(candles: Candles, parts: Sequence[PartOutliers], limits: OutlierLimits) -> Outliers:
    """Put together what the parts of *candles* have, and look for spikes at their borders."""
    used = [part for part in parts if part.edges]
    at_borders = [_spikes_between(candles, *pair, limits) for pair in pairwise(used)]
    spikes = [*(part.spikes for part in used), *at_borders]
    return Outliers(
        spikes=np.unique(np.concatenate([_NO_ROWS, *spikes])),
        wicks=np.concatenate([_NO_ROWS, *(part.wicks for part in used)]),
        wick_limits=np.concatenate([np.empty(0), *(part.wick_limits for part in used)]),
    )


def wick_sizes(candles: Candles) -> tuple[FloatColumn, FloatColumn]:
    """Return by what part high is above, and the body above low; 0 if it is not."""
    top, bottom = np.maximum(candles.open, candles.close), np.minimum(candles.open, candles.close)
    upper, lower = candles.high / top - 1, bottom / candles.low - 1
    return np.maximum(upper, 0), np.maximum(lower, 0)


_NO_ROWS: Final[IntColumn] = np.empty(0, dtype=np.int64)


def _next_month(timestamp: int) -> int:
    month = np.datetime64(timestamp, "ms").astype("datetime64[M]")
    return int((month + 1).astype("datetime64[ms]").astype(np.int64))


def _find_wicks(seen: Candles, sigmas: float) -> tuple[IntColumn, FloatColumn]:
    if math.isinf(sigmas):
        return _NO_ROWS, np.empty(0)
    wicks = np.maximum(*wick_sizes(seen))
    allowed = _limits(wicks, sigmas, _typical(wicks))
    large = np.flatnonzero(wicks > allowed)
    return large, allowed[large]


def _spikes_between(
    candles: Candles, left: PartOutliers, right: PartOutliers, limits: OutlierLimits
) -> IntColumn:
    """Return the last row of *left* or the first of *right*, if they are spikes."""
    # The last two rows on this side, the first two on the other.
    rows = (*left.edges[-2:], *right.edges[:2])
    before, across, after = _moves(candles.close[list(rows)])
    usual = np.fmax(left.usual_move, right.usual_move)
    # No limit is lower than what either part calls usual: nearly always that is enough.
    if not across > limits.spike_sigmas * _MAD_TO_SIGMA * usual:
        return _NO_ROWS
    limit_before = _edge_limits(candles, left, limits)[1]
    limit_after = _edge_limits(candles, right, limits)[0]
    if not across > np.fmax(limit_before, limit_after):
        return _NO_ROWS
    is_large = np.array([before > limit_before, after > limit_after])
    returns = _returns(candles.close[list(rows)], np.array([1, 2]))
    return np.array(rows[1:3], dtype=np.int64)[is_large & returns]


def _edge_limits(
    candles: Candles, part: PartOutliers, limits: OutlierLimits
) -> tuple[float, float]:
    if part.edge_limits is not None:
        return part.edge_limits
    usable = np.ones(part.edges[-1] + 1 - part.edges[0], dtype=np.bool_)
    found = find_in_part(candles, part.edges[0], usable, limits)
    return _edge_limits(candles, found, limits)


def _moves(close: FloatColumn) -> FloatColumn:
    return np.abs(np.diff(close)) / np.minimum(close[1:], close[:-1])


def _returns(close: FloatColumn, rows: IntColumn) -> BoolColumn:
    """Say after which of *rows* the close goes back more than half of how far it came."""
    away, back = np.log(close[rows] / close[rows - 1]), np.log(close[rows + 1] / close[rows])
    returns: BoolColumn = np.abs(away + back) < np.minimum(np.abs(away), np.abs(back)) / 2
    return returns


def _limits(sizes: FloatColumn, sigmas: float, usual: float) -> FloatColumn:
    """Return for each of *sizes* how large it may be; *usual* is their median."""
    scale = sigmas * _MAD_TO_SIGMA
    # Never less than in the whole part: a quiet hour makes no outliers of ordinary moves.
    limits = np.full(len(sizes), scale * usual)
    # The blocks matter only around what is large by the standards of the part.
    blocks = np.unique(np.flatnonzero(sizes > scale * usual) // _BLOCK)
    for block in blocks.tolist():
        # A storm may begin at the end of a block: neighbours count.
        around = [sizes[_BLOCK * max(n, 0) : _BLOCK * (n + 1)] for n in range(block - 1, block + 2)]
        most = np.fmax.reduce([usual, *map(_typical, around)])
        limits[_BLOCK * block : _BLOCK * (block + 1)] = scale * most
    return limits


def _typical(sizes: FloatColumn) -> float:
    """Return the median of what is not 0; NaN if all is."""
    moving = sizes[sizes > 0]
    return float(np.median(moving)) if len(moving) else math.nan
