"""What an unmodified ccxt client makes of the faults of the local exchange."""

import asyncio

import ccxt
import ccxt.async_support
import pytest

from cracktrader.simulator.exchange import LocalExchange
from cracktrader.simulator.faults import Fault

SYMBOL = "BTC/USDT"


@pytest.fixture(scope="module")
def shared():
    with LocalExchange(is_paused=True) as exchange:
        yield exchange


@pytest.fixture
def exchange(shared):
    yield shared
    shared.faults.clear()


@pytest.fixture
def client(exchange):
    client = ccxt.binance({**exchange.config, "enableRateLimit": False, "timeout": 300})
    client.load_markets()
    return client


def candles(client):
    return client.fetch_ohlcv(SYMBOL, "1m", limit=3)


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("server_error", ccxt.ExchangeNotAvailable),
        ("hang", ccxt.RequestTimeout),
        ("reset", ccxt.NetworkError),
        ("rate_limited", ccxt.DDoSProtection),
        ("banned", ccxt.DDoSProtection),
    ],
)
def test_faults_that_ccxt_notices(exchange, client, kind, error):
    exchange.faults.add(Fault(kind=kind, path="klines"))
    with pytest.raises(error):
        candles(client)
    assert len(candles(client)) == 3


@pytest.mark.parametrize("kind", ["html", "truncated"])
def test_what_is_no_json_becomes_rubbish_in_ccxt(exchange, client, kind):
    """It takes the text for a page and each of its letters for a candle."""
    exchange.faults.add(Fault(kind=kind, path="klines"))
    assert all(None in row for row in candles(client))
    assert None not in candles(client)[0]


@pytest.mark.parametrize("kind", ["empty_body", "empty_page"])
def test_nothing_is_no_candles_to_ccxt(exchange, client, kind):
    exchange.faults.add(Fault(kind=kind, path="klines"))
    assert candles(client) == []


def test_ccxt_sorts_a_page_but_does_not_notice_that_it_is_old(exchange, client):
    good = candles(client)
    exchange.faults.add(Fault(kind="out_of_order", path="klines"))
    assert candles(client) == good
    exchange.faults.add(Fault(kind="old_page", path="klines"))
    until = good[0][0] - 60_000
    assert client.fetch_ohlcv(SYMBOL, "1m", limit=3, params={"until": until}) == good


def test_an_async_client_sees_a_reset_and_a_hang(exchange):
    config = {**exchange.config, "enableRateLimit": False, "timeout": 300}

    async def main():
        async with ccxt.async_support.binance(config) as client:
            await client.load_markets()
            # aiohttp sends a GET that was reset on a used connection once more by itself.
            exchange.faults.add(Fault(kind="reset", path="klines", times=2))
            with pytest.raises(ccxt.ExchangeNotAvailable):
                await client.fetch_ohlcv(SYMBOL, "1m", limit=3)
            exchange.faults.add(Fault(kind="hang", path="klines"))
            with pytest.raises(ccxt.RequestTimeout):
                await client.fetch_ohlcv(SYMBOL, "1m", limit=3)
            return await client.fetch_ohlcv(SYMBOL, "1m", limit=3)

    with asyncio.Runner() as runner:
        assert len(runner.run(main())) == 3


def test_too_much_weight_is_refused_and_then_banned():
    with LocalExchange(is_paused=True, weight_limit=30) as exchange:
        client = ccxt.binance({**exchange.config, "enableRateLimit": False})
        client.load_markets()
        messages = []
        for _ in range(20):
            try:
                candles(client)
            except ccxt.DDoSProtection as exc:
                messages.append(str(exc))
        assert "binance 429" in messages[0]
        assert "current limit is 30" in messages[0]
        assert "binance 418" in messages[-1]
        assert "IP banned until" in messages[-1]
        assert int(client.last_response_headers["Retry-After"]) > 100
