"""A session wires store, feed and broker; the run becomes a folder with an HTML report."""

import tempfile
from pathlib import Path

import backtrader as bt

import cracktrader
from cracktrader.reports.recorder import RunRecorder
from cracktrader.reports.write import write_run


class Breakout(bt.Strategy):
    params = (("period", 48), ("stop", 0.03))

    def __init__(self):
        self.highest = bt.ind.Highest(self.data.high(-1), period=self.p.period)

    def next(self):
        if not self.position and self.data.close > self.highest:
            self.order_target_percent(target=0.95)
            self.stop_price = self.data.close[0] * (1 - self.p.stop)
        elif self.position and self.data.close < self.stop_price:
            self.close(reason="stop")


folder = Path(tempfile.mkdtemp())
with cracktrader.LocalExchange() as local:
    # Options are the exchange's settings, in our spelling or ccxt's.
    options = {**local.config, "cache_dir": folder / "archive"}
    with cracktrader.exchange("binance", mode="backtest", **options) as session:
        cerebro = session.cerebro(cash=10_000, realism="exchange")
        dates = {"fromdate": "2023-03-01", "todate": "2023-03-22"}
        cerebro.adddata(session.feed("BTC/USDT", "30m", **dates))
        cerebro.addstrategy(Breakout)
        cerebro.addanalyzer(RunRecorder)
        (strategy,) = cerebro.run()

run = write_run(folder / "result", strategy)
for row in run.rows[:8]:
    print(f"{row.label:<18} {row.value:>20} {row.benchmark:>20}")
print(f"report  {run.report}")
