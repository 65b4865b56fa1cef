"""Backtest a Backtrader strategy on your own candles, from a CSV or Parquet file."""

import backtrader as bt

from cracktrader import BrokerFactory, CandleFeed, Cerebro
from cracktrader.candles.samples import sample_path


class SmaCross(bt.Strategy):
    params = (("fast", 60), ("slow", 360))

    def __init__(self):
        fast, slow = bt.ind.SMA(period=self.p.fast), bt.ind.SMA(period=self.p.slow)
        self.cross = bt.ind.CrossOver(fast, slow)

    def next(self):
        if self.cross > 0:
            self.order_target_percent(target=0.95)
        elif self.cross < 0:
            self.close()


cerebro = Cerebro()
# Any file with columns timestamp (or date, time ...), open, high, low, close, volume will do;
# so will a DataFrame, an Arrow table or a dict of arrays.
cerebro.adddata(CandleFeed(dataname=sample_path(), timeframe=bt.TimeFrame.Minutes))
cerebro.setbroker(BrokerFactory.create(cash=10_000, commission=0.001))
cerebro.addstrategy(SmaCross)
cerebro.addanalyzer(bt.analyzers.TradeAnalyzer, _name="trades")

(strategy,) = cerebro.run()
trades = strategy.analyzers.trades.get_analysis()
print(f"bars    {len(strategy)}")
print(f"trades  {trades.total.closed}, won {trades.won.total}")
print(f"value   {cerebro.broker.getvalue():,.2f}")
