"""What trading costs: the same strategy without and with fees, spread and slippage."""

import backtrader as bt

from cracktrader import BrokerFactory, CandleFeed, CCXTCommissionInfo, Cerebro
from cracktrader.candles.samples import sample_candles


class SmaCross(bt.Strategy):
    def __init__(self):
        self.cross = bt.ind.CrossOver(bt.ind.SMA(period=60), bt.ind.SMA(period=360))

    def next(self):
        if self.cross > 0:
            self.order_target_percent(target=0.95)
        elif self.cross < 0:
            self.close()


def value_with(**costs):
    cerebro = Cerebro()
    cerebro.adddata(CandleFeed(dataname=week, timeframe=bt.TimeFrame.Minutes))
    cerebro.setbroker(BrokerFactory.create(cash=10_000, **costs))
    cerebro.addstrategy(SmaCross)
    cerebro.run()
    return cerebro.broker.getvalue()


week = sample_candles().take(slice(7 * 24 * 60))
taker = {"commission": CCXTCommissionInfo(maker=0.0005, taker=0.001)}
spread = {"half_spread_bps": 1.0}
slippage = {"slippage": {"model": "fixed_bps", "bps": 2}}
for words, costs in {
    "no costs at all": {},
    "Binance's published fees": {"commission": "binance"},
    "fees of your own": taker,
    "fees and spread": {**taker, "realism": spread},
    "fees, spread and slippage": {**taker, "realism": {**spread, **slippage}},
}.items():
    print(f"{words:<26} {value_with(**costs):>10,.2f}")
