"""How fast backtests run: Backtrader, cracktrader, backtesting.py and a loop without any engine.

A time counts only if all engines made the same fills. Each run has a process of its own, and
CPU time is measured, so that other programs on the machine disturb little.

    python benchmarks/engine.py --bars 50000 --scenarios sma ten_feeds --rounds 3 --long
"""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import platform
import resource
import sys
import time
import warnings
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import backtrader as bt
import numpy as np
import pandas as pd

from cracktrader.cerebro.cerebro import Cerebro
from cracktrader.feeds.candle import CandleFeed
from cracktrader.testing.candles import random_walk

CASH, COMMISSION = 10_000_000.0, 0.001
FAST, SLOW = 10, 30
GOALS = {
    "sma": 30,
    "stdstats": 20,
    "many_orders": 10,
    "ten_feeds": 15,
    "indicators": 8,
}


# Strategies


class Noting(bt.Strategy):
    """Notes every fill."""

    def __init__(self):
        self.fills = []

    def notify_order(self, order):
        if order.status == order.Completed:
            done = order.executed
            self.fills.append((len(self), done.size, done.price, done.comm, done.pnl))


class SmaCross(Noting):
    def __init__(self):
        super().__init__()
        self.crosses = [
            (data, bt.ind.CrossOver(bt.ind.SMA(data, period=FAST), bt.ind.SMA(data, period=SLOW)))
            for data in self.datas
        ]

    def next(self):
        for data, cross in self.crosses:
            if cross > 0:
                self.buy(data, size=1)
            elif cross < 0:
                self.close(data)


class OneSmaCross(Noting):
    def __init__(self):
        super().__init__()
        self.cross = bt.ind.CrossOver(bt.ind.SMA(period=FAST), bt.ind.SMA(period=SLOW))

    def next(self):
        if self.cross > 0:
            self.buy(size=1)
        elif self.cross < 0:
            self.close()


class NoOrders(OneSmaCross):
    def next(self):
        if self.cross > 0 and self.cross < 0:
            self.buy()


class EveryThirdBar(Noting):
    def next(self):
        if len(self) % 3 == 0:
            if self.position:
                self.close()
            else:
                self.buy(size=1)


class Brackets(Noting):
    def next(self):
        if len(self) % 20 == 0 and not self.position:
            price = self.data.close[0]
            self.buy_bracket(
                size=1, exectype=bt.Order.Market, stopprice=price * 0.998, limitprice=price * 1.002
            )


class FiveIndicators(OneSmaCross):
    def __init__(self):
        super().__init__()
        self.five = [
            bt.ind.EMA(),
            bt.ind.RSI(),
            bt.ind.MACD(),
            bt.ind.ATR(),
            bt.ind.BollingerBands(),
        ]
        self.above = 0

    def next(self):
        super().next()
        if self.data.close[0] > self.five[4].top[0] and self.five[1][0] > 70:
            self.above += 1


ANALYZERS = ("TradeAnalyzer", "DrawDown", "SharpeRatio", "Returns", "TimeReturn")
STRATEGIES = {
    "sma": (OneSmaCross, 1, False, ()),
    "stdstats": (OneSmaCross, 1, True, ()),
    "no_orders": (NoOrders, 1, False, ()),
    "many_orders": (EveryThirdBar, 1, False, ()),
    "brackets": (Brackets, 1, False, ()),
    "ten_feeds": (SmaCross, 10, False, ()),
    "indicators": (FiveIndicators, 1, False, ANALYZERS),
}


# Engines: each returns seconds, fills, the value at the end, and bytes


