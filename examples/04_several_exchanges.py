"""Two symbols on one exchange and one on another, in one strategy."""

import tempfile

import backtrader as bt

from cracktrader import BrokerFactory, CCXTDataFeed, CCXTStore, Cerebro, LocalExchange
from cracktrader.simulator.walk import walk_candles


class StrongestOfAll(bt.Strategy):
    """Hold whatever rose most over the last day."""

    def __init__(self):
        self.rises = [bt.ind.ROC(data, period=24) for data in self.datas]

    def next(self):
        if len(self) % 24:
            return
        best = max(range(len(self.datas)), key=lambda i: self.rises[i][0])
        for number, data in enumerate(self.datas):
            self.order_target_percent(data, target=0.95 if number == best else 0.0)


# Made-up markets this time: a seeded random walk.
candles = walk_candles(["BTC/USDT", "ETH/USDT", "SOL/USDT"], seed=7, days=30, timeframe="1h")
with LocalExchange(candles) as exchange, tempfile.TemporaryDirectory() as archive:
    binance = CCXTStore("binance", config=exchange.config, cache_dir=archive)
    binanceus = CCXTStore("binanceus", config=exchange.config, cache_dir=archive)
    cerebro = Cerebro()
    markets = ((binance, "BTC/USDT"), (binance, "ETH/USDT"), (binanceus, "SOL/USDT"))
    for store, symbol in markets:
        feed = CCXTDataFeed(store, symbol, ccxt_timeframe="1h", historical_limit=600)
        cerebro.adddata(feed, name=f"{store.exchange} {symbol}")
    cerebro.setbroker(BrokerFactory.create(cash=10_000, commission="binance"))
    cerebro.addstrategy(StrongestOfAll)
    (strategy,) = cerebro.run()
    binance.close()
    binanceus.close()

for name, data in strategy.dnames.items():
    print(f"{name:<18} {len(data)} bars, position {strategy.getposition(data).size:.5f}")
print(f"value {cerebro.broker.getvalue():,.2f}")
