"""Validates candles; marks outliers. Pure.

Two kinds of trouble: a *defect* cannot be right (a low above the high, a price of zero), an
*outlier* can, but is unlikely: a close that jumps away and back within one candle (a spike),
or a wick out of all proportion. Prices that move and stay moved are no outliers, however
far they go. What is usual is measured by medians over blocks of candles, so that neither a
bad tick nor a wild week raises the bar for the quiet ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np

from cracktrader.domain.candle import PRICE_COLUMNS, BoolColumn, Candles, FloatColumn
from cracktrader.domain.timeframe import Timeframe

DEFECTS: Final = (
    "duplicate",
    "out_of_order",
    "misaligned",
    "missing_value",
    "not_positive",
    "negative_volume",
    "inconsistent",
)
OUTLIERS: Final = ("spike", "wick")

# A median absolute deviation times this estimates a standard deviation.
_MAD_TO_SIGMA: Final = 1.4826
_BLOCK: Final = 512
_MAX_EXAMPLES: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class OutlierLimits:
    """How many robust standard deviations are too many; infinity switches a test off."""

    spike_sigmas: float = 15.0
    wick_sigmas: float = 40.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class QualityReport:
    """For each kind of trouble, the rows that have it."""

    rows: int
    masks: Mapping[str, BoolColumn]
    no_trades: int
    """Candles with volume 0; nothing is wrong with them."""

    @property
    def counts(self) -> dict[str, int]:
        """How many rows have each trouble; only what occurs."""
        counts = {name: int(mask.sum()) for name, mask in self.masks.items()}
        return {name: count for name, count in counts.items() if count}

    @property
    def is_clean(self) -> bool:
        """Whether there is neither a defect nor an outlier."""
        return not self.counts

    @property
    def is_defect(self) -> BoolColumn:
        """Rows that cannot be right."""
        return self._any_of(DEFECTS)

    @property
    def is_outlier(self) -> BoolColumn:
        """Rows that are unlikely to be right."""
        return self._any_of(OUTLIERS)

    def describe(self, candles: Candles, names: tuple[str, ...] = DEFECTS + OUTLIERS) -> str:
        """Return one line: each trouble of *names*, how often, and when first (ms UTC)."""
        parts = []
        for name in names:
            rows = np.flatnonzero(self.masks[name])
            if len(rows):
                first = ", ".join(str(int(t)) for t in candles.timestamp[rows[:_MAX_EXAMPLES]])
                more = ", ..." if len(rows) > _MAX_EXAMPLES else ""
                parts.append(f"{len(rows)} {name} (at {first}{more})")
        return "; ".join(parts) or "nothing wrong"

    def _any_of(self, names: tuple[str, ...]) -> BoolColumn:
        found = np.zeros(self.rows, dtype=np.bool_)
        for name in names:
            found |= self.masks[name]
        return found


_DEFAULT_LIMITS: Final = OutlierLimits()


def inspect(
    candles: Candles, timeframe: Timeframe, *, limits: OutlierLimits = _DEFAULT_LIMITS
) -> QualityReport:
    """Look for every defect and outlier in *candles*, whatever their order."""
    masks = {**_time_defects(candles, timeframe), **_value_defects(candles)}
    usable = ~(masks["missing_value"] | masks["not_positive"])
    masks["spike"] = find_spikes(candles, usable, limits.spike_sigmas)
    masks["wick"] = find_wicks(candles, usable, limits.wick_sigmas)
    return QualityReport(
        rows=len(candles),
        masks=MappingProxyType(masks),
        no_trades=int((candles.volume == 0).sum()),
    )


def find_spikes(candles: Candles, usable: BoolColumn, sigmas: float) -> BoolColumn:
    """Return rows whose close jumps away and back by more than *sigmas* robust deviations."""
    rows = np.flatnonzero(usable)
    found = np.zeros(len(candles), dtype=np.bool_)
    if len(rows) < 3:
        return found
    returns = np.diff(np.log(candles.close[rows]))
    limit = sigmas * _MAD_TO_SIGMA * typical_size(returns)
    away, back = returns[:-1], returns[1:]
    is_spike = (np.abs(away) > limit[:-1]) & (np.abs(back) > limit[1:])
    is_spike &= np.abs(away + back) < np.minimum(np.abs(away), np.abs(back)) / 2
    found[rows[1:-1][is_spike]] = True
    return found


def find_wicks(candles: Candles, usable: BoolColumn, sigmas: float) -> BoolColumn:
    """Return rows with a wick of more than *sigmas* robust deviations."""
    rows = np.flatnonzero(usable)
    found = np.zeros(len(candles), dtype=np.bool_)
    if not len(rows):
        return found
    upper, lower = wick_sizes(candles.take(rows))
    limit = wick_limits(upper, lower, sigmas)
    found[rows[(upper > limit) | (lower > limit)]] = True
    return found


def wick_sizes(candles: Candles) -> tuple[FloatColumn, FloatColumn]:
    """Return the upper and the lower wick of each candle, as logarithms of price ratios."""
    top, bottom = np.maximum(candles.open, candles.close), np.minimum(candles.open, candles.close)
    upper = np.log(np.maximum(candles.high, top) / top)
    lower = np.log(bottom / np.minimum(candles.low, bottom))
    return upper, lower


def wick_limits(upper: FloatColumn, lower: FloatColumn, sigmas: float) -> FloatColumn:
    """Return for each candle how long a wick may be."""
    return sigmas * _MAD_TO_SIGMA * typical_size(np.maximum(upper, lower))


def typical_size(values: FloatColumn) -> FloatColumn:
    """Return the median of what is not zero in *values*, sign aside, around each place.

    Never less than over all of them: a quiet hour makes no outliers out of ordinary moves.
    """
    sizes = np.abs(values)
    moving = sizes[sizes > 0]
    if not len(moving):
        return np.full(len(values), np.inf)
    overall = float(np.median(moving))
    blocks = -(-len(sizes) // _BLOCK)
    padded = np.full(blocks * _BLOCK, np.nan)
    padded[: len(sizes)] = np.where(sizes > 0, sizes, np.nan)
    medians = np.array([_median(block, overall) for block in padded.reshape(blocks, _BLOCK)])
    # A storm may begin at the end of a block: neighbours count.
    edged = np.pad(medians, 1, mode="edge")
    around = np.maximum(medians, np.maximum(edged[:-2], edged[2:]))
    return np.repeat(np.maximum(around, overall), _BLOCK)[: len(sizes)]


def _median(block: FloatColumn, otherwise: float) -> float:
    known = block[~np.isnan(block)]
    return float(np.median(known)) if len(known) else otherwise


def _time_defects(candles: Candles, timeframe: Timeframe) -> dict[str, BoolColumn]:
    stamps = candles.timestamp
    out_of_order = np.zeros(len(stamps), dtype=np.bool_)
    duplicate = out_of_order.copy()
    if len(stamps):
        out_of_order[1:] = stamps[1:] < np.maximum.accumulate(stamps)[:-1]
        duplicate[:] = True
        # The last one of its time counts, as when parts are merged.
        duplicate[len(stamps) - 1 - np.unique(stamps[::-1], return_index=True)[1]] = False
    misaligned = timeframe.floors(stamps) != stamps
    return {"duplicate": duplicate, "out_of_order": out_of_order, "misaligned": misaligned}


def _value_defects(candles: Candles) -> dict[str, BoolColumn]:
    prices = np.stack([getattr(candles, name) for name in PRICE_COLUMNS])
    open_, high, low, close = prices
    missing = ~np.isfinite(prices).all(axis=0) | ~np.isfinite(candles.volume)
    with np.errstate(invalid="ignore"):
        is_above = high < np.fmax(np.fmax(open_, close), low)
        is_below = low > np.fmin(np.fmin(open_, close), high)
        return {
            "missing_value": missing,
            "not_positive": (prices <= 0).any(axis=0),
            "negative_volume": candles.volume < 0,
            "inconsistent": is_above | is_below,
        }
