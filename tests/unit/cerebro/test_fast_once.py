import datetime as dt
import gc

import backtrader as bt
import pytest
from tests.unit.cerebro.runs import Looker, feed, make

from cracktrader.cerebro.cerebro import Cerebro
from cracktrader.errors import StrategyError


class Stopper(bt.Strategy):
    """Stops the run at a timer, at an open, or in a notification."""

    params = (("where", ""),)

    def __init__(self):
        self.calls = []

    def told(self, where):
        self.calls.append((where, len(self), len(self.data)))
        if where == self.p.where and len(self.data) == 6:
            self.cerebro.runstop()

    def notify_timer(self, timer, when, *args, **kwargs):
        self.told("cheat" if timer.p.cheat else "timer")

    def next_open(self):
        self.told("open")

    def notify_order(self, order):
        self.told("order")

    def next(self):
        self.told("next")
        self.buy(size=1)


def stopped(cls, where, **engine):
    cerebro = make(Stopper, cls=cls, params={"where": where}, **engine)
    for cheat in (False, True):
        cerebro.add_timer(bt.timer.SESSION_START, strats=True, cheat=cheat, repeat=MINUTE)
    (strategy,) = cerebro.run()
    return strategy.calls, len(strategy), len(strategy.data)


MINUTE = dt.timedelta(minutes=1)


@pytest.mark.parametrize("where", ["cheat", "timer", "open", "order", "next"])
@pytest.mark.parametrize("engine", [{}, {"cheat_on_open": True}, {"quicknotify": True}])
def test_a_run_stops_where_backtraders_stops(where, engine):
    assert stopped(Cerebro, where, **engine) == stopped(bt.Cerebro, where, **engine)


def test_both_engines_alternate_in_one_process():
    def run(cls):
        (strategy,) = make(Looker, cls=cls, params={"at": {7: lambda s: s.average[0]}}).run()
        return strategy.seen, [len(x) for x in (strategy, strategy.data, strategy.average)]

    results = [run(cls) for cls in (bt.Cerebro, Cerebro, bt.Cerebro, Cerebro, bt.Cerebro)]
    assert all(result == results[0] for result in results)


@pytest.mark.parametrize("outer", [bt.Cerebro, Cerebro])
@pytest.mark.parametrize("inner", [bt.Cerebro, Cerebro])
def test_a_strategy_may_run_another_cerebro(outer, inner):
    def run_inner(_):
        acts = {5: lambda s: (s.average[0], s.data.close[-1], len(s))}
        return make(Looker, cls=inner, feeds=[feed(9)], params={"at": acts}).run()[0].seen

    acts = {4: lambda s: s.average[0], 5: run_inner, 6: lambda s: s.average[0]}
    (strategy,) = make(Looker, cls=outer, params={"at": acts}).run()
    before, ((average, close, length),), after = strategy.seen
    assert length == 5
    assert average != before != after != close
    assert [len(strategy), len(strategy.data)] == [20, 20]


def test_a_cerebro_runs_again_over_the_same_feeds():
    cerebro = make(Looker, params={"at": {7: lambda s: (s.average[0], s.data.tick_close)}})
    seen = [cerebro.run()[0].seen for _ in range(3)]
    assert seen[0] == seen[1] == seen[2]


def test_optimizations_give_what_backtraders_give():
    def results(cls, cpus):
        cerebro = cls(maxcpus=cpus, stdstats=False, optreturn=True)
        cerebro.adddata(feed(60))
        cerebro.optstrategy(Crosser, period=[3, 5, 8])
        cerebro.addanalyzer(bt.analyzers.TradeAnalyzer)
        return [(r[0].p.period, repr(r[0].analyzers[0].get_analysis())) for r in cerebro.run()]

    expected = results(bt.Cerebro, 1)
    assert len({analysis for _, analysis in expected}) > 1
    assert results(Cerebro, 1) == expected
    assert results(Cerebro, 2) == expected


class Crosser(bt.Strategy):
    params = (("period", 3),)

    def __init__(self):
        self.cross = bt.ind.CrossOver(self.data.close, bt.ind.SMA(period=self.p.period))

    def next(self):
        if self.cross:
            self.order_target_size(target=int(self.cross[0]))


def test_a_run_leaves_no_object_behind():
    make(Looker).run()
    gc.collect()
    lines = sum(isinstance(x, bt.LineRoot) for x in gc.get_objects())
    for _ in range(3):
        make(Looker).run()
    gc.collect()
    assert sum(isinstance(x, bt.LineRoot) for x in gc.get_objects()) <= lines


def test_a_broker_that_is_not_backtraders_is_called_as_backtrader_does():
    class Own(bt.brokers.BackBroker):
        calls = 0

        def next(self):
            self.calls += 1
            super().next()

    cerebro = make()
    cerebro.setbroker(Own())
    cerebro.run()
    assert cerebro.broker.calls == 20


def test_an_error_is_blamed_on_the_strategy_with_its_bar():
    cerebro = make(Looker, params={"at": {7: lambda _: {}["no"]}}, stdstats=True)
    with pytest.raises(StrategyError, match=r"KeyError: 'no', at 2024-01-01 00:06:00 UTC.*bar 7"):
        cerebro.run()


class Delegate(bt.BrokerBase):
    """A broker of another kind, which leaves the work to Backtrader's."""

    def __init__(self):
        self.inner = bt.brokers.BackBroker()
        super().__init__()

    def __getattr__(self, name):
        return getattr(vars(self)["inner"], name)

    def start(self):
        self.inner.cerebro = self.cerebro
        self.inner.start()

    def getcash(self):
        return self.inner.getcash()

    def getvalue(self, *args, **kwargs):
        return self.inner.getvalue(*args, **kwargs)

    def buy(self, *args, **kwargs):
        return self.inner.buy(*args, **kwargs)

    def next(self):
        self.inner.next()

    def get_notification(self):
        return self.inner.get_notification()


def test_a_broker_of_another_kind_is_served_as_backtrader_serves_it():
    class Buyer(bt.Strategy):
        def __init__(self):
            self.told = []

        def notify_order(self, order):
            self.told.append((len(self), order.status))

        def notify_cashvalue(self, *values):
            self.told.append(values)

        def next(self):
            if len(self) == 3:
                self.buy(size=2)

    def told(cls):
        cerebro = make(Buyer, cls=cls)
        cerebro.setbroker(Delegate())
        return cerebro.run()[0].told

    assert told(Cerebro) == told(bt.Cerebro)
    assert len(told(Cerebro)) == 23
