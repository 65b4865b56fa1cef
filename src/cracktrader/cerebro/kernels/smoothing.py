"""Running sums and exponential averages: each value comes from the one before."""

from __future__ import annotations

from typing import Any

import numpy as np

from cracktrader.cerebro.kernels.bars import Bars, Values, kernel, number, pieces


@kernel
def running_sum(part: Any, bars: Bars) -> Values:
    """Accum: the sum of all values so far."""
    # accumulate() adds one after the other, unlike sum().
    terms = np.concatenate(([bars.previous()], bars.column(part.data)))
    return np.add.accumulate(terms)[1:]


@kernel
def exponential(part: Any, bars: Bars) -> Values:
    """ExponentialSmoothing: prev * (1 - alpha) + value * alpha."""
    alpha, keep = number(part.alpha), number(part.alpha1)
    values = bars.column(part.data) * alpha
    last = bars.previous()
    for piece in pieces(len(bars)):
        values[piece] = [last := last * keep + term for term in values[piece].tolist()]
    return values


@kernel
def exponential_dynamic(part: Any, bars: Bars) -> Values:
    """ExponentialSmoothingDynamic: the same with an alpha of its own for each bar."""
    keeps = bars.column(part.alpha1)
    values = bars.column(part.data) * bars.column(part.alpha)
    last = bars.previous()
    for piece in pieces(len(bars)):
        terms = zip(keeps[piece].tolist(), values[piece].tolist(), strict=True)
        values[piece] = [last := last * keep + term for keep, term in terms]
    return values
