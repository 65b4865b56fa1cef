"""Each kernel beside the once() of Backtrader that it stands in for, and a whole strategy's.

The values are compared before a time counts. Ours are the medians of some turns, Backtrader's
of one, for it takes seconds. Time is the processor's, as other work may be going on beside.
"""

import argparse
import statistics
import time

import backtrader as bt

from cracktrader.cerebro.kernels.table import KERNELS
from cracktrader.cerebro.once import run_once
from cracktrader.feeds.candle import CandleFeed
from cracktrader.testing.candles import random_walk

WEIGHTS = tuple(range(1, 31))


def dynamic(strategy):
    class Adaptive(bt.ind.ExponentialSmoothingDynamic):
        def __init__(self):
            self.p.alpha = self.data.open / self.data.close / 10.0
            super().__init__()
            self.alpha1 = 1.0 - self.alpha

    return Adaptive(strategy.data, period=10)


CASES = {
    "close - open": lambda s: s.data.close - s.data.open,
    "close / 3": lambda s: s.data.close / 3,
    "close > open": lambda s: s.data.close > s.data.open,
    "pow(close, 2)": lambda s: s.data.close**2,
    "abs(close)": lambda s: abs(s.data.close),
    "close(-1)": lambda s: s.data.close(-1),
    "close(+1)": lambda s: s.data.close(1),
    "DivByZero": lambda s: bt.ind.DivByZero(s.data.close, s.data.volume),
    "DivZeroByZero": lambda s: bt.ind.DivZeroByZero(s.data.close, s.data.volume),
    "Cmp": lambda s: bt.ind.Cmp(s.data.close, s.data.open),
    "CmpEx": lambda s: bt.ind.CmpEx(s.data.close, s.data.open, s.data.high, 0.0, s.data.low),
    "If": lambda s: bt.ind.If(s.data.volume, s.data.close, s.data.open),
    "And": lambda s: bt.ind.And(s.data.close, s.data.open),
    "Or": lambda s: bt.ind.Or(s.data.close, s.data.open),
    "Max of 3": lambda s: bt.ind.Max(s.data.close, s.data.open, s.data.high),
    "Sum of 3": lambda s: bt.ind.Sum(s.data.close, s.data.open, s.data.high),
    "Average(10)": lambda s: bt.ind.Average(s.data, period=10),
    "Average(30)": lambda s: bt.ind.Average(s.data, period=30),
    "Average(200)": lambda s: bt.ind.Average(s.data, period=200),
    "WeightedAverage(30)": lambda s: bt.ind.WeightedAverage(s.data, period=30, weights=WEIGHTS),
    "Highest(30)": lambda s: bt.ind.Highest(s.data, period=30),
    "SumN(30)": lambda s: bt.ind.SumN(s.data, period=30),
    "AnyN(30)": lambda s: bt.ind.AnyN(s.data, period=30),
    "FindFirstIndexHighest(15)": lambda s: bt.ind.FindFirstIndexHighest(s.data, period=15),
    "PercentRank(50)": lambda s: bt.ind.PercentRank(s.data, period=50),
    "Accum": lambda s: bt.ind.Accum(s.data),
    "ExponentialSmoothing(30)": lambda s: bt.ind.ExponentialSmoothing(s.data, period=30),
    "ExponentialSmoothingDynamic": dynamic,
    "NonZeroDifference": lambda s: bt.ind.NonZeroDifference(s.data.close, s.data.open),
    "ParabolicSAR": lambda s: bt.ind.ParabolicSAR(s.data),
    "LaguerreRSI": lambda s: bt.ind.LaguerreRSI(s.data),
    "LaguerreFilter": lambda s: bt.ind.LaguerreFilter(s.data),
    "ZeroLagIndicator": lambda s: bt.ind.ZeroLagIndicator(s.data),
}


def crossing(strategy):
    fast, slow = (bt.ind.SMA(strategy.data, period=period) for period in (10, 30))
    bt.ind.CrossOver(fast, slow)


def five(strategy):
    bt.ind.RSI(strategy.data)
    bt.ind.MACDHisto(strategy.data)
    bt.ind.ATR(strategy.data)
    bt.ind.BollingerBands(strategy.data)
    bt.ind.Stochastic(strategy.data)


STRATEGIES = {
    "SMA(10), SMA(30), CrossOver": crossing,
    "RSI, MACD, ATR, Bollinger, Stochastic": five,
}


class Measured(bt.Cerebro):
    """Hands its strategy over when everything is loaded and nothing is computed yet."""

    def _runonce(self, runstrats):
        self.result = self.work(*runstrats)


def with_strategy(build, candles, work):
    """Return what *work* makes of a strategy that has what *build* makes."""

    class Built(bt.Strategy):
        def __init__(self):
            self.built = build(self)

    cerebro = Measured(stdstats=False)
    cerebro.work = work
    cerebro.adddata(CandleFeed(dataname=candles))
    cerebro.addstrategy(Built)
    cerebro.run()
    return cerebro.result


def values_of(part):
    return [line.array.tobytes() for line in part.lines]


def took(call, *args):
    began = time.process_time()
    call(*args)
    return time.process_time() - began


def rewind(part, bars):
    """Put *part* where Backtrader has it when it calls once()."""
    for member in (*getattr(part, "datas", ()), *part.getindicators(), part):
        member.home()
        for line in member.lines:
            line.advance(bars)


def measure_kernel(build, candles, turns):
    """Return the nanoseconds per bar of a kernel and of Backtrader's method."""

    def ours(strategy):
        run_once(strategy)
        part, times = strategy.built, []
        start, end = part._minperiod, part.buflen()  # noqa: SLF001
        for _ in range(turns):
            rewind(part, start)
            times.append(took(KERNELS[part.once.__func__], part, start, end))
        return statistics.median(times) / (end - start)

    def theirs(strategy):
        strategy._once()  # noqa: SLF001
        part, known = strategy.built, values_of(strategy.built)
        start, end = part._minperiod, part.buflen()  # noqa: SLF001
        rewind(part, start)
        return took(part.once, start, end) / (end - start), known

    seconds, known = with_strategy(build, candles, theirs)
    if with_strategy(build, candles, lambda s: run_once(s) or values_of(s.built)) != known:
        raise SystemExit("the values differ")
    return 1e9 * with_strategy(build, candles, ours), 1e9 * seconds


def measure_strategy(build, candles, turns):
    """Return the nanoseconds per bar of all that a strategy computes beforehand."""
    mine = [with_strategy(build, candles, lambda s: took(run_once, s)) for _ in range(turns)]
    theirs = with_strategy(build, candles, lambda s: took(s._once))  # noqa: SLF001
    return [1e9 * seconds / len(candles) for seconds in (statistics.median(mine), theirs)]


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--candles", type=int, default=200_000)
    arguments.add_argument("--turns", type=int, default=5)
    given = arguments.parse_args()
    candles = random_walk(given.candles)
    print(f"{given.candles:,} bars, ns per bar\n")
    print(f"| {'':40} | ours | Backtrader | times |")
    print(f"|{'-' * 42}|-----:|-----------:|------:|")
    for cases, measure in ((CASES, measure_kernel), (STRATEGIES, measure_strategy)):
        for name, build in cases.items():
            mine, theirs = measure(build, candles, given.turns)
            print(f"| {name:40} | {mine:4.0f} | {theirs:10.0f} | {theirs / mine:5.0f} |")


if __name__ == "__main__":
    main()
