"""What an order costs from buy() to the last notification: Backtrader's broker against ours."""

from __future__ import annotations

import sys
import time
from decimal import Decimal

import backtrader as bt
import pandas as pd

from cracktrader.brokers.backtest import CCXTBackBroker
from cracktrader.brokers.factory import BrokerFactory
from cracktrader.cerebro.cerebro import Cerebro
from cracktrader.domain.market import Limits, Market, Precision
from cracktrader.testing.candles import random_walk

BARS = 9_000
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


def run(frame, case, cerebro_class, *, is_idle=False):
    """Run; return seconds, orders sent and what must be the same."""
    _, strategy, make_broker = case
    cerebro = cerebro_class(stdstats=False)
    cerebro.setbroker(make_broker())
    feed = bt.feeds.PandasData(dataname=frame, timeframe=bt.TimeFrame.Minutes)
    cerebro.adddata(feed, name="BTC/USDT")
    cerebro.addstrategy(strategy, is_idle=is_idle)
    began = time.process_time()
    (ran,) = cerebro.run()
    taken = time.process_time() - began
    return taken, ran.sent, (ran.filled, cerebro.broker.getvalue(), cerebro.broker.getcash())


def per_order(frame, case, cerebro_class):
    """Return the microseconds per order: a run, less the same run without orders."""
    idle, busy = [], []
    for _ in range(ROUNDS):
        idle.append(run(frame, case, cerebro_class, is_idle=True)[0])
        taken, sent, outcome = run(frame, case, cerebro_class)
        busy.append(taken)
    return (min(busy) - min(idle)) / sent * 1e6, outcome


def main():
    candles = random_walk(BARS)
    frame = pd.DataFrame(
        {name: getattr(candles, name) for name in ("open", "high", "low", "close", "volume")},
        index=pd.to_datetime(candles.timestamp, unit="ms"),
    )
    print(f"Python {sys.version.split()[0]}, µs of CPU per order, best of {ROUNDS}, results equal")
    print(f"{'':<46}{'Backtrader':>11}{'ours':>9}")
    for case in CASES:
        theirs, expected = per_order(frame, case, bt.Cerebro)
        ours, outcome = per_order(frame, case, Cerebro)
        if outcome != expected:
            raise SystemExit(f"{case[0]}: {outcome} is not {expected}")
        print(f"{case[0]:<46}{theirs:>11.1f}{ours:>9.1f}{theirs / ours:>8.1f} times")


if __name__ == "__main__":
    main()
