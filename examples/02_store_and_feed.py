"""Candles of an exchange, through ccxt: downloaded once, kept in an archive."""

import tempfile

import backtrader as bt

from cracktrader import BrokerFactory, CCXTDataFeed, CCXTStore, Cerebro, LocalExchange


class BuyTheDip(bt.Strategy):
    params = (("period", 24), ("dip", 0.97))

    def __init__(self):
        self.average = bt.ind.SMA(period=self.p.period)

    def next(self):
        if not self.position and self.data.close < self.average * self.p.dip:
            self.order_target_percent(target=0.95)
        elif self.position and self.data.close > self.average:
            self.close()


def run(store):
    cerebro = Cerebro()
    cerebro.adddata(
        CCXTDataFeed(
            store=store,
            symbol="BTC/USDT",
            ccxt_timeframe="1h",
            fromdate="2023-03-01",
            todate="2023-03-22",
        )
    )
    # With a store, fees and the market's rules are the exchange's own.
    cerebro.setbroker(BrokerFactory.create(store=store, cash=10_000, realism="exchange"))
    cerebro.addstrategy(BuyTheDip)
    cerebro.run()
    return cerebro.broker.getvalue()


# Without `config` this is the real exchange; public candles need no key.
with LocalExchange() as exchange, tempfile.TemporaryDirectory() as archive:
    for _ in range(2):
        with CCXTStore("binance", config=exchange.config, cache_dir=archive) as store:
            value = run(store)
        requests = exchange.requests.get("/api/v3/klines", 0)
        print(f"value {value:,.2f}, candle requests so far: {requests}")
