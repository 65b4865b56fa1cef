"""What an order costs from buy() to the last notification: Backtrader's broker against ours."""

from __future__ import annotations

import statistics
import sys
import time
from decimal import Decimal

import backtrader as bt
import pandas as pd

from cracktrader.brokers.backtest import CCXTBackBroker
from cracktrader.brokers.factory import BrokerFactory
from cracktrader.brokers.fast_path import attach
from cracktrader.domain.market import Limits, Market, Precision
from cracktrader.testing.candles import random_walk

BARS = 6_000
ROUNDS = 5
MARKET = Market(
    symbol="BTC/USDT",
    base="BTC",
    quote="USDT",
    maker=Decimal("0.001"),
    taker=Decimal("0.002"),
    amount_precision=Precision(step=Decimal("0.00001")),
    price_precision=Precision(step=Decimal("0.01")),
    amount_limits=Limits(min=Decimal("0.00001"), max=Decimal(9000)),
    cost_limits=Limits(min=Decimal(5)),
)


class Cerebro(bt.Cerebro):
    """Backtrader's loop, which measures what it spends on the broker and on notifications."""

    is_fast = False

    def _runonce(self, runstrats):
        path = attach(self._broker) if self.is_fast else None
        if path is None:
            super()._runonce(runstrats)
            return
        with path:
            self._brokernotify = lambda: path.bar() and path.deliver(runstrats[0])
            super()._runonce(runstrats)
            del self._brokernotify


class Trader(bt.Strategy):
    """Does something every third bar, and takes the time of it."""

    params = (("is_idle", False),)

    def __init__(self):
        self.sent = self.filled = 0

    def notify_order(self, order):
        self.filled += order.status == order.Completed

    def next(self):
        if self.p.is_idle or len(self) % 3:
            return
        self.trade()


class Buyer(Trader):
    def trade(self):
        self.sent += 1
        if self.position.size:
            self.close()
        else:
            self.buy(size=0.01)


class Limit(Trader):
    def trade(self):
        self.sent += 1
        price = self.data.close[0]
        if self.position.size:
            self.sell(size=0.01, exectype=bt.Order.Limit, price=price * 0.99)
        else:
            self.buy(size=0.01, exectype=bt.Order.Limit, price=price * 1.01)


class Bracket(Trader):
    def trade(self):
        self.sent += 3
        price = self.data.close[0]
        self.buy_bracket(
            size=0.01,
            exectype=bt.Order.Market,
            stopprice=price * 0.9995,
            limitprice=price * 1.0005,
        )


def realistic():
    return BrokerFactory.create(cash=1e7, realism="exchange", markets={"BTC/USDT": MARKET})


def plain(cls):
    def make():
        broker = cls(cash=1e7)
        broker.setcommission(0.001)
        return broker

    return make


CASES = (
    ("market buy and close", Buyer, plain(bt.brokers.BackBroker)),
    ("limit, filled at the next open", Limit, plain(bt.brokers.BackBroker)),
    ("bracket of three", Bracket, plain(bt.brokers.BackBroker)),
    ("CCXTBackBroker: market buy and close", Buyer, plain(CCXTBackBroker)),
    ("CCXTBackBroker: bracket of three", Bracket, plain(CCXTBackBroker)),
    ('realism="exchange": market buy and close', Buyer, realistic),
    ('realism="exchange": limit', Limit, realistic),
    ('realism="exchange": bracket of three', Bracket, realistic),
)


def run(frame, strategy, make_broker, *, is_fast, is_idle=False):
    """Run; return seconds, orders sent and what must be the same."""
    cerebro = Cerebro(stdstats=False)
    cerebro.is_fast = is_fast
    cerebro.setbroker(make_broker())
    cerebro.adddata(
        bt.feeds.PandasData(dataname=frame, timeframe=bt.TimeFrame.Minutes), name="BTC/USDT"
    )
    cerebro.addstrategy(strategy, is_idle=is_idle)
    began = time.process_time()
    (ran,) = cerebro.run()
    taken = time.process_time() - began
    return taken, ran.sent, (ran.filled, cerebro.broker.getvalue(), cerebro.broker.getcash())


def per_order(frame, strategy, make_broker, *, is_fast):
    """Return the median microseconds per order, the same run without orders taken off."""
    times = []
    for _ in range(ROUNDS):
        idle, *_ = run(frame, strategy, make_broker, is_fast=is_fast, is_idle=True)
        busy, sent, outcome = run(frame, strategy, make_broker, is_fast=is_fast)
        times.append((busy - idle) / sent * 1e6)
    return statistics.median(times), outcome


def main():
    candles = random_walk(BARS)
    frame = pd.DataFrame(
        {name: getattr(candles, name) for name in ("open", "high", "low", "close", "volume")},
        index=pd.to_datetime(candles.timestamp, unit="ms"),
    )
    print(f"Python {sys.version.split()[0]}, µs of CPU per order, best of {ROUNDS}, results equal")
    print(f"{'':<46}{'Backtrader':>11}{'ours':>9}")
    for name, strategy, make_broker in CASES:
        theirs, expected = per_order(frame, strategy, make_broker, is_fast=False)
        ours, outcome = per_order(frame, strategy, make_broker, is_fast=True)
        if outcome != expected:
            raise SystemExit(f"{name}: {outcome} is not {expected}")
        print(f"{name:<44}{theirs:>9.1f}{ours:>9.1f}{theirs / ours:>8.1f} times")


if __name__ == "__main__":
    main()
