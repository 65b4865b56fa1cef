"""One strategy on two timeframes: the trend of 4 hours, the entry of 15 minutes."""

import tempfile

import backtrader as bt

from cracktrader import BrokerFactory, CCXTDataFeed, CCXTStore, Cerebro, LocalExchange


class TrendAndEntry(bt.Strategy):
    def __init__(self):
        self.entry = bt.ind.CrossOver(self.data0.close, bt.ind.SMA(self.data0, period=40))
        self.trend = bt.ind.SMA(self.data1, period=6)

    def next(self):
        is_rising = self.data1.close[0] > self.trend[0]
        if not self.position and is_rising and self.entry > 0:
            self.order_target_percent(target=0.95)
        elif self.position and not is_rising:
            self.close()


with LocalExchange() as exchange, tempfile.TemporaryDirectory() as archive:
    store = CCXTStore("binance", config=exchange.config, cache_dir=archive)
    cerebro = Cerebro()
    # The shortest timeframe first, as Backtrader wants it. A bar bears the time of its close,
    # so a 4-hour bar is never seen before it is complete.
    for timeframe in ("15m", "4h"):
        cerebro.adddata(
            CCXTDataFeed(
                store,
                "BTC/USDT",
                ccxt_timeframe=timeframe,
                fromdate="2023-03-01",
                todate="2023-03-22",
            )
        )
    cerebro.setbroker(BrokerFactory.create(store=store, cash=10_000))
    cerebro.addstrategy(TrendAndEntry)
    (strategy,) = cerebro.run()
    store.close()

print(f"15-minute bars {len(strategy.data0)}, 4-hour bars {len(strategy.data1)}")
print(f"value          {cerebro.broker.getvalue():,.2f}")
