"""Every built-in indicator and every line operation: run_once() against Backtrader's _once()."""

import functools
import inspect
import operator
import random
from types import MappingProxyType
from typing import Any

import backtrader as bt
import numpy as np
import pytest
from backtrader import functions
from tests.parity.two_runs import Prices, difference, nasty_bars, outcome, real_bars

from cracktrader.cerebro.kernels.table import KERNELS
from cracktrader.cerebro.once import run_once

CLASSES = sorted(
    {
        value
        for value in vars(bt.ind).values()
        if inspect.isclass(value)
        and issubclass(value, bt.ind.Indicator)
        and not getattr(value, "aliased", "")
    },
    key=lambda cls: cls.__name__,
)
# Bases without lines, some that need an argument, and some that need packages of long ago.
UNUSABLE = {
    "ApplyN",
    "BaseApplyN",
    "CointN",
    "ExponentialSmoothingDynamic",
    "FindFirstIndex",
    "FindLastIndex",
    "HeikinAshi",
    "Indicator",
    "MovingAverageBase",
    "OLS_BetaN",
    "OLS_Slope_InterceptN",
    "OLS_TransformationN",
    "OperationN",
    "Oscillator",
    "OscillatorMixIn",
    "PeriodN",
    "ReduceN",
    "haDelta",
}
BARS = nasty_bars()
AVERAGES = [bt.ind.SMA, bt.ind.EMA, bt.ind.SMMA, bt.ind.WMA, bt.ind.KAMA, bt.ind.DEMA]


def backtrader_once(strategy):
    strategy._once()


def compare(build, bars, once=run_once):
    """Return the error both gave, and how many lines were compared."""
    theirs = outcome(build, bars, backtrader_once)
    ours = outcome(build, bars, once)
    assert difference(ours, theirs) == ""
    return theirs.error, len(theirs.lines)


def params_of(cls, rng):
    """Return *cls*'s parameters with others than its own numbers and averages."""
    given: dict[str, Any] = {}
    for name, value in cls.params._getpairs().items():
        if type(value) is int:
            given[name] = rng.choice((1, 2, 3, value, value + 5))
        elif type(value) is bool:
            given[name] = rng.choice((True, False))
        elif type(value) is float:
            given[name] = rng.choice((value, value * 0.5, 1, 0.1))
        elif "movav" in name:
            given[name] = rng.choice(AVERAGES)
    return given


def inputs_of(cls, strategy, rng):
    """Return as many inputs as *cls* takes: a data, a line of one, or another indicator."""
    kinds = [
        lambda d: d,
        lambda d: d.close,
        lambda d: bt.ind.SMA(d, period=3),
        lambda d: bt.ind.EMA(d.high, period=2) - d.low,
    ]
    datas = (strategy.data0, strategy.data1, strategy.data0)[: max(1, cls._mindatas)]
    return [rng.choice(kinds)(d) for d in datas]


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_an_indicator_has_backtraders_very_values(cls):
    rng = random.Random(cls.__name__)  # noqa: S311
    minimum = max(1, cls._mindatas)

    def default(strategy):
        return cls(*(strategy.data0, strategy.data1)[:minimum])

    results = {name: compare(default, bars) for name, bars in BARS.items()}
    for _ in range(4):
        given, seed = params_of(cls, rng), rng.random()

        def varied(strategy, given=given, seed=seed):
            inputs = inputs_of(cls, strategy, random.Random(seed))  # noqa: S311
            return cls(*inputs, **given)

        compare(varied, BARS[rng.choice(sorted(BARS))])
    for length in (1, 2, 15, 16):
        compare(default, BARS["real"][:length])
    error, lines = results["real"]
    assert bool(error) == (cls.__name__ in UNUSABLE), error
    assert error or lines > 7 * 2


def test_all_of_backtraders_indicators_are_compared():
    assert len(CLASSES) == 136
    assert {cls.__name__ for cls in CLASSES} >= UNUSABLE


CONSTANTS = (2, 3.0, -1, 0, 0.5, -0.0, True, 1e9, 2**60, float("nan"), float("inf"), np.float64(2))
BINARY = [operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv]
BINARY += [operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne]
LOGIC = [bt.ind.And, bt.ind.Or, bt.ind.Max, bt.ind.Min, bt.ind.Sum, functions.Any, bt.ind.All]


