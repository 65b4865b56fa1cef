import ccxt.async_support
import pytest

from cracktrader.errors import UnsupportedError
from cracktrader.exchange.sandbox import (
    SandboxGuard,
    enter_sandbox,
    is_in_sandbox,
    lay_urls,
    permit_all,
    permit_loopback,
)

HERE = "http://127.0.0.1:8080/api/v3"


def client(exchange):
    return getattr(ccxt.async_support, exchange)()


def test_the_testnet_may_be_called_and_production_not():
    binance = client("binance")
    permit = enter_sandbox(binance)
    assert "testnet" in binance.urls["api"]["public"]
    permit("POST", "https://testnet.binance.vision/api/v3/order", {})
    for method in ("GET", "POST", "DELETE"):
        with pytest.raises(UnsupportedError, match=r"would have gone to production; not sent"):
            permit(method, "https://api.binance.com/api/v3/order?signature=s", {})


def test_a_refusal_does_not_show_the_query():
    permit = enter_sandbox(client("binance"))
    with pytest.raises(UnsupportedError) as caught:
        permit("GET", "https://api.binance.com/api/v3/order?signature=s3cr3t", {})
    assert "s3cr3t" not in str(caught.value)


@pytest.mark.parametrize("exchange", ["kraken", "coinbase", "kucoin", "mexc", "blockchaincom"])
def test_no_testnet_is_said_plainly(exchange):
    with pytest.raises(UnsupportedError, match=f"{exchange} has no sandbox"):
        enter_sandbox(client(exchange))


def test_a_sandbox_on_the_production_host_is_refused():
    with pytest.raises(UnsupportedError, match=r"weex.*the production host; refusing to start"):
        enter_sandbox(client("weex"))


@pytest.mark.parametrize("error", [TypeError("None"), KeyError("test"), NotImplementedError()])
def test_whatever_ccxt_raises_while_switching_is_a_refusal(error):
    binance = client("binance")

    def fail(_enabled):
        raise error

    binance.set_sandbox_mode = fail
    with pytest.raises(UnsupportedError, match="cannot be switched"):
        enter_sandbox(binance)


def test_a_switch_that_did_nothing_is_found_out():
    binance = client("binance")
    binance.set_sandbox_mode = lambda _enabled: None
    with pytest.raises(UnsupportedError, match="production host"):
        enter_sandbox(binance)


@pytest.mark.parametrize(
    ("exchange", "url", "header", "key"),
    [
        ("okx", "https://www.okx.com/api/v5/trade/order", "x-simulated-trading", "OK-ACCESS-KEY"),
        ("bitget", "https://api.bitget.com/api/v2/order", "PAPTRADING", "ACCESS-KEY"),
    ],
)
def test_a_sandbox_by_header_needs_it_on_every_request_that_is_signed(exchange, url, header, key):
    permit = enter_sandbox(client(exchange))
    permit("POST", url, {header: "1", key: "k"})
    permit("GET", url, {})
    for method, headers in [("POST", {}), ("POST", {header: "0"}), ("GET", {key: "k"})]:
        with pytest.raises(UnsupportedError, match="not sent"):
            permit(method, url, headers)


def test_a_borrowed_production_host_can_only_be_read():
    permit = enter_sandbox(client("alpaca"))
    permit("GET", "https://data.alpaca.markets/v1beta3/crypto", {})
    with pytest.raises(UnsupportedError, match="not sent"):
        permit("POST", "https://data.alpaca.markets/v1beta3/crypto", {})


def test_binances_futures_are_rehearsed_in_demo_trading():
    binance = client("binance")
    permit = enter_sandbox(binance, instrument_type="swap")
    assert "demo" in binance.urls["api"]["fapiPrivate"]
    with pytest.raises(UnsupportedError, match="not sent"):
        permit("POST", "https://fapi.binance.com/fapi/v1/order", {})


def test_own_urls_stay_on_top_of_the_testnets():
    binance = client("binance")
    permit = enter_sandbox(binance, urls={"api": {"public": "https://proxy.example.com/v3"}})
    assert binance.urls["api"]["public"] == "https://proxy.example.com/v3"
    assert "testnet" in binance.urls["api"]["private"]
    assert isinstance(permit.__self__, SandboxGuard)


def test_own_urls_cannot_lead_back_to_production():
    with pytest.raises(UnsupportedError, match=r"api\.binance\.com"):
        enter_sandbox(client("binance"), urls={"api": {"private": "https://api.binance.com/v3"}})


@pytest.mark.parametrize("exchange", ["binance", "kraken"])
def test_a_rehearsal_needs_no_testnet_and_stays_here(exchange):
    mine = client(exchange)
    permit = enter_sandbox(mine, urls={"api": {"public": HERE}})
    assert permit is permit_loopback
    assert mine.urls["api"]["public"] == HERE


def test_own_urls_are_laid_over_the_exchanges():
    binance = client("binance")
    assert lay_urls(binance, {}) is permit_all
    assert lay_urls(binance, {"api": {"public": "https://mirror.example.com"}}) is permit_all
    assert binance.urls["api"]["public"] == "https://mirror.example.com"
    assert binance.urls["api"]["private"] == "https://api.binance.com/api/v3"
    assert lay_urls(binance, {"api": {"public": HERE}}) is permit_loopback


def test_production_is_all_permitted_and_a_rehearsal_only_here():
    permit_all("POST", "https://api.binance.com", {})
    permit_loopback("POST", HERE, {})
    with pytest.raises(UnsupportedError, match="not served by the local exchange"):
        permit_loopback("GET", "https://sapi.binance.com/sapi/v1/all", {})


def test_a_client_made_by_somebody_else_says_where_it_is():
    binance = client("binance")
    assert not is_in_sandbox(binance)
    binance.set_sandbox_mode(True)
    assert is_in_sandbox(binance)
    futures = client("binance")
    futures.enable_demo_trading(enable=True)
    assert is_in_sandbox(futures)
    assert not is_in_sandbox(object())