def frames(bars, count):
    return [frame(bars // count, seed) for seed in range(1, count + 1)]


def frame(bars, seed=1):
    candles = random_walk(bars, seed=seed)
    names = ("open", "high", "low", "close", "volume")
    index = pd.to_datetime(candles.timestamp, unit="ms")
    return pd.DataFrame({name: getattr(candles, name) for name in names}, index=index)


def with_cerebro(scenario, bars, cerebro_class, feed_class):
    strategy, feeds, stdstats, analyzers = STRATEGIES[scenario]
    cerebro = cerebro_class(stdstats=stdstats)
    for part in frames(bars, feeds):
        cerebro.adddata(feed_class(dataname=part, timeframe=bt.TimeFrame.Minutes))
    cerebro.addstrategy(strategy)
    for name in analyzers:
        cerebro.addanalyzer(getattr(bt.analyzers, name))
    cerebro.broker.setcash(CASH)
    cerebro.broker.setcommission(COMMISSION)
    seconds, (ran,), grown = timed(cerebro.run)
    return seconds, ran.fills, cerebro.broker.getvalue(), grown


def backtrader(scenario, bars):
    return with_cerebro(scenario, bars, bt.Cerebro, bt.feeds.PandasData)


def cracktrader(scenario, bars):
    return with_cerebro(scenario, bars, Cerebro, CandleFeed)


def crosses(close):
    """Return +1, -1 or 0 at each bar, as Backtrader's CrossOver of both averages."""
    windows = np.lib.stride_tricks.sliding_window_view
    gap = np.full(len(close), np.nan)
    slow = windows(close, SLOW).mean(axis=1)
    gap[SLOW - 1 :] = windows(close, FAST).mean(axis=1)[SLOW - FAST :] - slow
    gap[np.abs(gap) < 1e-7] = 0.0
    signals, last = [0] * len(close), 0.0
    for number, now in enumerate(gap.tolist()):
        if now > 0 > last:
            signals[number] = 1
        elif now < 0 < last:
            signals[number] = -1
        last = now or last
    return signals


def bare_loop(_, bars):
    part = frame(bars)

    def run():
        signals, opens = crosses(part["close"].to_numpy()), part["open"].tolist()
        cash, size, bought, order, fills = CASH, 0, 0.0, 0, []
        for number, price in enumerate(opens):
            if order:
                fee = price * COMMISSION
                cash -= order * price + fee
                pnl = 0.0 if order > 0 else price - bought
                size, bought = size + order, price if order > 0 else bought
                fills.append((number + 1, order, price, fee, pnl))
                order = 0
            signal = signals[number]
            if signal > 0:
                order = 1
            elif signal < 0 and size:
                order = -1
        return fills, cash + size * part["close"].iloc[-1]

    seconds, (fills, value), grown = timed(run)
    return seconds, fills, value, grown


def backtesting_py(_, bars):
    import backtesting  # noqa: PLC0415 - it draws charts, and takes long to load

    class Cross(backtesting.Strategy):
        def init(self):
            self.signal = self.I(lambda: np.array(crosses(self.data.Close), dtype=float))

        def next(self):
            if self.signal[-1] > 0:
                self.buy(size=1)
            elif self.signal[-1] < 0:
                self.position.close()

    part = frame(bars).rename(columns=str.capitalize)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        test = backtesting.Backtest(part, Cross, cash=CASH, commission=COMMISSION)
        seconds, stats, grown = timed(test.run)
    trades = stats["_trades"]
    entries = [
        (bar + 1, 1, price) for bar, price in zip(trades.EntryBar, trades.EntryPrice, strict=True)
    ]
    exits = [
        (bar + 1, -1, price) for bar, price in zip(trades.ExitBar, trades.ExitPrice, strict=True)
    ]
    return seconds, sorted(entries + exits), float(stats["Equity Final [$]"]), grown


ENGINES = {
    "Backtrader": backtrader,
    "cracktrader": cracktrader,
    "backtesting.py": backtesting_py,
    "bare loop": bare_loop,
}
ONLY_SMA = {"backtesting.py", "bare loop"}


# Measuring


def timed(work):
    """Return the seconds *work* took, what it returned, and the bytes it holds afterwards."""
    before = memory()
    began = time.process_time()
    outcome = work()
    seconds = time.process_time() - began
    return seconds, outcome, memory() - before


def memory():
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


def measure(engine, scenario, bars):
    """Return seconds, what came of it, and bytes of memory that the run holds at its end."""
    seconds, fills, value, grown = ENGINES[engine](scenario, bars)
    return seconds, [fill[:3] for fill in fills], value, fills, grown


def alone(engine, scenario, bars):
    with ProcessPoolExecutor(1) as pool:
        return pool.submit(measure, engine, scenario, bars).result()


def check_same(outcomes, scenario):
    """Stop unless all engines made the same fills; Backtrader and ours the same to the bit."""
    _, fills, value, exact, _ = outcomes["Backtrader"]
    for engine, (_, other_fills, other_value, other_exact, _) in outcomes.items():
        is_same = fills == other_fills
        if engine == "cracktrader":
            is_same = (exact, value) == (other_exact, other_value)
        elif engine == "backtesting.py":
            # It does not list a trade that is open at the end.
            is_same = len(fills) - len(other_fills) < 2 and fills[: len(other_fills)] == other_fills
        if not is_same:
            raise SystemExit(f"{scenario}: {engine} made other fills than Backtrader")


def compare(scenario, bars, rounds):
    taken = {}
    for _ in range(rounds):
        engines = [e for e in ENGINES if scenario == "sma" or e not in ONLY_SMA]
        outcomes = {engine: alone(engine, scenario, bars) for engine in engines}
        check_same(outcomes, scenario)
        for engine, outcome in outcomes.items():
            taken.setdefault(engine, []).append(outcome[0])
    seconds = {engine: min(times) for engine, times in taken.items()}
    fills = len(outcomes["Backtrader"][1])
    for engine, used in seconds.items():
        ratio = seconds["Backtrader"] / used
        goal = GOALS.get(scenario) if engine == "cracktrader" else None
        print(
            f"| {scenario} | {engine} | {fills:,} | {used:.3f} | {bars / used:,.0f} "
            f"| {used / bars * 1e6:.2f} | {ratio:.1f} | {goal or ''} |"
        )


def flatness(lengths):
    print("\n| scenario | bars | s | bars/s | us/bar | bytes/bar |")
    print("|---|---:|---:|---:|---:|---:|")
    for scenario in ("no_orders", "sma"):
        for bars in lengths:
            used, _, _, _, grown = alone("cracktrader", scenario, bars)
            print(
                f"| {scenario} | {bars:,} | {used:.3f} | {bars / used:,.0f} "
                f"| {used / bars * 1e6:.2f} | {grown / bars:.0f} |"
            )


def describe_machine():
    names = ("backtrader", "cracktrader", "backtesting", "numpy", "pandas")
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in names)
    load = os.getloadavg()[0]
    print(f"Python {platform.python_version()}, {versions}")
    cpus = f"{platform.machine()}, {os.cpu_count()} CPUs, load {load:.1f}"
    print(f"{cpus}; CPU time, the fastest round\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bars", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--scenarios", nargs="*", default=list(STRATEGIES), choices=STRATEGIES)
    parser.add_argument("--long", action="store_true", help="measure up to 5 million bars")
    chosen = parser.parse_args()
    describe_machine()
    print("| scenario | engine | fills | s | bars/s | us/bar | times Backtrader | goal |")
    print("|---|---|---:|---:|---:|---:|---:|---:|")
    for scenario in chosen.scenarios:
        compare(scenario, chosen.bars, chosen.rounds)
        sys.stdout.flush()
    flatness((10_000, 100_000, 500_000, *((2_000_000, 5_000_000) if chosen.long else ())))


if __name__ == "__main__":
    main()