class Formula:
    """Random line arithmetic, the same each time it is made from a seed."""

    def __init__(self, seed, strategy):
        self.rng = random.Random(seed)  # noqa: S311
        self.strategy = strategy

    def line(self, depth):
        kinds = [self.price, self.average] if depth < 1 else [self.binary] * 4
        kinds += [self.unary, self.shift, self.choice, self.logic, self.compare] * (depth > 0)
        return self.rng.choice(kinds)(depth - 1)

    def operand(self, depth):
        return self.rng.choice((self.rng.choice(CONSTANTS), self.line(depth), self.line(depth)))

    def price(self, depth):
        return getattr(self.rng.choice(self.strategy.datas), self.rng.choice(("close", "volume")))

    def average(self, depth):
        cls = self.rng.choice((bt.ind.SMA, bt.ind.EMA, bt.ind.Highest, bt.ind.WMA))
        return cls(self.price(depth), period=self.rng.randint(1, 5))

    def binary(self, depth):
        operation = self.rng.choice(BINARY)
        one, other = self.line(depth), self.operand(depth)
        return operation(one, other) if self.rng.random() < 0.7 else operation(other, one)

    def unary(self, depth):
        line = self.line(depth)
        choices = (operator.abs, operator.neg, lambda x: x.__bool__(), lambda x: x**2)
        return self.rng.choice(choices)(line)

    def shift(self, depth):
        return self.line(depth)(self.rng.choice((-1, -1, -3, 0, 1, 2)))

    def choice(self, depth):
        return bt.ind.If(self.line(depth), self.operand(depth), self.operand(depth))

    def logic(self, depth):
        function = self.rng.choice(LOGIC)
        return function(
            self.line(depth), *(self.operand(depth) for _ in range(self.rng.choice((0, 1, 2))))
        )

    def compare(self, depth):
        one, other = self.line(depth), self.line(depth)
        kind = self.rng.randrange(4)
        if kind == 0:
            return bt.ind.Cmp(one, self.operand(depth))
        if kind == 1:
            return bt.ind.CmpEx(one, other, *(self.operand(depth) for _ in range(3)))
        if kind == 2:
            return bt.ind.DivByZero(one, other, zero=self.rng.choice(CONSTANTS[:5]))
        return bt.ind.DivZeroByZero(one, other)


@pytest.mark.parametrize("name", BARS)
def test_line_arithmetic_has_backtraders_very_values(name):
    computed = lines = 0
    for seed in range(50):

        def build(strategy, seed=seed):
            return Formula(f"{name} {seed}", strategy).line(3)

        error, count = compare(build, BARS[name][:60])
        computed += not error
        lines += count
    assert computed > 10, "nearly all of them raise"
    assert lines > 50 * 20


class SmaCross(bt.Strategy):
    """Trades, so that orders, observers and analyzers have something to tell."""

    def __init__(self):
        self.cross = bt.ind.CrossOver(bt.ind.SMA(period=5), bt.ind.SMA(period=12))
        self.heard: list[Any] = []

    def notify_order(self, order):
        executed = order.executed
        self.heard.append((len(self), order.status, executed.size, executed.price, executed.comm))

    def next(self):
        self.heard.append((len(self), self.cross[0], self.broker.getvalue()))
        if self.cross > 0:
            self.buy()
        elif self.cross < 0:
            self.close()


class Ours(bt.Cerebro):
    def _runonce(self, runstrats):
        for strategy in runstrats:
            run_once(strategy)
            strategy._once = lambda: None
        super()._runonce(runstrats)


@pytest.mark.parametrize("options", [{"stdstats": True}, {"stdstats": False}, {"oldsync": True}])
def test_a_whole_run_goes_on_from_there_as_backtraders(options):
    told = []
    for cerebro in (bt.Cerebro(**options), Ours(**options)):
        cerebro.adddata(Prices(bars=real_bars(0, 400)))
        cerebro.addstrategy(SmaCross)
        cerebro.addanalyzer(bt.analyzers.TradeAnalyzer, _name="trades")
        (strategy,) = cerebro.run()
        assert len(strategy.heard) > 400
        observed = [line.array.tobytes() for o in strategy.observers for line in o.lines]
        told.append((strategy.heard, strategy.analyzers.trades.get_analysis(), observed))
    assert told[0] == told[1]


def one_bit_off(kernel):
    """Return *kernel* with its last value off by one bit."""

    @functools.wraps(kernel)
    def wrong(part, start, end):
        done = kernel(part, start, end)
        values = np.frombuffer(part.lines[0].array).view(np.int64)
        values[end - 1] ^= done
        return done

    return wrong


def everything(strategy):
    """Give *strategy* an indicator for each kernel."""
    close, opened = strategy.data.close, strategy.data.open
    alpha = opened / close / 10.0

    class Adaptive(bt.ind.ExponentialSmoothingDynamic):
        def __init__(self):
            self.p.alpha = alpha
            super().__init__()
            self.alpha1 = 1.0 - alpha

    Adaptive(period=3)
    bt.ind.SMA(period=3)
    bt.ind.WMA(period=3)
    bt.ind.EMA(period=3)
    bt.ind.Accum()
    bt.ind.CrossOver(close, opened)
    bt.ind.Highest(period=3)
    bt.ind.ParabolicSAR()
    bt.ind.If(close > opened, close(1), abs(close))
    bt.ind.Cmp(close, opened)
    bt.ind.CmpEx(close, opened, 1.0, 2.0, 3.0)
    bt.ind.DivByZero(close, opened)
    bt.ind.DivZeroByZero(close, opened)


@pytest.mark.parametrize("method", KERNELS, ids=lambda method: method.__qualname__)
def test_a_wrong_kernel_would_be_noticed(method):
    wrong = MappingProxyType({**KERNELS, method: one_bit_off(KERNELS[method])})
    theirs = outcome(everything, BARS["real"], backtrader_once)
    assert difference(outcome(everything, BARS["real"], run_once), theirs) == ""
    ours = outcome(everything, BARS["real"], functools.partial(run_once, kernels=wrong))
    assert "values, at " in difference(ours, theirs)
