import backtrader as bt
from tests.unit.cerebro.runs import Looker, feed, make

from cracktrader.cerebro.cerebro import Cerebro


class Chains(bt.Strategy):
    """Indicators with every kind of clock there is."""

    def __init__(self):
        close = self.data.close
        self.on_feed = bt.ind.SMA(self.data, period=2)
        self.on_line = bt.ind.SMA(close, period=2)
        self.on_indicator = bt.ind.SMA(self.on_feed, period=2)
        self.on_indicators_line = bt.ind.SMA(self.on_feed.sma, period=2)
        self.on_operation = bt.ind.SMA(close + 1, period=2)
        self.on_itself = self.lines.datetime(-1)
        self.on_late_one = bt.ind.SMA(self.on_itself, period=2)
        macd = bt.ind.MACD(close, period_me1=2, period_me2=3, period_signal=2)
        self.on_inner = bt.ind.SMA(macd.getindicators()[0], period=2)
        self.of_second = bt.ind.SMA(self.data1, period=2)
        self.parts = [v for v in vars(self).values() if isinstance(v, bt.LineRoot)]
        self.lengths = []

    def prenext(self):
        self.next()

    def next(self):
        indicators = self._lineiterators[bt.LineIterator.IndType]
        self.lengths.append([len(indicator) for indicator in indicators])
        if len(self) == 5:
            self.late = bt.ind.SMA(self.data, period=2)


def lengths(cls, *feeds):
    (strategy,) = make(Chains, cls=cls, feeds=feeds).run()
    return strategy.lengths


def test_every_indicator_is_as_long_as_backtraders_at_every_bar():
    for other in (feed(), feed(7, start="2024-01-01 00:03", freq="2min")):
        expected = lengths(bt.Cerebro, feed(), other)
        assert lengths(Cerebro, feed(), other) == expected
    assert len({tuple(row) for row in expected}) > 10
    assert len(set(expected[-1])) > 2


def test_indicators_stand_at_the_bar_before_while_others_act():
    class Opener(Looker):
        def next_open(self):
            self.seen.append((len(self.data), len(self.average), len(self)))

    (strategy,) = make(Opener, cheat_on_open=True).run()
    assert strategy.seen[0] == (4, 3, 3)


def test_a_second_strategys_indicators_wait_for_their_turn():
    class Spy(Looker):
        def next(self):
            other = self.cerebro.runningstrats[-1]
            self.seen.append((len(self.average), len(other.average)))

    seen = []
    for cls in (bt.Cerebro, Cerebro):
        cerebro = make(Spy, cls=cls)
        cerebro.addstrategy(Looker)
        first, _ = cerebro.run()
        seen.append(first.seen)
    assert seen[0] == seen[1]
    assert seen[0][5] == (6, 5)


def test_a_next_that_is_replaced_during_the_run_is_called():
    class Switching(bt.Strategy):
        calls = 0

        def next(self):
            self.next = self.other

        def other(self):
            self.calls += 1

    assert make(Switching).run()[0].calls == 19
