"""Running sums and exponential averages: each value comes from the one before."""

from __future__ import annotations

from array import array
from typing import Any

import numpy as np

from cracktrader.cerebro.kernels.bars import Bars, Values, kernel, number


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
    last = bars.previous()
    terms = (bars.column(part.data) * alpha).tolist()
    return array("d", [last := last * keep + term for term in terms])


@kernel
def exponential_dynamic(part: Any, bars: Bars) -> Values:
    """ExponentialSmoothingDynamic: the same with an alpha of its own for each bar."""
    keeps = bars.column(part.alpha1).tolist()
    last = bars.previous()
    terms = (bars.column(part.data) * bars.column(part.alpha)).tolist()
    return array("d", [last := last * keep + term for keep, term in zip(keeps, terms, strict=True)])
