import math
from decimal import Decimal

import ccxt
import numpy as np
import pytest

from cracktrader.domain.market import Limits, Precision
from cracktrader.exchange.translate import (
    is_of_type,
    to_candles,
    to_decimal,
    to_dict,
    to_list,
    to_market,
    to_precision,
)

SPOT = {
    "symbol": "BTC/USDT",
    "base": "BTC",
    "quote": "USDT",
    "type": "spot",
    "settle": None,
    "active": True,
    "linear": None,
    "contractSize": None,
    "precision": {"amount": 1e-05, "price": 0.01, "base": 1e-08},
    "limits": {
        "amount": {"min": 1e-05, "max": 9000.0},
        "price": {"min": 0.01, "max": None},
        "cost": {"min": 5.0, "max": 9000000.0},
        "leverage": {"min": None, "max": None},
    },
    "maker": 0.001,
    "taker": 0.001,
}
SWAP = {
    **SPOT,
    "symbol": "BTC/USD:BTC",
    "type": "swap",
    "settle": "BTC",
    "linear": False,
    "contractSize": 100.0,
}


def market(entry, mode=ccxt.TICK_SIZE):
    return to_market(entry, precision_mode=mode)


def test_a_spot_market_keeps_its_rules_exactly():
    found = market(SPOT)
    assert (found.symbol, found.base, found.quote, found.type) == (
        "BTC/USDT",
        "BTC",
        "USDT",
        "spot",
    )
    assert found.amount_precision == Precision(step=Decimal("0.00001"))
    assert found.price_precision == Precision(step=Decimal("0.01"))
    assert found.amount_limits == Limits(min=Decimal("0.00001"), max=Decimal("9000.0"))
    assert found.price_limits == Limits(min=Decimal("0.01"))
    assert found.maker == Decimal("0.001")
    assert found.contract_size == 1
    assert found.is_active
    assert found.refusal(Decimal("0.001"), Decimal("20000.00")) is None


def test_a_contract_keeps_its_size_and_what_settles_it():
    found = market(SWAP)
    assert (found.settle, found.is_linear, found.contract_size) == ("BTC", False, 100)


@pytest.mark.parametrize(
    "gap",
    [
        {"precision": {}},
        {"precision": None},
        {"precision": {"amount": None, "price": None}},
        {"precision": {"amount": 0, "price": -1}},
        {"precision": {"amount": "n/a", "price": math.nan}},
    ],
)
def test_an_unknown_precision_is_free(gap):
    found = market({**SPOT, **gap})
    assert found.amount_precision == found.price_precision == Precision()


@pytest.mark.parametrize("gap", [{}, None, {"amount": None}, {"amount": {}, "cost": {"min": None}}])
def test_unknown_limits_are_none(gap):
    found = market({**SPOT, "limits": gap})
    assert found.amount_limits == found.cost_limits == Limits()


def test_a_maximum_of_zero_means_none():
    found = market({**SPOT, "limits": {"amount": {"min": 0, "max": 0}}})
    assert found.amount_limits == Limits(min=Decimal(0))


def test_unknown_fees_are_none_and_rebates_are_kept():
    found = market({**SPOT, "maker": -0.00025, "taker": None})
    assert (found.maker, found.taker) == (Decimal("-0.00025"), None)


def test_only_a_plain_no_makes_a_market_inactive():
    assert market({**SPOT, "active": None}).is_active
    assert not market({**SPOT, "active": False}).is_active


@pytest.mark.parametrize(
    "entry", [{**SPOT, "type": "index"}, {**SPOT, "type": None}, {**SPOT, "base": None}, {}]
)
def test_what_nobody_trades_is_left_out(entry):
    assert market(entry) is None


@pytest.mark.parametrize(
    ("value", "mode", "expected"),
    [
        (0.01, ccxt.TICK_SIZE, Precision(step=Decimal("0.01"))),
        (1e-8, ccxt.TICK_SIZE, Precision(step=Decimal("1e-8"))),
        (0.25, ccxt.TICK_SIZE, Precision(step=Decimal("0.25"))),
        (10, ccxt.TICK_SIZE, Precision(step=Decimal(10))),
        ("0.5", ccxt.TICK_SIZE, Precision(step=Decimal("0.5"))),
        (5, ccxt.SIGNIFICANT_DIGITS, Precision(significant_digits=5)),
        (0, ccxt.SIGNIFICANT_DIGITS, Precision()),
        (8, ccxt.DECIMAL_PLACES, Precision(step=Decimal("0.00000001"))),
        (0, ccxt.DECIMAL_PLACES, Precision(step=Decimal(1))),
        (-2, ccxt.DECIMAL_PLACES, Precision(step=Decimal(100))),
        (None, ccxt.DECIMAL_PLACES, Precision()),
    ],
)
def test_each_way_to_say_precision_is_understood(value, mode, expected):
    assert to_precision(value, mode) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.1, Decimal("0.1")),
        ("12.50", Decimal("12.50")),
        (3, Decimal(3)),
        (None, None),
        (math.inf, None),
        ("x", None),
        (True, None),
    ],
)
def test_numbers_are_what_a_person_reads(value, expected):
    assert to_decimal(value) == expected


@pytest.mark.parametrize(
    ("entry", "kind", "expected"),
    [
        ({"type": "spot"}, "spot", True),
        ({"type": "swap"}, "spot", False),
        ({"type": "swap"}, "swap", True),
        ({"type": "future"}, "swap", False),
        ({"type": "spot", "margin": True}, "margin", True),
        ({"type": "spot", "margin": None}, "margin", True),
        ({"type": "spot", "margin": False}, "margin", False),
        ({"type": "swap", "margin": True}, "margin", False),
    ],
)
def test_markets_belong_to_an_instrument_type(entry, kind, expected):
    assert is_of_type(entry, kind) is expected


def test_rows_become_columns_and_gaps_nan():
    found = to_candles([[60_000, 1, 2, 0.5, 1.5, None], [120_000, 1, 2, 0.5, 1.5, 3, "more"]])
    assert found.timestamp.tolist() == [60_000, 120_000]
    assert np.isnan(found.volume[0])
    assert found.volume[1] == 3


def test_no_rows_are_no_candles():
    assert len(to_candles([])) == 0


@pytest.mark.parametrize(
    "rows",
    [
        [[None, None, None, None, None, None]],
        [[60_000, 1, 2]],
        [["60000", 1, 2, 0.5, 1.5, 3]],
        [[math.nan, 1, 2, 0.5, 1.5, 3]],
    ],
)
def test_what_is_no_candle_is_refused(rows):
    with pytest.raises(ValueError, match="no candle"):
        to_candles(rows)


def test_the_shape_of_a_reply_is_checked():
    assert to_dict({"a": 1}) == {"a": 1}
    assert to_list([{}]) == [{}]
    with pytest.raises(TypeError, match="a dict was expected, not str"):
        to_dict("<html>")
    with pytest.raises(TypeError, match="a list was expected, not dict"):
        to_list({})
