import asyncio
import math

import ccxt
import pytest

from cracktrader.errors import AuthenticationError, ConfigError, UnavailableError
from cracktrader.exchange.call import Priority, current_call
from cracktrader.exchange.client import (
    make_client,
    missing_credentials,
    plug_in,
    rate_per_s,
    require_credentials,
)
from cracktrader.exchange.key import ConnectionKey
from cracktrader.exchange.limiter import RateLimiter
from cracktrader.exchange.sandbox import permit_all, permit_loopback
from cracktrader.exchange.settings import ExchangeSettings

BINANCE = ConnectionKey(exchange="binance")


def make(config=None, key=BINANCE):
    return make_client(ExchangeSettings.from_ccxt(config or {}), key)


def test_settings_reach_ccxt():
    client, permit = make(
        {"apiKey": "a-key-of-mine", "secret": "a-secret", "timeout": 1234, "options": {"x": 1}}
    )
    assert (client.apiKey, client.secret) == ("a-key-of-mine", "a-secret")
    assert client.timeout == 1234
    assert client.options["x"] == 1
    assert client.options["defaultType"] == "spot"
    assert permit is permit_all


def test_a_key_from_the_environment_is_read(monkeypatch):
    monkeypatch.setenv("TEST_BINANCE_KEY", "the-key-itself")
    client, _ = make({"apiKey": "env:TEST_BINANCE_KEY"})
    assert client.apiKey == "the-key-itself"


def test_each_account_has_its_own_credentials():
    config = {"apiKey": "the-first-key", "accounts": {"hedge": {"apiKey": "the-second-key"}}}
    client, _ = make(config, ConnectionKey(exchange="binance", account="hedge"))
    assert client.apiKey == "the-second-key"
    assert not client.secret


def test_ccxt_repeats_nothing_whatever_its_options_say():
    settings = ExchangeSettings(options={"order": {"maxRetriesOnFailure": 3}})
    client, _ = make_client(settings, BINANCE)
    assert client.options["maxRetriesOnFailure"] == 0
    assert "maxRetriesOnFailure" not in client.options["order"]


@pytest.mark.parametrize(
    ("exchange", "kind", "expected"),
    [
        ("binance", "spot", ["spot"]),
        ("binance", "margin", ["spot"]),
        ("binance", "swap", ["linear", "inverse"]),
        ("okx", "future", ["future", "swap"]),
        ("okx", "option", ["option"]),
        ("htx", "swap", {"linear": True, "inverse": True}),
        ("mexc", "spot", {"spot": True}),
        ("binanceusdm", "spot", ["linear"]),
    ],
)
def test_only_the_wanted_markets_are_loaded(exchange, kind, expected):
    client, _ = make(key=ConnectionKey(exchange=exchange, instrument_type=kind))
    assert client.options["fetchMarkets"]["types"] == expected
    assert client.options["defaultType"] == kind


def test_binances_private_lists_are_left_out_unless_needed():
    client, _ = make()
    assert not client.options["fetchCurrencies"]
    assert not client.options["fetchMargins"]
    margin, _ = make(key=ConnectionKey(exchange="binance", instrument_type="margin"))
    assert margin.options["fetchMargins"]


def test_own_options_win():
    config = {"options": {"fetchMarkets": {"types": ["option"]}, "fetchCurrencies": True}}
    client, _ = make(config)
    assert client.options["fetchMarkets"]["types"] == ["option"]
    assert client.options["fetchCurrencies"]


def test_local_urls_permit_only_this_machine():
    _, permit = make({"urls": {"api": {"public": "http://127.0.0.1:1/api/v3"}}})
    assert permit is permit_loopback


def test_a_sandbox_is_entered():
    client, permit = make(key=ConnectionKey(exchange="binance", mode="sandbox"))
    assert client.isSandboxModeEnabled
    assert permit is not permit_all


