"""The fast broker leaves everything as Backtrader's does, to the bit."""

import dataclasses

import backtrader as bt
import pytest
from tests.parity.fast_orders import Attached, DeepTranscript
from tests.parity.scenarios import CANDLES, Scenario
from tests.unit.brokers.stage import BTC

from cracktrader.brokers import fast_entry, fast_fills, fast_notes, fast_value
from cracktrader.brokers.backtest import CCXTBackBroker

DECADES = [range(start, start + 10) for start in range(0, 50, 10)]
BARS = 100


def realistic(**params):
    """Return a broker with all that an exchange does."""
    for name in ("slip_perc", "slip_fixed"):
        params.pop(name, None)
    return CCXTBackBroker(
        **params,
        fractional=True,
        rules=True,
        half_spread_bps=1.0,
        slippage={"bps": 2.0},
        markets={name: dataclasses.replace(BTC, symbol=name) for name in CANDLES},
    )


def difference(seed, make_broker=bt.brokers.BackBroker):
    """Return (what Backtrader says, what the fast broker says) where they differ first."""
    scenario = Scenario.draw(seed, bars=BARS)
    expected = scenario.run(bt.Cerebro, make_broker, DeepTranscript()).lines
    actual = scenario.run(Attached, make_broker, DeepTranscript()).lines
    for theirs, ours in zip(expected, actual, strict=True):
        if theirs != ours:
            return theirs, ours
    return None


@pytest.mark.parametrize("seeds", DECADES, ids=str)
def test_back_broker(seeds):
    for seed in seeds:
        assert difference(seed) is None, Scenario.draw(seed)


@pytest.mark.parametrize("seeds", DECADES, ids=str)
def test_ccxt_back_broker(seeds):
    for seed in seeds:
        assert difference(seed, CCXTBackBroker) is None, Scenario.draw(seed)


@pytest.mark.parametrize("seeds", DECADES, ids=str)
def test_an_exchange_is_imitated_alike(seeds):
    for seed in seeds:
        assert difference(seed, realistic) is None, Scenario.draw(seed)


@pytest.fixture
def forgotten_mark(monkeypatch):
    right = fast_entry.clone_order

    def clone_order(order):
        clone = right(order)
        clone.executed.p1 = 0
        return clone

    monkeypatch.setattr(fast_entry, "clone_order", clone_order)


@pytest.fixture
def swapped_sign(monkeypatch):
    right = fast_fills.moved

    def moved(*position):
        *result, closed = right(*position)
        return *result, -closed

    monkeypatch.setattr(fast_fills, "moved", moved)


@pytest.fixture
def forgotten_leverage(monkeypatch):
    right = fast_value.total

    def total(broker):
        right(broker)
        vars(broker)["_valuelever"] = vars(broker)["_value"]

    monkeypatch.setattr(fast_value, "total", total)


@pytest.fixture
def late_value(monkeypatch):
    # As if a bar that was skipped were never looked at.
    monkeypatch.setattr(fast_value, "settle", bool)


@pytest.fixture
def forgotten_commission(monkeypatch):
    right = fast_notes.update_trade

    def update_trade(trade, order, fill, *, is_closing):
        right(trade, order, fill, is_closing=is_closing)
        trade.pnlcomm = trade.pnl

    monkeypatch.setattr(fast_notes, "update_trade", update_trade)


@pytest.mark.parametrize(
    "error",
    [
        "forgotten_mark",
        "swapped_sign",
        "forgotten_leverage",
        "late_value",
        "forgotten_commission",
    ],
)
def test_a_wrong_broker_is_caught(error, request):
    request.getfixturevalue(error)
    assert any(difference(seed) for seed in range(8))
