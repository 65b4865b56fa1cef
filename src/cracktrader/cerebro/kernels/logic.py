"""Choices between lines: If, And, Or, Max, Min, Sum, three-way comparisons, guarded divisions."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
from backtrader import functions

from cracktrader.cerebro.kernels.bars import Bars, Column, Inexact, Values, kernel, number
from cracktrader.cerebro.kernels.exact import row_sums

Operands = Sequence[Column | float]


@kernel
def division(part: Any, bars: Bars) -> Values:
    """DivByZero: a / b, or a value where b is zero."""
    divisor = bars.column(part.b)
    return np.where(divisor != 0, bars.column(part.a) / divisor, number(part.zero))


@kernel
def guarded_division(part: Any, bars: Bars) -> Values:
    """DivZeroByZero: a / b, or one value for x / 0 and another for 0 / 0."""
    dividend, divisor = bars.column(part.a), bars.column(part.b)
    instead = np.where(dividend == 0, number(part.dual), number(part.single))
    return np.where(divisor == 0, instead, dividend / divisor)


@kernel
def comparison(part: Any, bars: Bars) -> Values:
    """Cmp: -1, 0 or 1."""
    first, second = bars.operand(part.a), bars.operand(part.b)
    return np.greater(first, second) * 1.0 - np.less(first, second)


@kernel
def choice_of_three(part: Any, bars: Bars) -> Values:
    """CmpEx: one of three values for less, equal, greater."""
    first, second = bars.operand(part.a), bars.operand(part.b)
    less, equal, greater = (bars.operand(line) for line in (part.r1, part.r2, part.r3))
    not_less = np.where(np.greater(first, second), greater, equal)
    return np.where(np.less(first, second), less, not_less)


@kernel
def choice(part: Any, bars: Bars) -> Values:
    """If: one of two values."""
    condition = bars.operand(part.cond)
    return np.where(np.not_equal(condition, 0), bars.operand(part.a), bars.operand(part.b))


@kernel
def many_operands(part: Any, bars: Bars) -> Values:
    """MultiLogic: And, Or, Max, Min, Sum, Any, All of several lines."""
    logic = part.flogic
    operands = [bars.operand(line) for line in part.args]
    if isinstance(logic, functools.partial):
        return _reduced(logic, operands)
    for function, formula in _FORMULAS.items():
        if logic is function:
            return formula(operands)
    raise Inexact


def _reduced(logic: functools.partial[Any], operands: Operands) -> Values:
    if logic.func is not functools.reduce or logic.keywords or len(logic.args) != 1:
        raise Inexact
    # One value alone is not made a bool.
    if len(operands) == 1 and logic.args[0] in {functions._andlogic, functions._orlogic}:
        return operands[0]
    if logic.args[0] is functions._andlogic:
        return _all(operands)
    if logic.args[0] is functions._orlogic:
        return _any(operands)
    raise Inexact


def _all(operands: Operands) -> Values:
    return functools.reduce(np.logical_and, [np.not_equal(x, 0) for x in operands])


def _any(operands: Operands) -> Values:
    return functools.reduce(np.logical_or, [np.not_equal(x, 0) for x in operands])


def _first_most(operands: Operands, beats: Callable[..., Any]) -> Values:
    # As max() and min(): the first stays unless a later one beats it, which no NaN does.
    best: Any = operands[0]
    for other in operands[1:]:
        best = np.where(beats(other, best), other, best)
    return best  # type: ignore[no-any-return]


def _sum(operands: Operands) -> Values:
    return row_sums(np.array(np.broadcast_arrays(*operands)))


_FORMULAS: Final[Mapping[Callable[..., Any], Callable[[Operands], Values]]] = {
    max: functools.partial(_first_most, beats=np.greater),
    min: functools.partial(_first_most, beats=np.less),
    math.fsum: _sum,
    any: _any,
    all: _all,
}
