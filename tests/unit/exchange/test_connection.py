from typing import Any

import ccxt.async_support
import pytest

from cracktrader import errors as ours
from cracktrader.domain.timeframe import Timeframe
from cracktrader.exchange.call import Priority
from cracktrader.exchange.connection import Connection
from cracktrader.exchange.key import ConnectionKey

MINUTE = Timeframe.parse("1m")
MARKETS = {
    "BTC/USDT": {"symbol": "BTC/USDT", "base": "BTC", "quote": "USDT", "type": "spot"},
    "BTC/USDT:USDT": {"symbol": "BTC/USDT:USDT", "base": "BTC", "quote": "USDT", "type": "swap"},
}
ROW = [60_000, 1.0, 2.0, 0.5, 1.5, 10.0]


class FakeCaller:
    """Notes each call and answers it from a table."""

    def __init__(self, missing=()):
        self.calls, self.required = [], []
        self.missing = missing
        self.is_closed = False

    def require(self, name, *, is_private):
        self.required.append((name, is_private))
        if name in self.missing:
            raise ours.UnsupportedError(name)

    async def read(self, name, *args, convert, **context):
        self.calls.append((name, args, context))
        plural = name in {"fetchTrades", "fetchPositions", "fetchOrders"} or name.endswith(
            ("OpenOrders", "MyTrades")
        )
        replies = {"loadMarkets": MARKETS, "fetchOHLCV": [ROW], "fetchTime": 5}
        return convert(replies.get(name, [] if plural else {}))

    async def trade(self, name, *args, convert, **context):
        self.calls.append((name, args, context))
        return convert({"id": "1"})

    async def close(self):
        self.is_closed = True


class RunningLoop:
    """A loop thread that is there."""

    is_closed = False


@pytest.fixture
def make():
    def make(kind="spot", exchange="binance", **fields):
        client = getattr(ccxt.async_support, exchange)()
        client.markets = MARKETS
        caller = FakeCaller(**fields)
        key = ConnectionKey(exchange=exchange, instrument_type=kind)
        return caller, Connection(client, key=key, lane=None, caller=caller, loop=RunningLoop())

    return make


async def test_candles_come_as_columns_with_the_priority_of_a_download(make):
    caller, connection = make()
    candles = await connection.fetch_candles("BTC/USDT", MINUTE, since=0, limit=3)
    assert candles.to_rows() == [ROW]
    assert caller.calls[-1] == (
        "fetchOHLCV",
        ("BTC/USDT", "1m", 0, 3),
        {"priority": Priority.DOWNLOAD, "symbol": "BTC/USDT"},
    )


async def test_candles_may_be_asked_for_more_urgently(make):
    caller, connection = make()
    await connection.fetch_candles("BTC/USDT", MINUTE, since=0, limit=3, priority=Priority.PUBLIC)
    assert caller.calls[-1][2]["priority"] is Priority.PUBLIC


async def test_a_timeframe_the_exchange_lacks_is_refused_before_anything_is_asked(make):
    caller, connection = make()
    with pytest.raises(ours.BadRequestError, match=r'was "7m".*binance.*Possible: 1s, 1m, 3m'):
        await connection.fetch_candles("BTC/USDT", Timeframe.parse("7m"), since=0, limit=1)
    assert caller.calls == []


async def test_an_exchange_without_candles_says_so(make):
    _, connection = make()
    connection._client.timeframes = {}
    with pytest.raises(ours.UnsupportedError, match="binance serves no candles"):
        await connection.fetch_candles("BTC/USDT", MINUTE, since=0, limit=1)


PUBLIC: list[tuple[Any, ...]] = [
    ("fetch_ticker", ("BTC/USDT",), "fetchTicker", ("BTC/USDT", {})),
    ("fetch_order_book", ("BTC/USDT", 5), "fetchOrderBook", ("BTC/USDT", 5, {})),
    ("fetch_trades", ("BTC/USDT", 1, 2), "fetchTrades", ("BTC/USDT", 1, 2, {})),
]
PRIVATE: list[tuple[Any, ...]] = [
    ("fetch_balance", (), "fetchBalance", ({},)),
    ("fetch_order", ("7", "BTC/USDT"), "fetchOrder", ("7", "BTC/USDT", {})),
    ("fetch_orders", ("BTC/USDT", 1, 2), "fetchOrders", ("BTC/USDT", 1, 2, {})),
    ("fetch_open_orders", (), "fetchOpenOrders", (None, None, None, {})),
    ("fetch_my_trades", ("BTC/USDT",), "fetchMyTrades", ("BTC/USDT", None, None, {})),
    ("fetch_trading_fees", ({"a": 1},), "fetchTradingFees", ({"a": 1},)),
]


