import copy

import backtrader as bt
import pytest
from tests.parity.fast_orders import Attached
from tests.unit.brokers.fast_stage import RISING, plain_broker, play, same
from tests.unit.brokers.stage import make_feed

from cracktrader.brokers.fast_broker import FastBroker
from cracktrader.brokers.fast_path import attach, refusal


def test_a_broker_is_its_own_class_again_afterwards():
    broker = plain_broker()
    path = attach(broker)
    with path:
        assert isinstance(broker, FastBroker)
        assert type(broker).__name__ == "BackBroker"
    assert type(broker) is bt.brokers.BackBroker
    assert "_account" not in vars(broker)


def test_another_broker_is_refused():
    assert attach(bt.BrokerBase()) is None
    assert refusal(bt.BrokerBase()) == "the broker, a BrokerBase, is not a BackBroker"


def test_another_version_of_backtrader_is_refused(monkeypatch):
    monkeypatch.setattr(bt, "__version__", "2.0")
    assert refusal(plain_broker()) == (
        "the broker's fast path repeats Backtrader 1.9.78.123, not 2.0"
    )


@pytest.mark.parametrize(
    ("thing", "name"),
    [
        (bt.brokers.BackBroker, "_execute"),
        (bt.Order, "execute"),
        (bt.Position, "update"),
        (bt.Trade, "update"),
    ],
)
def test_patched_classes_are_refused(thing, name, monkeypatch):
    monkeypatch.setattr(thing, name, lambda *_: None)
    assert refusal(plain_broker()) == f"{thing.__name__}.{name} was patched"


def test_patched_order_classes_are_refused(monkeypatch):
    module = __import__("sys").modules[bt.brokers.BackBroker.__module__]
    monkeypatch.setattr(module, "BuyOrder", bt.SellOrder)
    assert refusal(plain_broker()) == "the broker's order classes were patched"


def test_a_plain_run_beside_a_fast_one_is_untouched():
    before = dict(vars(bt.brokers.BackBroker))
    script = {2: lambda s: s.buy(size=1), 9: lambda s: s.close()}
    heard = [
        play(plain_broker(), script, bars=RISING, cerebro=cerebro(stdstats=False))
        for cerebro in (bt.Cerebro, Attached, bt.Cerebro, Attached)
    ]
    assert all(h.account == heard[0].account for h in heard)
    assert dict(vars(bt.brokers.BackBroker)) == before


def test_an_eager_path_has_the_values_of_the_bar_before():
    seen = []

    class Cheat(bt.Strategy):
        def next_open(self):
            seen.append((self.broker.getvalue(), self.position.adjbase))

        def next(self):
            if len(self) == 3:
                self.buy(size=1)

    for cerebro_class in (bt.Cerebro, Attached):
        cerebro = cerebro_class(stdstats=False, cheat_on_open=True)
        cerebro.adddata(make_feed(RISING))
        cerebro.addstrategy(Cheat)
        cerebro.run()
    half = len(seen) // 2
    assert seen[:half] == seen[half:]


def test_copies_made_during_the_run_are_plain():
    copies = []

    def take(strategy):
        copies.append(copy.copy(strategy.broker))

    same(plain_broker, {2: lambda s: s.buy(size=1), 9: take})
    assert [type(c) for c in copies] == [bt.brokers.BackBroker] * 2
    assert copies[0]._value == copies[1]._value
