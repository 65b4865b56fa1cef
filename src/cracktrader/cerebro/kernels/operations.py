"""Arithmetic and comparisons of lines, and lines shifted in time."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from types import BuiltinFunctionType
from typing import Any, Final

import numpy as np
from backtrader.linebuffer import LineOwnOperation, LinesOperation

from cracktrader.cerebro.kernels.bars import Bars, Column, Inexact, Values, kernel, number, pieces

_UFUNCS: Final[Mapping[object, Callable[..., Values]]] = {
    operator.add: np.add,
    operator.sub: np.subtract,
    operator.mul: np.multiply,
    operator.truediv: np.divide,
    operator.lt: np.less,
    operator.le: np.less_equal,
    operator.gt: np.greater,
    operator.ge: np.greater_equal,
    operator.eq: np.equal,
    operator.ne: np.not_equal,
}
_OF_ONE: Final[tuple[tuple[object, Callable[[Column], Values]], ...]] = (
    (operator.abs, np.abs),
    (operator.neg, np.negative),
    (bool, lambda values: values != 0),
)
# NumPy has its own pow, which rounds otherwise than the C library's.
_PYTHONS: Final = frozenset({operator.pow, operator.floordiv})


@kernel
def two_operands(part: Any, bars: Bars) -> Values:
    """LinesOperation: an operation on two lines, or on a line and a number."""
    operation = part.operation
    if type(part) is not LinesOperation or type(operation) is not BuiltinFunctionType:
        raise Inexact
    first, second = _operands(part, bars)
    if operation in _PYTHONS:
        return _one_by_one(operation, first, second)
    if operation is operator.truediv and not np.all(second):
        raise Inexact  # for Backtrader to raise ZeroDivisionError
    if operation not in _UFUNCS:
        raise Inexact
    values: Values = _UFUNCS[operation](first, second)
    return values


@kernel
def one_operand(part: Any, bars: Bars) -> Values:
    """LineOwnOperation: abs(line), -line and bool(line)."""
    if type(part) is not LineOwnOperation:
        raise Inexact
    for operation, formula in _OF_ONE:
        if part.operation is operation:
            return formula(bars.column(part.a))
    raise Inexact


@kernel
def delay(part: Any, bars: Bars) -> Values:
    """_LineDelay: line(-ago), or a number made a line."""
    source = part.a
    if type(part.ago) is not int:
        raise Inexact
    if hasattr(source, "wrapped"):
        return bars.operand(source)
    return bars.column(source, ago=part.ago)


def forward(part: Any, start: int, end: int) -> bool:
    """_LineForward: line(+ago), values from the future."""
    ago = part.ago
    if type(ago) is not int or not 0 <= ago <= start:
        return False
    return _shifted(part, start - ago, end - ago)


@kernel
def _shifted(part: Any, bars: Bars) -> Values:
    return bars.column(part.a, ago=part.ago)


def _operands(part: Any, bars: Bars) -> tuple[Column | float, Column | float]:
    if part.bline:
        return bars.column(part.a), bars.column(part.b)
    if part.btime:
        raise Inexact
    if part.r:
        return number(part.a), bars.column(part.b)
    return bars.column(part.a), number(part.b)


def _one_by_one(
    operation: Callable[[float, float], Any],
    first: Column | float,
    second: Column | float,
) -> Column:
    left, right = np.broadcast_arrays(first, second)
    values = np.empty(len(left))
    try:
        for piece in pieces(len(values)):
            values[piece] = list(map(operation, left[piece].tolist(), right[piece].tolist()))
    except (ArithmeticError, TypeError) as exc:
        raise Inexact from exc
    return values