def test_a_proxy_is_used_whatever_its_scheme():
    client, _ = make({"proxy": "http://proxy:3128"})
    assert client.httpsProxy == "http://proxy:3128"


def test_socks_would_pass_by_our_guards():
    with pytest.raises(ConfigError, match="SOCKS is not supported"):
        make({"proxy": "socks5://proxy:1080"})


@pytest.mark.parametrize(
    ("rate_limit", "expected"), [(1200, 20), (0, math.inf), (None, 20), (1, 1 / 60)]
)
def test_the_rate_is_ours_or_ccxts(rate_limit, expected):
    client, _ = make()
    assert rate_per_s(client, ExchangeSettings(rate_limit=rate_limit)) == pytest.approx(expected)


def test_an_exchange_without_a_rate_is_not_limited():
    client, _ = make()
    client.rateLimit = 0
    assert rate_per_s(client, ExchangeSettings()) == math.inf


def test_missing_credentials_say_what_to_set():
    client, _ = make({"apiKey": "a-key-of-mine"})
    assert missing_credentials(client) == ["secret"]
    with pytest.raises(AuthenticationError) as caught:
        require_credentials(client, BINANCE, what="fetchBalance")
    assert str(caught.value) == (
        "fetchBalance needs secret for binance. Set them by reference in [exchange.binance]: "
        'secret = "env:BINANCE_SECRET"'
    )


def test_an_accounts_missing_credentials_name_its_section():
    key = ConnectionKey(exchange="binance", account="hedge")
    client, _ = make({"accounts": {"hedge": {}}}, key)
    with pytest.raises(AuthenticationError, match=r"\[exchange\.binance\.accounts\.hedge\]"):
        require_credentials(client, key, what="createOrder")


def test_complete_credentials_pass():
    client, _ = make({"apiKey": "a-key-of-mine", "secret": "a-secret"})
    require_credentials(client, BINANCE, what="fetchBalance")


@pytest.fixture
def plugged(timeline, make_call):
    client, _ = make()
    limiter = RateLimiter(rate_per_s=10, clock=timeline, sleep=timeline.sleep)
    plug_in(client, limiter)
    call = make_call(Priority.CREATE)
    token = current_call.set(call)
    yield client, call
    current_call.reset(token)


def handle(client, status, body, payload, kind="application/json"):
    headers = {"Content-Type": kind}
    return client.handle_errors(status, "", "u", "GET", headers, body, payload, {}, None)


async def test_ccxts_cost_is_paid_from_our_budget(plugged, timeline):
    client, call = plugged
    await client.throttle(6)
    assert call.is_armed
    await client.throttle()
    assert sum(timeline.slept) == pytest.approx(0.5)
    await asyncio.sleep(0)


async def test_a_reply_is_noted_before_ccxt_looks_for_errors(plugged):
    client, call = plugged
    body = '{"code":-2010,"msg":"Account has insufficient balance for requested action."}'
    with pytest.raises(ccxt.InsufficientFunds):
        handle(client, 400, body, client.parse_json(body))
    assert (call.status, call.is_json) == (400, True)


@pytest.mark.parametrize("body", ["<html>Hello</html>", '{"cut": ', "null", "pong"])
async def test_a_reply_that_is_no_json_is_refused_before_ccxt_makes_a_balance_of_it(plugged, body):
    client, _ = plugged
    with pytest.raises(UnavailableError, match="HTTP 200 brought no JSON"):
        handle(client, 200, body, client.parse_json(body))


async def test_an_error_page_is_left_to_ccxts_own_table(plugged):
    client, call = plugged
    handle(client, 502, "<html>Bad gateway</html>", None)
    assert call.status == 502


async def test_an_empty_reply_and_a_web_page_that_was_asked_for_pass(plugged):
    client, call = plugged
    handle(client, 200, " ", None)
    call.must_be_json = False
    handle(client, 200, "<html>markets</html>", None)
