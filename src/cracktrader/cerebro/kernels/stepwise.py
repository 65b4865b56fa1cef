"""Indicators that Backtrader knows bar by bar only: Parabolic SAR, Laguerre, zero lag.

For them, ``once_via_next()`` advances the data, the sub-indicators and the indicator by a bar
and calls ``next()``, again and again. Here the body of ``next()`` runs over lists, with its
arithmetic word for word, and everything is advanced in one go.
"""

from __future__ import annotations

import math
import sys
from array import array
from collections.abc import Iterator, Mapping
from typing import Any, Final

import backtrader as bt
import numpy as np
from backtrader.feed import AbstractDataBase
from backtrader.indicator import Indicator
from backtrader.lineseries import LineSeriesStub

from cracktrader.cerebro.kernels.bars import Bars, Inexact, Kernel, Values, kernel, number

Pair = tuple[float, float]  # high and low, or the step and the limit of the speed
Trail = tuple[float, float, float]  # stop, extreme, speed
Trend = tuple[bool, float, float, float]  # whether up, and its trail


def one_bar_at_a_time(part: Any, start: int, end: int) -> bool:
    """Indicator.once_via_next, of the indicators known here."""
    fill = _KNOWN.get(getattr(part.next, "__func__", None))
    if fill is None or not _is_in_step(part, start) or not fill(part, start, end):
        return False
    part.data.advance(size=end - start)
    for follower in (*part.getindicators(), part):
        follower.lines.advance(end - start)
    return True


def _is_in_step(part: Any, start: int) -> bool:
    """Tell whether Backtrader's loop would advance each line by a bar, from *start* on."""
    source = part.data
    followers = (*part.getindicators(), part)
    return (
        len(part.datas) == 1
        and type(source).advance in {AbstractDataBase.advance, LineSeriesStub.advance}
        and not getattr(source, "slave", False)
        and all(_follows(follower, source) for follower in followers)
        and all(
            line.idx == start - 1 and line.lencount == start
            for member in (source, *followers)
            for line in member.lines
        )
        and not any(line.bindings for line in part.lines)
    )


def _follows(part: Any, source: Any) -> bool:
    return type(part).advance is Indicator.advance and part._clock is source


@kernel
def parabolic_sar(part: Any, bars: Bars) -> Values:
    """ParabolicSAR: the stop that trails a trend and turns with it."""
    highs = bars.column(getattr(part.data, "high", None), before=1).tolist()
    lows = bars.column(getattr(part.data, "low", None), before=1).tolist()
    steps = step, _ = part.p.af, part.p.afmax
    if len(part._status) != 2 or not all(map(math.isfinite, map(number, steps))):
        raise Inexact
    prices = list(zip(highs, lows, strict=True))
    # Two states take turns: what bar i starts from stands at i % 2.
    status = part._status[bars.start % 2]
    trend = before = status.tr, status.sar, status.ep, status.af
    stops = array("d")
    for bar, last in zip(prices[1:], prices, strict=False):
        before = up, stop, extreme, speed = trend
        if (up and stop >= bar[1]) or (not up and stop <= bar[0]):
            up, stop, speed = not up, extreme, step
            extreme = bar[0] if up else bar[1]
        stops.append(stop)
        trend = (_rise if up else _fall)((stop, extreme, speed), bar, last, steps)
    for place, state in ((bars.end, trend), (bars.end - 1, before)):
        vars(part._status[place % 2]).update(zip(("tr", "sar", "ep", "af"), state, strict=True))
    return stops


def _rise(trail: Trail, bar: Pair, last: Pair, steps: Pair) -> Trend:
    stop, extreme, speed = trail
    if bar[0] > extreme:
        extreme = bar[0]
        speed = min(speed + steps[0], steps[1])
    stop = stop + speed * (extreme - stop)
    if stop > bar[1] or stop > last[1]:
        stop = min(bar[1], last[1])
    return True, stop, extreme, speed


def _fall(trail: Trail, bar: Pair, last: Pair, steps: Pair) -> Trend:
    stop, extreme, speed = trail
    if bar[1] < extreme:
        extreme = bar[1]
        speed = min(speed + steps[0], steps[1])
    stop = stop + speed * (extreme - stop)
    if stop < bar[0] or stop < last[0]:
        stop = max(bar[0], last[0])
    return False, stop, extreme, speed


@kernel
def laguerre_filter(part: Any, bars: Bars) -> Values:
    """LaguerreFilter: the weighted mean of the four stages."""
    stages = _laguerre(part, bars)
    return array("d", [(l0 + (2 * l1) + (2 * l2) + l3) / 6 for l0, l1, l2, l3 in stages])


@kernel
def laguerre_rsi(part: Any, bars: Bars) -> Values:
    """LaguerreRSI: the share of ups in the differences between the stages."""
    values = array("d")
    for l0, l1, l2, l3 in _laguerre(part, bars):
        up = down = 0.0
        for fast, slow in ((l0, l1), (l1, l2), (l2, l3)):
            if fast >= slow:
                up += fast - slow
            else:
                down += slow - fast
        moved = up + down
        values.append(1.0 if not moved else up / moved)
    return values


def _laguerre(part: Any, bars: Bars) -> Iterator[tuple[float, float, float, float]]:
    g = number(part.p.gamma)
    prices = bars.column(part.data).tolist()
    l0, l1, l2, l3 = (number(stage) for stage in (part.l0, part.l1, part.l2, part.l3))
    for price in prices:
        l0_1, l1_1, l2_1 = l0, l1, l2
        l0 = (1.0 - g) * price + g * l0_1
        l1 = -g * l0 + l0_1 + g * l1_1
        l2 = -g * l1 + l1_1 + g * l2_1
        l3 = -g * l2 + l2_1 + g * l3
        yield l0, l1, l2, l3
    part.l0, part.l1, part.l2, part.l3 = l0, l1, l2, l3


@kernel
def zero_lag(part: Any, bars: Bars) -> Values:
    """ZeroLagIndicator: the gain that would have put the average nearest to the price."""
    gains = np.array([value / 10 for value in range(*part.limits)])
    alpha, keep = number(part.ema.alpha), number(part.ema.alpha1)
    averages, prices = bars.column(part.ema).tolist(), bars.column(part.data).tolist()
    if not len(gains):
        raise Inexact
    values = array("d")
    value = bars.previous()
    for average, price in zip(averages, prices, strict=True):
        candidates = alpha * (average + gains * (price - value)) + keep * value
        errors = np.abs(price - candidates)
        best = errors.argmin()
        # Not if it is no number, nor as good as the worst that Backtrader starts from.
        value = float(candidates[best]) if errors[best] < sys.maxsize else average
        values.append(value)
    return values


_KNOWN: Final[Mapping[object, Kernel]] = {
    bt.ind.ParabolicSAR.next: parabolic_sar,
    bt.ind.LaguerreRSI.next: laguerre_rsi,
    bt.ind.LaguerreFilter.next: laguerre_filter,
    bt.ind.ZeroLagIndicator.next: zero_lag,
}
