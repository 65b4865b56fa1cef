"""Repairs, drops or refuses candles that `quality` found wrong. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from cracktrader.candles.merge import count_revised, merge_candles
from cracktrader.candles.outliers import (
    DEFAULT_LIMITS,
    OutlierLimits,
    find_outliers,
    wick_sizes,
)
from cracktrader.candles.quality import DEFECTS, OUTLIERS, QualityReport, inspect
from cracktrader.candles.verdict import KnownRows
from cracktrader.domain.candle import PRICE_COLUMNS, BoolColumn, Candles, FloatColumn, IntColumn
from cracktrader.domain.timeframe import Timeframe
from cracktrader.errors import DataError

QualityPolicy = Literal["repair", "warn", "drop", "raise", "keep"]
"""What to do about bad candles. ``warn`` and ``keep`` change nothing, and differ in whether
the caller says so."""

_HAIR: Final = 1e-9
# Where a candle stands is taken as it is.
_REPAIRABLE: Final = frozenset(DEFECTS) - {"misaligned"}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CleanResult:
    """Candles after the policies were applied, and what was found before."""

    candles: Candles
    report: QualityReport
    dropped: int
    repaired: int


def clean(
    candles: Candles,
    timeframe: Timeframe,
    *,
    defects: QualityPolicy = "repair",
    outliers: QualityPolicy = "warn",
    limits: OutlierLimits = DEFAULT_LIMITS,
    known: Iterable[KnownRows] = (),
) -> CleanResult:
    """Apply one policy to defects and one to outliers.

    Repair puts candles in order, each once; fills a missing or impossible price from the
    others of its candle and the close before; widens high and low to contain open and close;
    takes a missing or negative volume for 0; flattens a spike to the close before it; cuts a
    wick to the longest one allowed. A candle without any price is dropped. Repairing defects a
    second time changes nothing. *known* spares looking at rows that were inspected before.

    Raises:
        DataError: if a policy is ``raise`` and there is something to raise it for.
    """
    found = inspect(candles, timeframe, limits=limits, known=known)
    for policy, names in ((defects, DEFECTS), (outliers, OUTLIERS)):
        if policy == "raise" and any(name in found.counts for name in names):
            raise DataError(f"bad candles of {timeframe}: {found.describe(candles, names)}")
    cleaned = candles
    if defects == "drop":
        cleaned = cleaned.take(~found.is_defect)
    elif defects == "repair" and not _REPAIRABLE.isdisjoint(found.counts):
        cleaned = _repair_values(merge_candles(cleaned))
    # Whoever only drops changes no candle; comparing them takes longer than all else.
    is_repaired = outliers == "repair" or (defects == "repair" and cleaned is not candles)
    if outliers in {"repair", "drop"}:
        left = found if cleaned is candles else inspect(cleaned, timeframe, limits=limits)
        cleaned = _treat_outliers(cleaned, left, outliers, limits)
    return CleanResult(
        candles=cleaned,
        report=found,
        dropped=len(candles) - len(cleaned),
        repaired=_count_changed(candles, cleaned) if is_repaired else 0,
    )


def _treat_outliers(
    candles: Candles, found: QualityReport, policy: QualityPolicy, limits: OutlierLimits
) -> Candles:
    is_outlier = found.is_outlier
    if not bool(is_outlier.any()):
        return candles
    if policy == "drop":
        return candles.take(~is_outlier)
    flat = _flatten(candles, found.has("spike"))
    usable = ~found.has("missing_value", "not_positive")
    left = find_outliers(flat, usable, limits)
    return _cut_wicks(flat, left.wicks, left.wick_limits)


def _repair_values(candles: Candles) -> Candles:
    prices = np.stack([getattr(candles, name) for name in PRICE_COLUMNS])
    prices = np.where(np.isfinite(prices) & (prices > 0), prices, np.nan)
    has_price = ~np.isnan(prices).all(axis=0)
    open_, high, low, close = prices[:, has_price]
    close = _first_known(close, open_, high, low)
    before = np.append(np.nan, close[:-1])
    open_ = _first_known(open_, before, close)
    top, bottom = np.fmax(open_, close), np.fmin(open_, close)
    volume = candles.volume[has_price]
    return Candles(
        timestamp=candles.timestamp[has_price],
        open=open_,
        high=np.fmax(np.fmax(high, low), top),
        low=np.fmin(np.fmin(low, high), bottom),
        close=close,
        volume=np.where(np.isfinite(volume) & (volume > 0), volume, 0.0),
    )


def _first_known(*columns: FloatColumn) -> FloatColumn:
    known = columns[0]
    for column in columns[1:]:
        known = np.where(np.isnan(known), column, known)
    return known


def _flatten(candles: Candles, is_spike: BoolColumn) -> Candles:
    before = np.append(np.nan, candles.close[:-1])
    columns = {n: np.where(is_spike, before, getattr(candles, n)) for n in PRICE_COLUMNS}
    return Candles(timestamp=candles.timestamp, volume=candles.volume, **columns)


def _cut_wicks(candles: Candles, rows: IntColumn, limits: FloatColumn) -> Candles:
    seen = candles.take(rows)
    upper, lower = wick_sizes(seen)
    high, low = candles.high.copy(), candles.low.copy()
    top, bottom = np.maximum(seen.open, seen.close), np.minimum(seen.open, seen.close)
    # A hair below the limit: it must not be found again after rounding.
    allowed = 1 + limits * (1 - _HAIR)
    high[rows] = np.where(upper > limits, top * allowed, seen.high)
    low[rows] = np.where(lower > limits, bottom / allowed, seen.low)
    return Candles(
        timestamp=candles.timestamp,
        open=candles.open,
        high=high,
        low=low,
        close=candles.close,
        volume=candles.volume,
    )


def _count_changed(before: Candles, after: Candles) -> int:
    """How many of the candles that are left have other values than they had."""
    if after is before:
        return 0
    return count_revised(merge_candles(before), merge_candles(after))
