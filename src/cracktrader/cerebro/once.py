"""Compute all indicators of a strategy before its first bar, as Backtrader's _once() does."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from types import FunctionType
from typing import Any, Final

from backtrader.linebuffer import NAN, LineActions, LineBuffer
from backtrader.lineiterator import LineIterator
from backtrader.lineseries import Lines, LineSeries

from cracktrader.cerebro.kernels.bars import Kernel
from cracktrader.cerebro.kernels.table import KERNELS

_NAN: Final = array("d", [NAN])


def run_once(part: Any, kernels: Mapping[FunctionType, Kernel] = KERNELS) -> None:
    """Do what ``part._once()`` does, and leave the same values and positions, only sooner.

    *part* is a strategy or one of its indicators. A method that a user's class overrides is
    called as Backtrader calls it.
    """
    method = _function(part._once)
    if method is LineIterator._once:
        _run_iterator(part, kernels)
    elif method is LineActions._once:
        _forward(part, part._clock.buflen())
        part.home()
        _calculate(part, kernels)
        part.oncebinding()
    else:
        part._once()


def _run_iterator(part: Any, kernels: Mapping[FunctionType, Kernel]) -> None:
    _forward(part, part._clock.buflen())
    indicators = part._lineiterators[LineIterator.IndType]
    observers = part._lineiterators[LineIterator.ObsType]
    for indicator in indicators:
        run_once(indicator, kernels)
    for observer in observers:
        _forward(observer, part.buflen())
    for member in (*part.datas, *indicators, *observers, part):
        member.home()
    _calculate(part, kernels)
    for line in part.lines:
        line.oncebinding()


def _calculate(part: Any, kernels: Mapping[FunctionType, Kernel]) -> None:
    period = part._minperiod
    part.preonce(0, period - 1)
    part.oncestart(period - 1, period)
    end = part.buflen()
    kernel = kernels.get(_function(part.once))
    if kernel is None or not kernel(part, period, end):
        part.once(period, end)


def _forward(part: Any, size: int) -> None:
    method = _function(part.forward)
    if method is LineBuffer.forward:
        _forward_line(part, size)
    elif method is LineSeries.forward and type(part.lines).forward is Lines.forward:
        for line in part.lines.lines:
            _forward_line(line, size)
    else:
        part.forward(size=size)


def _forward_line(line: Any, size: int) -> None:
    if type(line).forward is not LineBuffer.forward or type(line.array) is not array:
        line.forward(NAN, size=size)
        return
    line.idx += size
    line.lencount += size
    line.array.extend(_NAN * size)


def _function(method: Any) -> Any:
    return getattr(method, "__func__", None)