@pytest.mark.parametrize(("method", "args", "name", "passed"), PUBLIC)
async def test_public_reads_take_ccxts_arguments(method, args, name, passed, make):
    caller, connection = make()
    await getattr(connection, method)(*args)
    assert caller.required == [(name, False)]
    assert caller.calls[-1] == (name, passed, {"symbol": "BTC/USDT"})


@pytest.mark.parametrize(("method", "args", "name", "passed"), PRIVATE)
async def test_private_reads_take_ccxts_arguments(method, args, name, passed, make):
    caller, connection = make()
    await getattr(connection, method)(*args)
    assert caller.required == [(name, True)]
    assert caller.calls[-1][:2] == (name, passed)
    assert caller.calls[-1][2]["priority"] is Priority.PRIVATE


@pytest.mark.parametrize(("method", "args", "name", "_"), PRIVATE)
async def test_what_cannot_be_called_is_refused_before_markets_are_loaded(
    method, args, name, _, make
):
    caller, connection = make(missing={name})
    with pytest.raises(ours.UnsupportedError):
        await getattr(connection, method)(*args)
    assert caller.calls == []


async def test_positions_are_for_those_who_can_have_them(make):
    caller, connection = make("swap")
    assert await connection.fetch_positions(["BTC/USDT:USDT"]) == []
    assert caller.calls[-1][:2] == ("fetchPositions", (["BTC/USDT:USDT"], {}))
    _, connection = make("spot")
    with pytest.raises(ours.UnsupportedError, match="balances, not positions"):
        await connection.fetch_positions()


async def test_an_order_is_passed_on_as_it_is(make):
    caller, connection = make()
    order = ("BTC/USDT", "limit", "buy", "0.10", "20000.00", {"clientOrderId": "a"})
    assert await connection.create_order(*order) == {"id": "1"}
    assert caller.calls[-1] == (
        "createOrder",
        order,
        {"priority": Priority.CREATE, "symbol": "BTC/USDT"},
    )


async def test_a_cancel_is_passed_on_as_it_is(make):
    caller, connection = make()
    assert await connection.cancel_order("7", "BTC/USDT") == {"id": "1"}
    assert caller.calls[-1] == (
        "cancelOrder",
        ("7", "BTC/USDT", {}),
        {"priority": Priority.CANCEL, "symbol": "BTC/USDT"},
    )


@pytest.mark.parametrize("method", ["fetch_ticker", "fetch_order_book", "fetch_trades"])
async def test_an_unknown_symbol_is_refused_here(method, make):
    caller, connection = make()
    with pytest.raises(ours.BadRequestError, match="Did you mean"):
        await getattr(connection, method)("BTC/USDX")
    assert [name for name, *_ in caller.calls] == ["loadMarkets"]


async def test_an_order_for_an_unknown_symbol_is_refused_here(make):
    caller, connection = make()
    with pytest.raises(ours.BadRequestError):
        await connection.create_order("BTC/USDX", "market", "buy", 1)
    assert [name for name, *_ in caller.calls] == ["loadMarkets"]


async def test_it_says_what_it_is(make):
    _, connection = make("swap")
    assert repr(connection) == "<Connection binance/default (live, swap)>"
    assert (connection.exchange, connection.instrument_type) == ("binance", "swap")
    assert connection.page_limit(MINUTE) == 500
    assert connection.capabilities().instrument_type == "swap"
    assert connection.timeframes[1] == "1m"
    assert (await connection.load_markets())["BTC/USDT:USDT"] is connection.market("BTC/USDT:USDT")


async def test_the_time_comes_with_its_source(make):
    _, connection = make()
    assert connection.time_source is None
    assert await connection.server_time_ms() == 5
    assert connection.time_source == "exchange"


async def test_closing_is_passed_on(make):
    _, connection = make()
    assert not connection.is_closed
    await connection.close()
    assert connection.is_closed


def test_without_its_loop_a_connection_is_closed(make):
    _, connection = make()
    connection.loop.is_closed = True
    assert connection.is_closed
