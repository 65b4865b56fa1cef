"""What is computed from the last *period* bars: averages, extremes, ranks."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any, Final

import backtrader as bt
import numpy as np

from cracktrader.cerebro.kernels.bars import (
    Bars,
    Column,
    Inexact,
    Values,
    kernel,
    number,
    window,
)
from cracktrader.cerebro.kernels.doubling import Block, chunks, slide
from cracktrader.cerebro.kernels.exact import row_sums, window_sums

# Products held at a time, so that they stay in the processor's cache.
_PRODUCTS: Final = 1 << 17


@kernel
def average(part: Any, bars: Bars) -> Values:
    """Average: the exact sum, rounded, by the number of bars."""
    period = window(part.p.period)
    sums = window_sums(bars.column(part.data, before=period - 1), period)
    sums /= period
    return sums


@kernel
def weighted_average(part: Any, bars: Bars) -> Values:
    """WeightedAverage: the exact sum of rounded products, times a coefficient."""
    period, coefficient = window(part.p.period), number(part.p.coef)
    if type(part.p.weights) not in {tuple, list} or len(part.p.weights) != period:
        raise Inexact
    weights = [number(weight) for weight in part.p.weights]
    values = bars.column(part.data, before=period - 1)
    sums = np.empty(len(bars))
    step = max(64, _PRODUCTS // period)
    for first in range(0, len(bars), step):
        last = min(first + step, len(bars))
        rows = np.array([values[first + i : last + i] * weight for i, weight in enumerate(weights)])
        sums[first:last] = row_sums(rows)
    return coefficient * sums


@kernel
def function_of_window(part: Any, bars: Bars) -> Values:
    """OperationN: Highest, Lowest, SumN, AnyN, AllN, PercentRank, the place of an extreme."""
    period = window(part.p.period)
    formula = _formula(part)
    values = bars.column(part.data, before=period - 1)
    results = np.empty(len(bars))
    for first, last in chunks(len(bars)):
        results[first:last] = formula(values[first : last + period - 1], period)
    return results


def _formula(part: Any) -> Callable[[Column, int], Any]:
    function = getattr(part.func, "__func__", part.func)
    extreme = getattr(part.p, "_evalfunc", None)
    for known, of, formula in _FORMULAS:
        if function is known and extreme is of:
            return formula
    raise Inexact


def _extreme(values: Column, period: int, *, beats: Callable[..., Any]) -> Values:
    # As max() and min() do: the first stays unless a later one beats it.
    def join(one: Block, other: Block) -> Block:
        return (np.where(beats(other[0], one[0]), other[0], one[0]),)

    (best,) = slide((_comparable(values),), period, join)
    return best


def _bars_since(values: Column, period: int, *, beaten_by: Callable[..., Any]) -> Values:
    def join(one: Block, other: Block) -> Block:
        wins = beaten_by(other[0], one[0])
        return tuple(np.where(wins, theirs, ours) for ours, theirs in zip(one, other, strict=True))

    numbers = np.arange(len(values))
    _, places = slide((_comparable(values), numbers), period, join)
    return numbers[period - 1 :] - places


def _truth(values: Column, period: int, *, join: Callable[..., Any]) -> Values:
    (truth,) = slide((values != 0,), period, lambda one, other: (join(one[0], other[0]),))
    return truth


def _percent_rank(values: Column, period: int) -> Values:
    last = values[period - 1 :]
    smaller = np.zeros(len(last))
    for first in range(period - 1):
        smaller += values[first : first + len(last)] < last
    return smaller / period


def _comparable(values: Column) -> Column:
    if np.isnan(values).any():
        raise Inexact  # Then the result depends on the order of comparisons.
    return values


_first, _last = bt.ind.FindFirstIndex.func, bt.ind.FindLastIndex.func
# OperationN's func, the _evalfunc it uses, and the formula of both.
_FORMULAS: Final[tuple[tuple[object, object, Callable[[Column, int], Any]], ...]] = (
    (max, None, functools.partial(_extreme, beats=np.greater)),
    (min, None, functools.partial(_extreme, beats=np.less)),
    (math.fsum, None, window_sums),
    (any, None, functools.partial(_truth, join=np.logical_or)),
    (all, None, functools.partial(_truth, join=np.logical_and)),
    (bt.ind.PercentRank.params.func, None, _percent_rank),
    # The first looking back is the latest of equals, the last the earliest.
    (_first, max, functools.partial(_bars_since, beaten_by=np.greater_equal)),
    (_first, min, functools.partial(_bars_since, beaten_by=np.less_equal)),
    (_last, max, functools.partial(_bars_since, beaten_by=np.greater)),
    (_last, min, functools.partial(_bars_since, beaten_by=np.less)),
)
