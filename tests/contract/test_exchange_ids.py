"""Every exchange of the installed CCXT, without calling any: what we rely on is there."""

import ccxt
import pytest
from ccxt.base import errors as theirs

from cracktrader import errors as ours
from cracktrader.domain.market import INSTRUMENT_TYPES
from cracktrader.domain.timeframe import Timeframe
from cracktrader.errors import ConfigError, CracktraderError, UnsupportedError
from cracktrader.exchange.capabilities import capabilities_of
from cracktrader.exchange.client import make_client, rate_per_s
from cracktrader.exchange.errors import our_class
from cracktrader.exchange.ids import client_class, exchange_ids, require_exchange_id
from cracktrader.exchange.key import ConnectionKey
from cracktrader.exchange.sandbox import SandboxGuard
from cracktrader.exchange.settings import CREDENTIALS, ExchangeSettings

IDS = exchange_ids()
SETTINGS = ExchangeSettings()
# These choose their test network by a header; every signed request is looked at instead.
BY_HEADER = {"okx", "okxus", "myokx", "bitget"}
READ_ONLY_HOSTS = {"data.alpaca.markets", "docs.gemini.com", "exchange.gemini.com"}


def make(exchange, **key):
    return make_client(SETTINGS, ConnectionKey(exchange=exchange, **key))


def rest_urls(client, node):
    if isinstance(node, str):
        yield client.implode_hostname(node)
    elif isinstance(node, dict):
        for value in node.values():
            yield from rest_urls(client, value)


def hosts(client):
    return {url.split("/")[2] for url in rest_urls(client, client.urls["api"])}


def test_the_ids_are_those_of_the_installed_ccxt():
    assert set(IDS) == set(ccxt.exchanges)
    assert len(IDS) > 50


@pytest.mark.parametrize("exchange", IDS)
def test_a_client_can_be_made_and_repeats_nothing(exchange):
    client, _ = make(exchange)
    assert client.enableRateLimit
    assert client.options["maxRetriesOnFailure"] == 0
    assert client.session is None
    assert client.precisionMode in {ccxt.TICK_SIZE, ccxt.SIGNIFICANT_DIGITS, ccxt.DECIMAL_PLACES}
    assert 0 < rate_per_s(client, SETTINGS) <= 1000


@pytest.mark.parametrize("exchange", IDS)
def test_capabilities_can_be_read(exchange):
    for kind in INSTRUMENT_TYPES:
        can = capabilities_of(exchange, kind)
        assert can.exchange == exchange
        assert can.name
        assert 1 <= can.candles_per_page <= 100_000
        assert can.methods
        assert not can.methods & can.emulated
        durations = [Timeframe.parse(each).duration_ms for each in can.timeframes]
        assert durations == sorted(durations)


@pytest.mark.parametrize("exchange", IDS)
def test_every_credential_has_a_setting(exchange):
    wanted = {
        name for name, needed in client_class(exchange)().requiredCredentials.items() if needed
    }
    assert wanted <= set(CREDENTIALS.values())


@pytest.mark.parametrize("kind", ["spot", "swap", "future"])
@pytest.mark.parametrize("exchange", IDS)
def test_a_sandbox_is_proven_or_refused(exchange, kind):
    production = hosts(client_class(exchange)())
    try:
        client, permit = make(exchange, mode="sandbox", instrument_type=kind)
    except UnsupportedError:
        return
    assert isinstance(permit.__self__, SandboxGuard)
    shared = hosts(client) & production
    assert shared <= READ_ONLY_HOSTS or exchange in BY_HEADER
    for host in production:
        with pytest.raises(UnsupportedError, match="not sent"):
            permit("POST", f"https://{host}/order", {"OK-ACCESS-KEY": "k", "ACCESS-KEY": "k"})
    for host in hosts(client) - production:
        permit("POST", f"https://{host}/order", {})


def test_only_a_known_testnet_is_advertised():
    advertised = {each for each in IDS if capabilities_of(each).has_sandbox}
    assert {"binance", "okx", "bybit", "krakenfutures"} <= advertised
    assert not {"kraken", "coinbase", "blockchaincom"} & advertised


def test_most_testnets_are_usable():
    usable = 0
    for exchange in IDS:
        try:
            make(exchange, mode="sandbox")
        except UnsupportedError:
            continue
        usable += 1
    assert usable >= 40


@pytest.mark.parametrize("exchange", IDS)
def test_local_urls_leave_no_way_out(exchange):
    api = client_class(exchange)().urls["api"]
    here = (
        "http://127.0.0.1:1" if isinstance(api, str) else dict.fromkeys(api, "http://127.0.0.1:1")
    )
    settings = ExchangeSettings(urls={"api": here})
    for mode in ("live", "sandbox"):
        _, permit = make_client(settings, ConnectionKey(exchange=exchange, mode=mode))
        permit("POST", "http://127.0.0.1:1/order", {})
        with pytest.raises(UnsupportedError, match="not sent"):
            permit("GET", "https://api.example.com/time", {})


@pytest.mark.parametrize("exchange", IDS)
def test_only_the_wanted_markets_are_asked_for(exchange):
    pristine = client_class(exchange)().options.get("fetchMarkets")
    client, _ = make(exchange, instrument_type="spot")
    if not isinstance(pristine, dict) or "spot" not in (pristine.get("types") or ()):
        assert client.options.get("fetchMarkets") == pristine
        return
    assert list(client.options["fetchMarkets"]["types"]) == ["spot"]


def their_errors():
    return [
        each
        for each in vars(theirs).values()
        if isinstance(each, type) and issubclass(each, theirs.BaseError)
    ]


def test_there_are_errors_to_walk():
    assert len(their_errors()) >= 40


@pytest.mark.parametrize("theirs_", their_errors(), ids=lambda each: each.__name__)
def test_every_error_of_ccxt_has_one_of_ours(theirs_):
    found = our_class(theirs_)
    assert issubclass(found, CracktraderError)
    if theirs_ is not theirs.BaseError:
        assert found is not ours.CracktraderError
    if issubclass(theirs_, theirs.OperationFailed):
        assert issubclass(found, ours.UnavailableError)
    else:
        assert not issubclass(found, ours.UnavailableError)


def test_every_branch_of_ccxt_that_means_something_else_is_in_the_table():
    expected = {
        "AccountSuspended": ours.AuthenticationError,
        "AccountNotEnabled": ours.AuthenticationError,
        "BadSymbol": ours.BadRequestError,
        "MarketClosed": ours.OrderRejected,
        "MarginModeAlreadySet": ours.OrderRejected,
        "OrderImmediatelyFillable": ours.OrderRejected,
        "DuplicateOrderId": ours.OrderRejected,
        "OrderNotCached": ours.OrderNotFound,
        "OnMaintenance": ours.UnavailableError,
        "ChecksumError": ours.UnavailableError,
        "NullResponse": ours.UnavailableError,
        "RateLimitExceeded": ours.RateLimitedError,
        "NotSupported": ours.UnsupportedError,
    }
    assert {name: our_class(getattr(theirs, name)) for name in expected} == expected


def test_an_id_that_is_gone_is_refused_with_what_is_near():
    with pytest.raises(ConfigError, match='Did you mean "binance"'):
        require_exchange_id("binanse")
