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

from cracktrader.domain.candle import PRICE_COLUMNS, BoolColumn, Candles, FloatColumn, IntColumn
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
        counts = {name: int(np.count_nonzero(mask)) for name, mask in self.masks.items()}
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
    masks["spike"], masks["wick"] = np.zeros((2, len(candles)), dtype=np.bool_)
    if limits.spike_sigmas < np.inf:
        masks["spike"] = find_spikes(candles, usable, limits.spike_sigmas)
    if limits.wick_sigmas < np.inf:
        masks["wick"][find_wicks(candles, usable, limits.wick_sigmas)[0]] = True
    return QualityReport(
        rows=len(candles),
        masks=MappingProxyType(masks),
        no_trades=int((candles.volume == 0).sum()),
    )


def find_spikes(candles: Candles, usable: BoolColumn, sigmas: float) -> BoolColumn:
    """Return rows whose close jumps away and back by more than *sigmas* robust deviations."""
    rows = np.flatnonzero(usable)
    found = np.zeros(len(candles), dtype=np.bool_)
    close = candles.close[rows]
    moves = np.abs(np.diff(close)) / np.minimum(close[1:], close[:-1])
    is_large = moves > _limits(moves, sigmas)
    both = np.flatnonzero(is_large[:-1] & is_large[1:])
    away, back = np.log(close[both + 1] / close[both]), np.log(close[both + 2] / close[both + 1])
    returns = np.abs(away + back) < np.minimum(np.abs(away), np.abs(back)) / 2
    found[rows[both[returns] + 1]] = True
    return found


def find_wicks(
    candles: Candles, usable: BoolColumn, sigmas: float
) -> tuple[IntColumn, FloatColumn]:
    """Return the rows with a wick of more than *sigmas* robust deviations, and what is allowed.

    A wick is measured as the part that its far end is away from the body.
    """
    rows = np.flatnonzero(usable)
    seen = candles if len(rows) == len(candles) else candles.take(rows)
    wicks = np.maximum(*wick_sizes(seen))
    limits = _limits(wicks, sigmas)
    large = np.flatnonzero(wicks > limits)
    return rows[large], limits[large]


def wick_sizes(candles: Candles) -> tuple[FloatColumn, FloatColumn]:
    """Return by what part high is above, and the body above low; 0 if it is not."""
    top, bottom = np.maximum(candles.open, candles.close), np.minimum(candles.open, candles.close)
    upper, lower = candles.high / top - 1, bottom / candles.low - 1
    return np.maximum(upper, 0), np.maximum(lower, 0)


def _limits(sizes: FloatColumn, sigmas: float) -> FloatColumn:
    """Return for each of *sizes* how large it may be, by what is usual around it."""
    scale = sigmas * _MAD_TO_SIGMA
    # Never less than over all: a quiet hour makes no outliers out of ordinary moves.
    overall = _typical(sizes)
    limits = np.full(len(sizes), scale * overall)
    # The blocks matter only around what is large by the standards of the whole.
    blocks = np.unique(np.flatnonzero(sizes > scale * overall) // _BLOCK)
    for block in blocks.tolist():
        # A storm may begin at the end of a block: neighbours count.
        around = [sizes[_BLOCK * max(n, 0) : _BLOCK * (n + 1)] for n in range(block - 1, block + 2)]
        usual = max(overall, *(_typical(part, otherwise=overall) for part in around))
        limits[_BLOCK * block : _BLOCK * (block + 1)] = scale * usual
    return limits


def _typical(sizes: FloatColumn, *, otherwise: float = np.inf) -> float:
    """Return the median of what is not zero."""
    moving = sizes[sizes > 0]
    return float(np.median(moving)) if len(moving) else otherwise


def _time_defects(candles: Candles, timeframe: Timeframe) -> dict[str, BoolColumn]:
    stamps = candles.timestamp
    out_of_order, duplicate = np.zeros((2, len(stamps)), dtype=np.bool_)
    if not bool((stamps[1:] > stamps[:-1]).all()):
        out_of_order[1:] = stamps[1:] < np.maximum.accumulate(stamps)[:-1]
        # The last one of its time counts, as when parts are merged.
        duplicate[:] = True
        duplicate[len(stamps) - 1 - np.unique(stamps[::-1], return_index=True)[1]] = False
    misaligned = timeframe.floors(stamps) != stamps
    return {"duplicate": duplicate, "out_of_order": out_of_order, "misaligned": misaligned}


def _value_defects(candles: Candles) -> dict[str, BoolColumn]:
    open_, high, low, close = (getattr(candles, name) for name in PRICE_COLUMNS)
    with np.errstate(invalid="ignore", over="ignore"):
        top = np.fmax(np.fmax(open_, close), low)
        bottom = np.fmin(np.fmin(open_, close), high)
        return {
            # A sum is finite only if every part is; sums of prices do not overflow otherwise.
            "missing_value": ~np.isfinite(open_ + high + low + close + candles.volume),
            "not_positive": np.fmin(bottom, low) <= 0,
            "negative_volume": candles.volume < 0,
            "inconsistent": (high < top) | (low > bottom),
        }
