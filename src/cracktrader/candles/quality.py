"""Validates candles; marks outliers. Pure.

Two kinds of trouble: a *defect* cannot be right (a low above the high, a price of zero), an
*outlier* can, but is unlikely; `outliers` says how so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np

from cracktrader.candles.outliers import (
    DEFAULT_LIMITS,
    MIN_PART,
    NO_LIMITS,
    OutlierLimits,
    PartOutliers,
    find_in_part,
    is_ordered,
    join_parts,
    split_parts,
)
from cracktrader.candles.verdict import MAX_OUTLIERS, RULES, KnownRows, Verdict
from cracktrader.domain.candle import PRICE_COLUMNS, BoolColumn, Candles, IntColumn
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

_MAX_EXAMPLES: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class QualityReport:
    """For each kind of trouble, the rows that have it."""

    rows: int
    found: Mapping[str, IntColumn]
    """Positions in order; every trouble has an entry."""
    no_trades: int
    """Candles with volume 0; nothing is wrong with them."""

    @property
    def counts(self) -> dict[str, int]:
        """How many rows have each trouble; only what occurs."""
        return {name: len(rows) for name, rows in self.found.items() if len(rows)}

    @property
    def is_clean(self) -> bool:
        """Whether there is neither a defect nor an outlier."""
        return not self.counts

    @property
    def is_defect(self) -> BoolColumn:
        """Rows that cannot be right."""
        return self.has(*DEFECTS)

    @property
    def is_outlier(self) -> BoolColumn:
        """Rows that are unlikely to be right."""
        return self.has(*OUTLIERS)

    def has(self, *names: str) -> BoolColumn:
        """Say which rows have any of the troubles *names*."""
        mask = np.zeros(self.rows, dtype=np.bool_)
        for name in names:
            mask[self.found[name]] = True
        return mask

    def describe(self, candles: Candles, names: tuple[str, ...] = DEFECTS + OUTLIERS) -> str:
        """Return one line: each trouble of *names*, how often, and when first (ms UTC)."""
        parts = []
        for name in names:
            rows = self.found[name]
            if len(rows):
                first = ", ".join(str(int(t)) for t in candles.timestamp[rows[:_MAX_EXAMPLES]])
                more = ", ..." if len(rows) > _MAX_EXAMPLES else ""
                parts.append(f"{len(rows)} {name} (at {first}{more})")
        return "; ".join(parts) or "nothing wrong"


def inspect(
    candles: Candles,
    timeframe: Timeframe,
    *,
    limits: OutlierLimits = DEFAULT_LIMITS,
    known: Iterable[KnownRows] = (),
) -> QualityReport:
    """Look for every defect and outlier in *candles*, whatever their order.

    The report does not depend on *known*; only how long it takes.
    """
    # A verdict tells the outliers by the default limits, and that there is nothing else.
    is_usual = limits in {DEFAULT_LIMITS, NO_LIMITS}
    verdicts = {(rows.start, rows.end): rows for rows in known if is_usual}
    parts = []
    for start, end in split_parts(candles):
        verdict = verdicts.get((start, end))
        part = None if verdict is None else _recall(candles, verdict, limits)
        parts.append(part or _inspect_part(candles, timeframe, (start, end), limits))
    joined = join_parts(candles, [part.outliers for part in parts], limits)
    found = _order_defects(candles.timestamp)
    for name in DEFECTS:
        found.setdefault(name, _joined(part.defects.get(name) for part in parts))
    found["spike"], found["wick"] = joined.spikes, joined.wicks
    return QualityReport(
        rows=len(candles),
        found=MappingProxyType(found),
        no_trades=sum(part.no_trades for part in parts),
    )


def judge(candles: Candles, timeframe: Timeframe) -> Verdict | None:
    """Return the verdict about one file's *candles*; None if they have to be looked at anew."""
    if (
        len(candles) < MIN_PART
        or len(split_parts(candles)) > 1
        or not is_ordered(candles.timestamp)
    ):
        return None
    part = _inspect_part(candles, timeframe, (0, len(candles)), DEFAULT_LIMITS)
    outliers = part.outliers
    if len(outliers.spikes) + len(outliers.wicks) > MAX_OUTLIERS or any(
        len(rows) for rows in part.defects.values()
    ):
        return None
    return Verdict(
        rules=RULES,
        usual_move=None if np.isnan(outliers.usual_move) else outliers.usual_move,
        no_trades=part.no_trades,
        spikes=tuple(candles.timestamp[outliers.spikes].tolist()),
        wicks=tuple(candles.timestamp[outliers.wicks].tolist()),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _PartReport:
    """What one part has by itself, as positions in the whole."""

    defects: Mapping[str, IntColumn]
    outliers: PartOutliers
    no_trades: int


def _recall(candles: Candles, known: KnownRows, limits: OutlierLimits) -> _PartReport | None:
    outliers = known.outliers(candles, ignored=limits == NO_LIMITS)
    if outliers is None:
        return None
    return _PartReport(defects={}, outliers=outliers, no_trades=known.verdict.no_trades)


def _inspect_part(
    candles: Candles, timeframe: Timeframe, bounds: tuple[int, int], limits: OutlierLimits
) -> _PartReport:
    start, end = bounds
    part = candles.take(slice(start, end))
    masks = _defects(part, timeframe)
    usable = ~(masks["missing_value"] | masks["not_positive"])
    return _PartReport(
        defects={name: start + np.flatnonzero(mask) for name, mask in masks.items()},
        outliers=find_in_part(candles, start, usable, limits),
        no_trades=int(np.count_nonzero(part.volume == 0)),
    )


def _order_defects(stamps: IntColumn) -> dict[str, IntColumn]:
    if is_ordered(stamps):
        return {name: _joined([]) for name in ("duplicate", "out_of_order")}
    is_late = stamps[1:] < np.maximum.accumulate(stamps)[:-1]
    # The last one of its time counts, as when parts are merged.
    is_last = np.zeros(len(stamps), dtype=np.bool_)
    is_last[len(stamps) - 1 - np.unique(stamps[::-1], return_index=True)[1]] = True
    return {"duplicate": np.flatnonzero(~is_last), "out_of_order": 1 + np.flatnonzero(is_late)}


def _defects(candles: Candles, timeframe: Timeframe) -> dict[str, BoolColumn]:
    open_, high, low, close = (getattr(candles, name) for name in PRICE_COLUMNS)
    with np.errstate(invalid="ignore", over="ignore"):
        top = np.fmax(np.fmax(open_, close), low)
        bottom = np.fmin(np.fmin(open_, close), high)
        return {
            "misaligned": timeframe.floors(candles.timestamp) != candles.timestamp,
            # A sum is finite only if every part is; sums of prices do not overflow otherwise.
            "missing_value": ~np.isfinite(open_ + high + low + close + candles.volume),
            "not_positive": np.fmin(bottom, low) <= 0,
            "negative_volume": candles.volume < 0,
            "inconsistent": (high < top) | (low > bottom),
        }


def _joined(rows: Iterable[IntColumn | None]) -> IntColumn:
    return np.concatenate([np.empty(0, dtype=np.int64), *(r for r in rows if r is not None)])
