"""Verdict: what inspecting a file of candles found, kept so that it need not be done again.

Only files without a defect and with few outliers have one; it depends on the candles and
`RULES` alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Final

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from cracktrader.candles.outliers import DEFAULT_LIMITS, PartOutliers
from cracktrader.domain.candle import Candles, IntColumn

# Raise the first number whenever equal candles may get another verdict than before.
RULES: Final = f"1 {DEFAULT_LIMITS.spike_sigmas:g} {DEFAULT_LIMITS.wick_sigmas:g}"
MAX_OUTLIERS: Final = 200

_Opens = tuple[Annotated[int, Field(ge=-(2**53), le=2**53)], ...]


class Verdict(BaseModel):
    """There is no defect, and these are the outliers, by their opens (ms UTC)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rules: Annotated[str, Field(max_length=80)]
    """The rules it was made by; by other ones it says nothing."""
    usual_move: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    """The median move between closes that are not equal; None if all are."""
    no_trades: Annotated[int, Field(ge=0)] = 0
    spikes: _Opens = ()
    wicks: _Opens = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownRows:
    """Rows *start* (inclusive) to *end* of some candles are a file's, all of it."""

    start: int
    end: int
    verdict: Verdict

    def outliers(self, candles: Candles, *, ignored: bool = False) -> PartOutliers | None:
        """Return what the verdict says about *candles*; None if it was not made of them.

        *ignored* outliers are left out.
        """
        spikes = self._rows(candles, () if ignored else self.verdict.spikes)
        wicks = self._rows(candles, () if ignored else self.verdict.wicks)
        if self.verdict.rules != RULES or spikes is None or wicks is None:
            return None
        return PartOutliers(
            spikes=spikes,
            wicks=wicks,
            wick_limits=np.full(len(wicks), math.nan),
            usual_move=self.verdict.usual_move or math.nan,
            edges=(self.start, self.start + 1, self.end - 2, self.end - 1),
        )

    def _rows(self, candles: Candles, opens: _Opens) -> IntColumn | None:
        wanted = np.array(opens, dtype=np.int64)
        stamps = candles.timestamp[self.start : self.end]
        rows = np.searchsorted(stamps, wanted)
        is_there = bool((rows < len(stamps)).all()) and bool((stamps[rows] == wanted).all())
        return self.start + rows if is_there else None
