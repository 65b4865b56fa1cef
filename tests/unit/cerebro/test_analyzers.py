from typing import Any

import backtrader as bt
import pytest
from backtrader.analyzer import TimeFrameAnalyzerBase
from tests.unit.cerebro.runs import frame, make

from cracktrader.cerebro.cerebro import Cerebro

TF = bt.TimeFrame
PERIODS = (
    *((TF.Seconds, 30), (TF.Minutes, 1), (TF.Minutes, 7), (TF.Minutes, 60), (TF.Days, 1)),
    *((TF.Weeks, 1), (TF.Months, 1), (TF.Years, 1), (TF.NoTimeFrame, 1)),
)
FREQUENCIES = ("s", "37s", "min", "97min", "h", "11h", "D", "9D", "86399999989us")


class Spy(TimeFrameAnalyzerBase):
    """Notes when a period is over, and what it is called."""

    def create_analysis(self):
        self.seen: list[Any] = []

    def on_dt_over(self):
        self.seen.append((len(self), self.dtcmp, self.dtkey, self.dtkey1))

    def get_analysis(self):
        return self.seen


class OwnKey(Spy):
    """Has its own idea of a period."""

    def _get_dt_cmpkey(self, dt):
        return dt.minute // 5, dt


class Trader(bt.Strategy):
    """Is in the market now and then."""

    def next(self):
        if len(self) % 4 == 0:
            self.order_target_percent(target=(len(self) // 4 % 3 - 1) / 2)


def analyses(cls, frequency, **options):
    feed = bt.feeds.PandasData(dataname=frame(60, freq=frequency), timeframe=TF.Minutes)
    cerebro = make(Trader, cls=cls, feeds=[feed], **options)
    for timeframe, compression in PERIODS:
        cerebro.addanalyzer(Spy, timeframe=timeframe, compression=compression)
    cerebro.addanalyzer(Spy)
    cerebro.addanalyzer(OwnKey)
    for name in ("DrawDown", "TimeDrawDown", "TimeReturn", "Returns", "SharpeRatio", "Calmar"):
        cerebro.addanalyzer(getattr(bt.analyzers, name))
    (strategy,) = cerebro.run()
    return strategy.analyzers


@pytest.mark.parametrize("frequency", FREQUENCIES)
def test_periods_are_backtraders(frequency):
    for options in ({}, {"tz": "Asia/Kathmandu"}):
        expected = analyses(bt.Cerebro, frequency, **options)
        actual = analyses(Cerebro, frequency, **options)
        for theirs, ours in zip(expected, actual, strict=True):
            assert repr(ours.get_analysis()) == repr(theirs.get_analysis()), type(ours)
            assert vars(ours).keys() == vars(theirs).keys()


def test_a_drawdown_of_the_users_is_called():
    class Own(bt.analyzers.DrawDown):
        calls = 0

        def next(self):
            self.calls += 1
            super().next()

    cerebro = make(Trader)
    cerebro.addanalyzer(Own)
    assert cerebro.run()[0].analyzers[0].calls == 20
