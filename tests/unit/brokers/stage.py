"""A small stage for brokers: bars by hand, orders by a script, and everything heard."""

import dataclasses
from decimal import Decimal
from typing import Any

import backtrader as bt
import pandas as pd

from cracktrader.domain.market import Limits, Market, Precision

BTC = Market(
    symbol="BTC/USDT",
    base="BTC",
    quote="USDT",
    maker=Decimal("0.001"),
    taker=Decimal("0.002"),
    amount_precision=Precision(step=Decimal("0.001")),
    price_precision=Precision(step=Decimal("0.01")),
    amount_limits=Limits(min=Decimal("0.001"), max=Decimal(100)),
    cost_limits=Limits(min=Decimal(10)),
)
FLAT = [(100.0, 100.0, 100.0, 100.0)] * 40


@dataclasses.dataclass
class Heard:
    broker: Any
    strategy: Any = None
    orders: list[Any] = dataclasses.field(default_factory=list)
    trades: list[Any] = dataclasses.field(default_factory=list)
    account: list[Any] = dataclasses.field(default_factory=list)

    def statuses(self, order):
        """Every status that was notified of *order*, in order."""
        return [o.getstatusname() for o in self.orders if o.ref == order.ref]

    def fills(self):
        """Every execution, in order."""
        return [bit for o in self.orders for bit in o.executed.iterpending() if bit is not None]


class Scripted(bt.Strategy):
    params: Any = (("script", None), ("heard", None))

    def notify_order(self, order):
        self.p.heard.orders.append(order)

    def notify_trade(self, trade):
        self.p.heard.trades.append(trade)

    def notify_cashvalue(self, cash, value):
        self.p.heard.account.append((cash, value))

    def next(self):
        if (act := self.p.script.get(len(self))) is not None:
            self.p.heard.strategy = self
            act(self)


def play(broker, script, *, bars=FLAT, names=("BTC/USDT",), cerebro=None):
    """Run *script*, a dict of bar number → what the strategy does, on *bars* (OHLC)."""
    cerebro = cerebro or bt.Cerebro(stdstats=False)
    cerebro.setbroker(broker)
    for name in names:
        cerebro.adddata(make_feed(bars), name=name)
    heard = Heard(broker=broker)
    cerebro.addstrategy(Scripted, script=script, heard=heard)
    (heard.strategy,) = cerebro.run()
    return heard


def make_feed(bars):
    frame = pd.DataFrame(bars, columns=["open", "high", "low", "close"])
    frame["volume"] = 1.0
    frame.index = pd.date_range("2024-01-01", periods=len(frame), freq="h")
    return bt.feeds.PandasData(dataname=frame, timeframe=bt.TimeFrame.Minutes, compression=60)
