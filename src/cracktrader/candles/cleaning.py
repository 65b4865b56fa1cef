"""Repairs, drops or refuses candles that `quality` found wrong. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from cracktrader.candles.merge import count_revised, merge_candles
from cracktrader.candles.quality import (
    DEFECTS,
    OUTLIERS,
    OutlierLimits,
    QualityReport,
    find_wicks,
    inspect,
    wick_sizes,
)
from cracktrader.domain.candle import PRICE_COLUMNS, BoolColumn, Candles, FloatColumn, IntColumn
from cracktrader.domain.timeframe import Timeframe
from cracktrader.errors import DataError

QualityPolicy = Literal["repair", "warn", "drop", "raise", "keep"]
"""What to do about bad candles. ``warn`` and ``keep`` change nothing, and differ in whether
the caller says so."""

_DEFAULT_LIMITS: Final = OutlierLimits()
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
    limits: OutlierLimits = _DEFAULT_LIMITS,
) -> CleanResult:
    """Apply one policy to defects and one to outliers.

    Repair puts candles in order, each once; fills a missing or impossible price from the
    others of its candle and the close before; widens high and low to contain open and close;
    takes a missing or negative volume for 0; flattens a spike to the close before it; cuts a
    wick to the longest one allowed. A candle without any price is dropped. Repairing defects a
    second time changes nothing.

    Raises:
        DataError: if a policy is ``raise`` and there is something to raise it for.
    """
    found = inspect(candles, timeframe, limits=limits)
    for policy, names in ((defects, DEFECTS), (outliers, OUTLIERS)):
        if policy == "raise" and any(name in found.counts for name in names):
            raise DataError(f"bad candles of {timeframe}: {found.describe(candles, names)}")
    cleaned = candles
    if defects == "drop":
        cleaned = cleaned.take(~found.is_defect)
    elif defects == "repair" and not _REPAIRABLE.isdisjoint(found.counts):
        cleaned = _repair_values(merge_candles(cleaned))
    cleaned = _treat_outliers(cleaned, timeframe, outliers, limits)
    return CleanResult(
        candles=cleaned,
        report=found,
        dropped=len(candles) - len(cleaned),
        repaired=_count_changed(candles, cleaned),
    )


def _treat_outliers(
    candles: Candles, timeframe: Timeframe, policy: QualityPolicy, limits: OutlierLimits
) -> Candles:
    if policy not in {"repair", "drop"}:
        return candles
    found = inspect(candles, timeframe, limits=limits)
    if policy == "drop":
        return candles.take(~found.is_outlier)
    if not bool(found.is_outlier.any()):
        return candles
    flat = _flatten(candles, found.masks["spike"])
    usable = ~(found.masks["missing_value"] | found.masks["not_positive"])
    return _cut_wicks(flat, *find_wicks(flat, usable, limits.wick_sigmas))


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
