import dataclasses

import pytest
from tests.unit.brokers.stage import BTC

from cracktrader.brokers.rules import refusal, round_price, round_size, smallest_step
from cracktrader.domain.market import Precision

DIGITS = dataclasses.replace(BTC, amount_precision=Precision(significant_digits=3))
FREE = dataclasses.replace(BTC, amount_precision=Precision(), price_precision=Precision())


@pytest.mark.parametrize(
    ("market", "size", "rounded"),
    [
        (BTC, 1.2345, 1.234),
        (BTC, 0.1 + 0.2, 0.3),
        (BTC, 0.1 + 0.7, 0.8),
        (BTC, 0.7999999999999999, 0.8),
        (BTC, 0.7999, 0.799),
        (BTC, 0.0009, 0.0),
        (DIGITS, 1.2399, 1.23),
        (DIGITS, 1.2399999999999999, 1.24),
        (FREE, 0.123456789, 0.123456789),
    ],
)
def test_sizes_are_rounded_down_but_for_dust(market, size, rounded):
    assert round_size(market, size) == rounded


@pytest.mark.parametrize(
    ("price", "side", "rounded"),
    [
        (100.019, "buy", 100.01),
        (100.011, "sell", 100.02),
        (100.01, "buy", 100.01),
        (100.01, "sell", 100.01),
    ],
)
def test_prices_are_rounded_never_worse_than_asked(price, side, rounded):
    assert round_price(BTC, price, side) == rounded


def test_a_free_market_refuses_only_by_limits():
    assert refusal(FREE, size=0.123456789, price=123.456789, is_priced=True) is None
    assert refusal(FREE, size=0.01, price=1.0, is_priced=True).code == "cost_limit"


def test_a_price_that_only_values_the_order_need_not_be_on_the_tick():
    assert refusal(BTC, size=1.0, price=100.12345, is_priced=False) is None
    assert refusal(BTC, size=1.0, price=100.12345, is_priced=True).code == "price_step"


def test_refusals_say_what_is_wrong():
    assert "below the minimum 10" in refusal(BTC, size=0.05, price=100.0, is_priced=True).text


def test_the_smallest_step():
    assert smallest_step(BTC.amount_precision) == 0.001
    assert smallest_step(Precision(significant_digits=3)) == 0
