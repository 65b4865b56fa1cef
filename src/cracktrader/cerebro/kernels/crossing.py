"""The difference that CrossOver looks back at."""

from __future__ import annotations

from typing import Any

import numpy as np

from cracktrader.cerebro.kernels.bars import Bars, Values, kernel


@kernel
def non_zero_difference(part: Any, bars: Bars) -> Values:
    """NonZeroDifference: a - b, or the latest one that was not zero."""
    last = bars.previous()
    difference = bars.column(part.data0) - bars.column(part.data1)
    zero = difference == 0
    if not zero.any():
        return difference
    places = np.where(zero, 0, np.arange(1, len(bars) + 1))
    known = np.concatenate(([last], difference))
    return known[np.maximum.accumulate(places)]
