import math

import backtrader as bt
from tests.unit.cerebro.runs import Looker, make


class Loud(bt.observers.Broker):
    """A standard observer changed by the user."""

    calls = 0

    def next(self):
        self.calls += 1
        super().next()


def observed(cls, observer, **acts):
    cerebro = make(Looker, cls=cls, params={"at": acts.get("at", {3: lambda self: self.buy()})})
    cerebro.addobserver(observer)
    (strategy,) = cerebro.run()
    return strategy, strategy.stats[0]


def test_standard_observers_hold_what_backtraders_hold():
    for observer in (bt.observers.Broker, bt.observers.BuySell, bt.observers.Trades):
        lines = [
            [line.array.tobytes() for line in observed(cls, observer)[1].lines]
            for cls in (bt.Cerebro, make().__class__)
        ]
        assert lines[0] == lines[1]


def test_a_strategy_sees_the_observers_of_the_bar_before():
    def look(self):
        return self.stats.broker.value[0], len(self.stats.broker), self.stats.broker.buflen()

    strategy, _ = observed(make().__class__, bt.observers.Broker, at={4: look})
    assert strategy.seen == [(10_000.0, 3, 23)]


def test_an_observer_of_the_users_is_called_at_every_bar():
    strategy, observer = observed(make().__class__, Loud)
    assert observer.calls == len(observer) == len(strategy) == 20


def test_buys_are_noted_at_the_bar_of_their_fill():
    _, observer = observed(make().__class__, bt.observers.BuySell)
    noted = [n for n, value in enumerate(observer.lines.buy.array) if not math.isnan(value)]
    assert noted == [3]
