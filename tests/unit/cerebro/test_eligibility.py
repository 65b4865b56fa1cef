import backtrader as bt
import pytest
from tests.unit.cerebro.runs import feed, make

from cracktrader.cerebro.cerebro import Cerebro
from cracktrader.cerebro.eligibility import FAST


class OwnAdvance(bt.feeds.PandasData):
    def advance(self, *args, **kwargs):
        super().advance(*args, **kwargs)


class OwnClear(bt.Strategy):
    def clear(self):
        super().clear()


class OwnLine(bt.Strategy):
    lines = ("mine",)

    def __init__(self):
        self.lines.mine.addbinding(self.lines.datetime)


class StepWise(bt.Indicator):
    lines = ("a",)
    _nextforce = True

    def next(self):
        self.lines.a[0] = 1


class UsesStepWise(bt.Strategy):
    def __init__(self):
        StepWise()


class OwnTimers(Cerebro):
    def _check_timers(self, *args, **kwargs):
        super()._check_timers(*args, **kwargs)


REASONS = {
    "fast=False": lambda: make(fast=False),
    "oldsync=True": lambda: make(oldsync=True),
    "runonce=False": lambda: make(runonce=False),
    "preload=False": lambda: make(preload=False),
    "exactbars=1": lambda: make(exactbars=1),
    "a feed is live": lambda: make(live=True),
    'feed "data0" moves in its own way': lambda: make(feeds=[feed(cls=OwnAdvance)]),
    "OwnClear changes how a strategy is run": lambda: make(OwnClear),
    "OwnLine sets lines of its own": lambda: make(OwnLine),
    "OwnTimers changes how Cerebro kicks broker, timers or writers": lambda: make(cls=OwnTimers),
    "an indicator works bar by bar only (_nextforce)": lambda: make(UsesStepWise),
}


@pytest.mark.parametrize("reason", REASONS)
def test_what_the_fast_loop_does_not_cover_steps_aside_and_says_why(reason):
    cerebro = REASONS[reason]()
    (strategy,) = cerebro.run()
    assert len(strategy) == 20
    choice = cerebro.explain()
    assert (choice.engine, choice.reasons) == ("backtrader", (reason,))
    assert str(choice) == f"Backtrader's own loop: {reason}"


def test_resampling_by_cerebro_steps_aside():
    cerebro = make()
    cerebro.resampledata(feed(), timeframe=bt.TimeFrame.Minutes, compression=5)
    cerebro.run()
    assert cerebro.explain().reasons == ("Cerebro resamples or replays a feed",)


def test_a_feed_added_twice_steps_aside():
    twice = feed()
    cerebro = make(feeds=[twice, twice])
    cerebro.run()
    assert "a feed was added twice" in cerebro.explain().reasons


def test_feeds_of_a_strategys_own_step_aside():
    class Strategy(bt.Strategy):
        def __init__(self):
            self.datas = self.datas[:1]

    cerebro = make(Strategy, feeds=[feed(), feed()])
    cerebro.run()
    assert cerebro.explain().reasons == ("Strategy has feeds of its own",)


def test_the_usual_run_is_fast():
    cerebro = make()
    assert cerebro.explain() is None
    cerebro.run()
    assert cerebro.explain() == FAST
    assert str(FAST).startswith("the fast loop: ")
