"""The fast broker leaves everything as Backtrader's does, to the bit."""

import backtrader as bt
import pytest
from tests.parity.fast_orders import Attached, DeepTranscript
from tests.parity.scenarios import Scenario

from cracktrader.brokers import fast_entry, fast_fills, fast_notes, fast_orders, fast_value
from cracktrader.brokers.backtest import CCXTBackBroker

DECADES = [range(start, start + 10) for start in range(0, 50, 10)]


def differences(seed, broker_class=bt.brokers.BackBroker):
    """Return (what Backtrader says, what the fast broker says) where they differ first."""
    expected = Scenario.draw(seed).run(bt.Cerebro, broker_class, DeepTranscript()).lines
    actual = Scenario.draw(seed).run(Attached, broker_class, DeepTranscript()).lines
    for theirs, ours in zip(expected, actual, strict=True):
        if theirs != ours:
            return theirs, ours
    return None


@pytest.mark.parametrize("seeds", DECADES, ids=str)
def test_back_broker(seeds):
    for seed in seeds:
        assert differences(seed) is None, Scenario.draw(seed)


@pytest.mark.parametrize("seeds", DECADES, ids=str)
def test_ccxt_back_broker(seeds):
    for seed in seeds:
        assert differences(seed, CCXTBackBroker) is None, Scenario.draw(seed)


def wrong_reference(order):
    clone = fast_orders.clone_order(order)
    clone.executed = order.executed
    return clone


def wrong_move(held, price, size, at):
    *result, closed = fast_fills.moved(held, price, size, at)
    return *result, abs(closed)


def wrong_value(broker):
    fast_value.total(broker)
    broker.__dict__["_valuelever"] = broker.__dict__["_value"]


def wrong_trade(trade, order, fill, *, is_closing):
    fast_notes.update_trade(trade, order, fill, is_closing=is_closing)
    trade.pnlcomm = trade.pnl


WRONG = {
    "clones share their executions": (fast_entry, "clone_order", wrong_reference),
    "shorts close the wrong way": (fast_fills, "moved", wrong_move),
    "leverage is forgotten": (fast_value, "total", wrong_value),
    "trades forget the commission": (fast_notes, "update_trade", wrong_trade),
}
ORIGINAL = {(module, name): getattr(module, name) for module, name, _ in WRONG.values()}


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_a_wrong_broker_is_caught(wrong, monkeypatch):
    module, name, variant = WRONG[wrong]
    monkeypatch.setattr(module, name, variant)
    assert any(differs(seed) for seed in range(8))


def differs(seed):
    try:
        return differences(seed) is not None
    except (ValueError, KeyError, IndexError):
        return True
