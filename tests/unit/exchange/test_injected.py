"""Any object with CCXT's methods can stand in for a connection."""

from decimal import Decimal

import pytest

from cracktrader.domain.timeframe import Timeframe
from cracktrader.errors import BadRequestError, DataError, UnsupportedError
from cracktrader.exchange.ids import client_class
from cracktrader.exchange.injected import InjectedConnection
from cracktrader.testing.candles import random_walk
from cracktrader.testing.clock import ManualClock
from cracktrader.testing.exchange import AsyncFakeExchange, FakeExchange

START = 1_704_067_200_000
M1 = Timeframe.parse("1m")
CANDLES = random_walk(10, start=START)
SERIES = {("BTC/USDT", "1m"): CANDLES, ("BTC/USDT", "1h"): random_walk(3, timeframe="1h")}


@pytest.fixture
def connect():
    opened = []

    def connect(client, **options):
        opened.append(InjectedConnection(client, exchange="fake", **options))
        return opened[-1]

    yield connect
    for connection in opened:
        connection.loop.close()


def wait(connection, coroutine):
    return connection.loop.call(coroutine, timeout_s=10)


@pytest.mark.parametrize("kind", [FakeExchange, AsyncFakeExchange])
def test_plain_and_awaitable_methods_are_the_same(connect, kind):
    connection = connect(kind(SERIES))
    page = wait(connection, connection.fetch_candles("BTC/USDT", M1, since=START, limit=4))
    assert page.equals(CANDLES.take(slice(0, 4)))
    assert wait(connection, connection.server_time_ms()) > CANDLES.timestamp[-1]
    assert wait(connection, connection.fetch_ticker("BTC/USDT"))["last"] == CANDLES.close[-1]
    assert connection.timeframes == ("1m", "1h")
    assert connection.page_limit(M1) > 0


class Bare:
    """Knows candles and nothing else, and not even those."""

    def fetch_ohlcv(self, *_):
        return [["soon", 1, 2, 3, 4, 5]]


def test_what_an_object_lacks_is_said(connect):
    connection = connect(Bare(), clock=ManualClock(START))
    assert connection.timeframes == ()
    assert wait(connection, connection.server_time_ms()) == START
    assert dict(wait(connection, connection.load_markets())) == {}
    with pytest.raises(UnsupportedError, match="does not say what it can do"):
        connection.capabilities()
    with pytest.raises(UnsupportedError, match="the given Bare has no fetch_balance"):
        wait(connection, connection.fetch_balance())
    with pytest.raises(AttributeError):
        _ = connection._secret


def test_rows_that_are_no_candles_are_refused(connect):
    connection = connect(Bare())
    with pytest.raises(DataError, match="fake gave something else for BTC/USDT"):
        wait(connection, connection.fetch_candles("BTC/USDT", M1, since=START, limit=4))


def test_without_a_list_of_markets_any_pair_is_one(connect):
    connection = connect(FakeExchange(SERIES), instrument_type="swap")
    market = connection.market("ETH/USDT:USDT")
    assert (market.base, market.quote, market.type) == ("ETH", "USDT", "swap")
    with pytest.raises(BadRequestError, match="use a form like BTC/USDT"):
        connection.market("ETHUSDT")


class Listing(FakeExchange):
    """Lists its one market, as CCXT does."""

    def load_markets(self):
        self.calls.append("load_markets")
        spot = {"symbol": "BTC/USDT", "base": "BTC", "quote": "USDT", "type": "spot"}
        swap = {**spot, "symbol": "BTC/USDT:USDT", "type": "swap"}
        return {
            "BTC/USDT": {**spot, "taker": 0.001, "precision": {"amount": 0.001, "price": 0.01}},
            "BTC/USDT:USDT": swap,
        }


def test_listed_markets_have_their_rules(connect):
    client = Listing(SERIES)
    connection = connect(client)
    assert list(wait(connection, connection.load_markets())) == ["BTC/USDT"]
    wait(connection, connection.load_markets())
    assert client.calls.count("load_markets") == 1
    market = connection.market("BTC/USDT")
    assert (market.taker, market.amount_precision.step) == (Decimal("0.001"), Decimal("0.001"))
    with pytest.raises(BadRequestError, match='Did you mean "BTC/USDT"'):
        connection.market("BTC/USDC")


def test_a_real_client_says_what_it_can_do(connect):
    connection = connect(client_class("binance")())
    assert connection.capabilities().can("fetchOHLCV")
    assert connection.page_limit(M1) == 1000
    assert "1M" in connection.timeframes


def test_the_object_is_left_open(connect):
    client = FakeExchange(SERIES)
    connection = connect(client)
    wait(connection, connection.close())
    assert not connection.is_closed
    assert client.calls == []
