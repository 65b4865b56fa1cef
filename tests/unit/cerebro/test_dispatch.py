import backtrader as bt
from tests.unit.cerebro.runs import make

from cracktrader.cerebro.dispatch import Audience, analyzers_of_bars, overrides


class Deaf(bt.Analyzer):
    pass


class Hearing(bt.Analyzer):
    def notify_fund(self, *values):
        pass


class Acting(bt.Analyzer):
    def next(self):
        pass


class Parent(bt.Analyzer):
    def __init__(self):
        self.child = Acting()


class Rich(bt.Strategy):
    def notify_cashvalue(self, cash, value):
        pass


def run(strategy=bt.Strategy, *analyzers):
    cerebro = make(strategy)
    for analyzer in analyzers:
        cerebro.addanalyzer(analyzer)
    return cerebro.run()[0]


def test_analyzers_that_do_nothing_at_a_bar_are_not_called():
    strategy = run(bt.Strategy, Deaf, Acting, Parent, Hearing)
    assert [type(a) for a in analyzers_of_bars(strategy.analyzers)] == [Acting, Parent]


def test_cash_is_told_only_where_someone_listens():
    assert not Audience(run(bt.Strategy, Deaf, Acting)).is_told_every_bar
    assert Audience(run(Rich)).is_told_every_bar
    assert Audience(run(bt.Strategy, Hearing)).is_told_every_bar


def test_a_broker_that_looks_when_asked_is_asked_at_every_bar():
    class Asked(bt.brokers.BackBroker):
        asked = 0

        def getvalue(self, *args, **kwargs):
            self.asked += 1
            return super().getvalue(*args, **kwargs)

    counts = []
    for cerebro in (make(), make(cls=bt.Cerebro)):
        cerebro.setbroker(Asked())
        cerebro.run()
        counts.append(cerebro.broker.asked)
    assert counts[0] == counts[1] > 19


def test_a_notify_of_the_strategys_own_is_called_at_every_bar():
    class Own(bt.Strategy):
        calls = 0

        def _notify(self, *args, **kwargs):
            self.calls += 1
            super()._notify(*args, **kwargs)

    assert run(Own).calls == 20


def test_methods_put_on_an_object_count_as_overridden():
    strategy = run()
    assert not overrides(strategy, bt.Strategy, "next")
    strategy.next = lambda: None
    assert overrides(strategy, bt.Strategy, "next")
