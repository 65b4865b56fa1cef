import dataclasses
from typing import Any

import ccxt.async_support
import pytest

from cracktrader.exchange.capabilities import (
    capabilities_of,
    page_limit_of,
    read_capabilities,
    timeframes_of,
)


class FakeClient:
    id = "fake"
    name = "Fake"
    rateLimit = 100  # noqa: N815  (CCXT's)
    urls: dict[str, Any] = {"api": "https://x"}  # noqa: RUF012
    requiredCredentials: dict[str, Any] = {"apiKey": True, "secret": False}  # noqa: N815, RUF012
    timeframes: dict[str, Any] = {"1M": "1M", "1h": "60", "1m": "1", "15": "?", "1y": "y"}  # noqa: RUF012
    has: dict[str, Any] = {"spot": True, "swap": None, "fetchOHLCV": True, "fetchOrder": "emulated"}  # noqa: RUF012
    features: dict[str, Any] | None = None


def client(**fields):
    made = FakeClient()
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def test_timeframes_are_sorted_and_strange_ones_left_out():
    assert timeframes_of(client()) == ("1m", "1h", "1M")
    assert timeframes_of(client(timeframes=None)) == ()


@pytest.mark.parametrize(
    ("features", "kind", "expected"),
    [
        (None, "spot", 500),
        ({}, "spot", 500),
        ({"spot": None}, "spot", 500),
        ({"spot": {"fetchOHLCV": None}}, "spot", 500),
        ({"spot": {"fetchOHLCV": {"limit": None}}}, "spot", 500),
        ({"spot": {"fetchOHLCV": {"limit": 720}}}, "spot", 720),
        ({"spot": {"fetchOHLCV": {"limit": 720}}}, "margin", 720),
        ({"spot": {"fetchOHLCV": {"limit": 720}}}, "swap", 500),
        (
            {
                "swap": {
                    "linear": {"fetchOHLCV": {"limit": 300}},
                    "inverse": {"fetchOHLCV": {"limit": 200}},
                }
            },
            "swap",
            200,
        ),
        ({"swap": {"linear": {"fetchOHLCV": {"limit": 300}}, "inverse": None}}, "swap", 300),
    ],
)
def test_the_page_is_as_long_as_the_exchange_says(features, kind, expected):
    assert page_limit_of(client(features=features), kind) == expected


@pytest.mark.parametrize(
    ("exchange", "expected"), [("binance", 1000), ("kraken", 720), ("okx", 300)]
)
def test_known_exchanges_have_their_pages(exchange, expected):
    assert capabilities_of(exchange).candles_per_page == expected


def test_methods_are_told_apart_from_emulated_ones():
    found = read_capabilities(client(), "spot")
    assert found.methods == {"spot", "fetchOHLCV"}
    assert found.emulated == {"fetchOrder"}
    assert found.can("fetchOHLCV")
    assert found.can("fetchOrder")
    assert not found.can("createOrder")
    assert found.instrument_types == ("spot",)
    assert found.credentials == ("api_key",)
    assert found.requests_per_minute == 600
    assert not found.has_sandbox


def test_an_unlimited_exchange_has_no_rate():
    assert read_capabilities(client(rateLimit=0), "spot").requests_per_minute is None


def test_without_features_an_order_can_carry_nothing():
    orders = read_capabilities(client(), "spot").orders
    assert not any(getattr(orders, field.name) for field in dataclasses.fields(orders))


def test_a_feature_counts_if_all_kinds_of_contract_have_it_and_a_demand_if_any_does():
    linear = {"trailing": True, "triggerPrice": True, "triggerDirection": True}
    inverse = {"trailing": False, "triggerPrice": True, "timeInForce": {"IOC": True, "PO": True}}
    features = {"swap": {"linear": {"createOrder": linear}, "inverse": {"createOrder": inverse}}}
    orders = read_capabilities(client(features=features), "swap").orders
    assert orders.trigger_price
    assert not orders.trailing
    assert orders.trigger_direction_required
    assert orders.times_in_force == ()


def test_binance_is_as_everybody_knows_it():
    found = capabilities_of("binance")
    assert found.name == "Binance"
    assert found.has_sandbox
    assert found.timeframes[:2] == ("1s", "1m")
    assert found.credentials == ("api_key", "secret")
    assert found.orders.post_only
    assert found.orders.times_in_force == ("GTC", "IOC", "FOK", "PO")
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.name = "Other"


def test_no_client_is_left_open():
    assert ccxt.async_support.binance().session is None
