"""The bars that one call of once() covers, and other lines read over the same bars.

A *formula* takes a part of a run (an indicator, a line operation) and the `Bars`, and returns
the values of these bars. When it cannot tell for sure what Backtrader would compute, it raises
`Inexact`, and nothing has been written. `kernel` makes a formula a stand-in for the part's own
``once(start, end)``: it returns whether it did the work. Where it did not, the caller runs
Backtrader's own method, which stumbles where it always did (a division by zero, an index
beyond the end) and reads from the far end where an index is negative.

Equal means equal to the bit, but for NaNs: which sign bit one has is not settled in CPython
either, where the same ``a + b`` gives another once the interpreter has optimised the bytecode.
"""

from __future__ import annotations

import functools
from array import array
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeAlias

import numpy as np
from backtrader.linebuffer import PseudoArray
from numpy.typing import NDArray

Column = NDArray[np.float64]
Values: TypeAlias = "NDArray[Any] | array[float] | float"
Kernel = Callable[[Any, int, int], bool]

# Python compares and adds larger ints exactly, NumPy would round them first.
_LARGEST_INT: Final = 2**53
_PIECE: Final = 1 << 12


class Inexact(Exception):
    """This call is left to Backtrader's own method."""


class Bars:
    """The bars ``start`` to ``end - 1`` of the line that a call of once() fills."""

    __slots__ = ("end", "start", "target")

    def __init__(self, target: Any, start: int, end: int) -> None:
        if not _holds_floats(target) or not 0 <= start < end <= len(target):
            raise Inexact
        self.target: array[float] = target
        self.start, self.end = start, end

    def __len__(self) -> int:
        return self.end - self.start

    def column(self, line: Any, *, ago: int = 0, before: int = 0) -> Column:
        """Return *line* over these bars, *ago* bars away, and *before* more bars in front.

        Raises:
            Inexact: if it is not an ordinary line, or does not reach that far.
        """
        values: Any = getattr(line, "array", None)
        if not _holds_floats(values) or values is self.target:
            raise Inexact
        first, last = self.start + ago - before, self.end + ago
        if not 0 <= first < last <= len(values):
            raise Inexact
        return np.frombuffer(values)[first:last]

    def operand(self, line: Any) -> Column | float:
        """Return *line* over these bars, or its one value if Backtrader wrapped a number."""
        if type(line) is PseudoArray:
            return number(line.wrapped)
        return self.column(line)

    def previous(self) -> float:
        """Return the value before the first bar, which a recursion goes on from."""
        if not self.start:
            raise Inexact
        return self.target[self.start - 1]


def number(value: object) -> float:
    """Return *value* as a float, if its arithmetic is that of a float.

    Raises:
        Inexact: if it is anything but a plain number.
    """
    if type(value) is float:
        return value
    # bool is an int here, as in arithmetic; a NumPy scalar does not raise what a float raises.
    if type(value) in {int, bool} and abs(value) < _LARGEST_INT:  # type: ignore[arg-type]
        return float(value)  # type: ignore[arg-type]
    raise Inexact


def window(value: object) -> int:
    """Return *value* as the number of bars in a window.

    Raises:
        Inexact: if it cannot be one.
    """
    if type(value) is not int or value < 1:
        raise Inexact
    return value


def pieces(count: int) -> Iterator[slice]:
    """Cut *count* bars into slices short enough that Python lists of them stay in the cache."""
    for first in range(0, count, _PIECE):
        yield slice(first, first + _PIECE)


def kernel(formula: Callable[[Any, Bars], Values]) -> Kernel:
    """Make of *formula* what fills a part's first line, or returns False."""

    @functools.wraps(formula)
    def fill(part: Any, start: int, end: int) -> bool:
        try:
            bars = Bars(part.lines[0].array, start, end)
            with np.errstate(all="ignore"):
                values = formula(part, bars)
        except Inexact:
            return False
        np.frombuffer(bars.target)[start:end] = values
        return True

    return fill


def _holds_floats(values: Any) -> bool:
    return type(values) is array and values.typecode == "d"
