"""All of a strategy's indicators, computed before its first bar."""

from types import MappingProxyType

import backtrader as bt
import pytest
from tests.parity.two_runs import difference, outcome, real_bars, within

from cracktrader.cerebro.kernels.table import KERNELS
from cracktrader.cerebro.once import run_once

BARS = real_bars(0, 60)


def is_as_backtraders(build, bars=BARS):
    theirs = outcome(build, bars, lambda strategy: strategy._once())
    ours = outcome(build, bars, run_once)
    return difference(ours, theirs) == "" and (theirs.error or len(theirs.lines) > 14)


class OnlyNext(bt.Indicator):
    """Somebody's indicator that knows one bar."""

    lines = ("middle",)

    def __init__(self):
        self.average = bt.ind.SMA(self.data, period=3)

    def prenext(self):
        self.lines.middle[0] = -1.0

    def nextstart(self):
        self.lines.middle[0] = 0.0

    def next(self):
        self.lines.middle[0] = (self.average[0] + self.data[-1]) / 2


class AllAtOnce(bt.Indicator):
    """Somebody's indicator that knows all bars."""

    lines = ("twice",)

    def once(self, start, end):
        for i in range(start, end):
            self.lines.twice.array[i] = 2 * self.data.array[i]


class OwnEverything(bt.Indicator):
    """Somebody who does not leave anything to Backtrader."""

    lines = ("count",)

    def __init__(self):
        self.calls = 0

    def _once(self):
        self.calls += 1
        super()._once()


class OwnForward(bt.Indicator):
    """Somebody who starts from another value than NaN."""

    lines = ("half",)

    def forward(self, value=0.5, size=1):
        super().forward(0.5, size)


class OwnLines(bt.Indicator):
    """Lines that move in a way of their own."""

    lines = ("own",)

    def __init__(self):
        line = self.lines[0]
        line.__class__ = type("Own", (type(line),), {"forward": self.fill})

    @staticmethod
    def fill(line, _=0.0, size=1):
        line.array.extend([3.0] * size)


@pytest.mark.parametrize("cls", [OnlyNext, AllAtOnce, OwnEverything, OwnForward, OwnLines])
def test_somebodys_indicator_is_called_as_backtrader_calls_it(cls):
    assert is_as_backtraders(lambda s: cls(s.data))
    assert is_as_backtraders(lambda s: bt.ind.EMA(cls(s.data), period=2))
    assert is_as_backtraders(lambda s: cls(s.data) - s.data.close)


def test_a_chain_with_lines_bound_to_lines():
    assert is_as_backtraders(lambda s: bt.ind.MACDHisto(bt.ind.RSI(s.data, period=3)))


@pytest.mark.parametrize("length", [1, 11, 12, 13, 14])
def test_few_bars(length):
    assert is_as_backtraders(lambda s: bt.ind.SMA(s.data, period=13), BARS[:length])


def test_without_bars_nothing_is_computed():
    assert outcome(lambda s: bt.ind.SMA(s.data), (), run_once).lines == ()


def test_without_a_kernel_backtraders_method_runs():
    def build(strategy):
        return bt.ind.SMA(strategy.data, period=3)

    theirs = outcome(build, BARS, lambda strategy: strategy._once())
    ours = outcome(build, BARS, lambda s: run_once(s, MappingProxyType({})))
    assert difference(ours, theirs) == ""


def test_a_kernel_that_refuses_makes_way_for_backtraders_method():
    refused = []

    def refuse(part, *_):
        refused.append(part)
        return False

    def build(strategy):
        return bt.ind.SMA(strategy.data, period=3)

    theirs = outcome(build, BARS, lambda strategy: strategy._once())
    ours = outcome(build, BARS, lambda s: run_once(s, dict.fromkeys(KERNELS, refuse)))
    assert difference(ours, theirs) == ""
    assert refused


def test_a_division_by_zero_is_raised_at_backtraders_bar():
    bars = [*BARS[:20], (0.0,) * 5, *BARS[20:]]
    theirs = outcome(lambda s: s.data.close / s.data.open, bars, lambda s: s._once())
    assert theirs.error == "ZeroDivisionError('float division by zero')"
    assert is_as_backtraders(lambda s: s.data.close / s.data.open, bars)


def test_observers_move_on_as_backtraders():
    moved = []
    for once in (run_once, lambda strategy: strategy._once()):

        def build(strategy):
            strategy._addobserver(multi=False, obscls=bt.observers.Value)
            return bt.ind.SMA(strategy.data, period=3)

        def work(strategy, once=once):
            once(strategy)
            (observer,) = strategy.getobservers()
            moved.append([(x.array, x.idx, x.lencount) for x in observer.lines])

        within(build, BARS, work)
    assert repr(moved[0]) == repr(moved[1])
    assert len(moved[0][0][0]) == len(BARS)
