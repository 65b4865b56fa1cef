"""The back broker's books close: no dust, no money made or lost, whatever is traded."""

from decimal import Decimal

import backtrader as bt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.brokers.stage import BTC, play

from cracktrader.brokers.backtest import CCXTBackBroker
from cracktrader.brokers.factory import BrokerFactory
from cracktrader.domain.market import Rounding

BARS = 30
SIZES = st.integers(-99_999, 99_999).filter(bool).map(lambda n: Decimal(n).scaleb(-4))
LADDERS = st.lists(SIZES, min_size=1, max_size=12)
PRICES = st.lists(st.integers(100, 90_000).map(lambda n: n / 7), min_size=BARS, max_size=BARS).map(
    lambda prices: [(p, p * 1.01, p * 0.99, p * 1.001) for p in prices]
)


class Chunks:
    """Fills at most *size* of an order per bar."""

    def __init__(self, size):
        self.size = size

    def __call__(self, order, price, ago):
        return min(self.size, abs(order.executed.remsize))


def trade(size, tradeid=0):
    def act(strategy):
        side = strategy.buy if size > 0 else strategy.sell
        side(size=abs(float(size)), tradeid=tradeid)

    return act


def script_of(sizes, step=1):
    return {2 + step * number: trade(size) for number, size in enumerate(sizes)}


def rich(**options):
    return CCXTBackBroker(cash=1e12, fractional=True, **options)


def assert_flat(heard):
    position = heard.strategy.position
    assert position.size == 0
    assert position.price == 0
    assert {o.status for o in heard.orders} <= {
        bt.Order.Submitted,
        bt.Order.Accepted,
        bt.Order.Partial,
        bt.Order.Completed,
    }
    final = {o.ref: o for o in heard.orders}
    assert all(o.status == bt.Order.Completed and o.executed.remsize == 0 for o in final.values())
    opened = {t.ref for t in heard.trades}
    assert opened == {t.ref for t in heard.trades if t.isclosed}
    assert all(t.size == 0 for t in heard.trades if t.isclosed)


@settings(max_examples=100)
@given(LADDERS, PRICES)
def test_sizes_that_sum_to_zero_leave_nothing(sizes, bars):
    if (rest := sum(sizes)) != 0:
        sizes = [*sizes, -rest]
    assert_flat(play(rich(), script_of(sizes), bars=bars))


@settings(max_examples=40)
@given(st.lists(st.tuples(SIZES, st.integers(0, 2)), min_size=1, max_size=9), PRICES)
def test_trades_under_several_ids_all_close(orders, bars):
    """Longs only: Backtrader has no notion of a trade that is short within a long position."""
    orders = [(abs(size), tradeid) for size, tradeid in orders]
    sums = {i: sum(size for size, tradeid in orders if tradeid == i) for i in range(3)}
    orders += [(-total, tradeid) for tradeid, total in sums.items() if total]
    script = {2 + n: trade(size, tradeid=tradeid) for n, (size, tradeid) in enumerate(orders)}
    assert_flat(play(rich(), script, bars=bars))


@settings(max_examples=40)
@given(LADDERS, PRICES)
def test_closing_leaves_nothing(sizes, bars):
    if sum(sizes) == 0:
        sizes = sizes[:-1]
    script = script_of(sizes) | {BARS - 4: lambda s: s.close()}
    assert_flat(play(rich(), script, bars=bars))


@settings(max_examples=40)
@given(st.lists(SIZES, min_size=1, max_size=3), st.integers(1, 99).map(lambda n: n / 10))
def test_orders_filled_in_parts_leave_nothing(sizes, chunk):
    sizes = [*sizes, -sum(sizes)] if sum(sizes) else sizes
    bars = [(100.0,) * 4] * 500
    script = script_of(sizes, step=105)
    assert_flat(play(rich(filler=Chunks(chunk)), script, bars=bars))


@settings(max_examples=40)
@given(LADDERS, PRICES)
def test_money_is_neither_made_nor_lost(sizes, bars):
    broker = rich(markets={"BTC/USDT": BTC}, half_spread_bps=3.0, slippage={"bps": 7})
    heard = play(broker, script_of(sizes), bars=bars)
    cash, held = 1e12, 0.0
    for fill in heard.fills():
        cash -= fill.size * fill.price + fill.comm
        held += fill.size
        paid = (
            abs(fill.size) * abs(fill.price) * 0.0010 / (1 + 0.001 * (1 if fill.size > 0 else -1))
        )
        assert fill.spread + fill.slippage == pytest.approx(paid)
        assert fill.comm == pytest.approx(abs(fill.size) * fill.price * 0.002)
    assert broker.getcash() == pytest.approx(cash, abs=1e-3)
    assert heard.strategy.position.size == pytest.approx(held, abs=1e-9)
    assert broker.getvalue() == pytest.approx(cash + held * bars[-1][3], abs=1e-3)
    assert broker.costs.fees == pytest.approx(sum(fill.comm for fill in heard.fills()))


@settings(max_examples=40)
@given(st.lists(st.floats(0.0, 200.0), min_size=1, max_size=12), PRICES)
def test_no_order_breaks_the_markets_rules_and_none_sells_what_is_not_held(sizes, bars):
    broker = BrokerFactory.create(markets={"BTC/USDT": BTC}, realism="exchange", cash=1e7)
    script = {
        2 + n: (lambda s, size=size, n=n: s.sell(size=size) if n % 3 else s.buy(size=size))
        for n, size in enumerate(sizes)
    }
    heard = play(broker, script, bars=bars)
    for order in {o.ref: o for o in heard.orders}.values():
        if order.status == bt.Order.Rejected:
            assert order.info.reason
            continue
        size, price = Decimal(repr(order.created.size)), Decimal(repr(order.created.price))
        rounded = BTC.price_precision.round(price, Rounding.NEAREST)
        assert BTC.refusal(size, rounded) is None
    assert heard.strategy.position.size >= 0
