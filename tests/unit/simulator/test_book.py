from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cracktrader.domain.market import Market, Precision
from cracktrader.simulator.book import draw_book
from cracktrader.simulator.ticks import Tick

MARKET = Market(
    symbol="BTC/USDT",
    base="BTC",
    quote="USDT",
    price_precision=Precision(step=Decimal("0.01")),
    amount_precision=Precision(step=Decimal("0.00001")),
)


def book(*, price="23140.48", is_buyer_maker=False, now=0, limit=100, seed=1, market=MARKET):
    last = Tick(7, 0, Decimal(price), Decimal(1), is_buyer_maker=is_buyer_maker)
    return draw_book(market, last, now=now, limit=limit, seed=seed)


@given(st.integers(1, 10**9), st.booleans(), st.integers(0, 10**13), st.integers(1, 200))
def test_a_book_is_one_an_exchange_could_have(cents, is_buyer_maker, now, limit):
    found = book(
        price=str(Decimal(cents).scaleb(-2)), is_buyer_maker=is_buyer_maker, now=now, limit=limit
    )
    bids, asks = [p for p, _ in found.bids], [p for p, _ in found.asks]
    assert bids == sorted(set(bids), reverse=True)
    assert asks == sorted(set(asks))
    assert not bids or bids[0] < asks[0]
    assert len(asks) == limit >= len(bids)
    for price, amount in (*found.bids, *found.asks):
        assert price > 0
        assert amount > 0
        assert MARKET.price_precision.holds(price)
        assert MARKET.amount_precision.holds(amount)


def test_the_last_price_is_on_the_side_the_taker_hit():
    assert book(is_buyer_maker=True).bids[0][0] == Decimal("23140.48")
    assert book(is_buyer_maker=False).asks[0][0] == Decimal("23140.48")


def test_a_smaller_limit_is_the_beginning_of_the_same_book():
    assert book(limit=5).bids == book(limit=500).bids[:5]
    assert book(limit=5).asks == book(limit=500).asks[:5]


@pytest.mark.parametrize("change", [{"seed": 2}, {"now": 100}])
def test_it_moves_with_seed_and_time(change):
    assert book().asks != book(**change).asks
    assert book() == book()


def test_updates_are_counted_in_order():
    assert book(now=1_000).update_id < book(now=1_100).update_id


def test_a_market_without_steps_gets_a_book_too():
    market = Market(symbol="A/B", base="A", quote="B")
    assert len(book(market=market, limit=3).asks) == 3
