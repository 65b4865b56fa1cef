"""The real CCXT client against a server that misbehaves: reads recover, trades are not doubled."""

import asyncio
import math

import pytest
import stamina
from tests.integration.scripted_server import START_MS, Reply, ScriptedServer, klines

from cracktrader import errors as ours
from cracktrader.domain.timeframe import Timeframe
from cracktrader.exchange.call import Priority
from cracktrader.exchange.key import ConnectionKey
from cracktrader.exchange.registry import ConnectionRegistry
from cracktrader.exchange.settings import ExchangeSettings
from cracktrader.testing.clock import ManualClock

KEY = ConnectionKey(exchange="binance")
SPOT = "BTC/USDT"
NO_MONEY = {"code": -2010, "msg": "Account has insufficient balance for requested action."}


class Timeline(ManualClock):
    def __init__(self):
        super().__init__(1_700_000_000_000)
        self.slept = []

    async def sleep(self, seconds):
        self.slept.append(seconds)
        self.advance(math.ceil(seconds * 1000))
        await asyncio.sleep(0)


@pytest.fixture(autouse=True)
def _impatient():
    stamina.set_testing(True, attempts=20, cap=True)
    yield
    stamina.set_testing(False)


@pytest.fixture
def server():
    with ScriptedServer() as running:
        yield running


@pytest.fixture
def timeline():
    return Timeline()


@pytest.fixture
def registry(timeline):
    made = ConnectionRegistry(clock=timeline, sleep=timeline.sleep)
    yield made
    made.close()


def settings(server, **more):
    keys = {"apiKey": "a-key-for-tests", "secret": "a-secret-for-tests"}
    return ExchangeSettings.from_ccxt({**server.config, **keys, **more})


@pytest.fixture
def connection(server, registry):
    opened = registry.acquire(settings(server), KEY)
    opened.loop.call(opened.load_markets(), timeout_s=10)
    server.requests.clear()
    return opened


def call(connection, coroutine):
    return connection.loop.call(coroutine, timeout_s=30)


def candles(connection, **more):
    coroutine = connection.fetch_candles(
        SPOT, Timeframe.parse("1m"), since=START_MS, limit=3, **more
    )
    return call(connection, coroutine)


def create(connection):
    return call(connection, connection.create_order(SPOT, "limit", "buy", 0.001, 20_000))


def cancel(connection):
    return call(connection, connection.cancel_order("1", SPOT))


FAULTS = {
    "500": Reply(status=500, body={"msg": "?"}),
    "503 page": Reply(status=503, body="<html><title>Maintenance</title></html>"),
    "page with 200": Reply(body="<html><title>Just a moment...</title></html>"),
    "truncated JSON": Reply(body="[[1678492800000,"),
    "cut off": Reply(body=klines(), cut=True),
    "reset": Reply(hang_up=True),
    "hangs": Reply(hang_s=60),
    "null": Reply(body="null"),
    "text": Reply(body='"try again"'),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_read_recovers(fault, server, registry):
    connection = registry.acquire(settings(server, timeout=300), KEY)
    call(connection, connection.load_markets())
    server.script("/klines", FAULTS[fault])
    assert len(candles(connection)) == 3
    assert server.count("/klines") >= 2


@pytest.mark.parametrize("fault", FAULTS)
def test_a_read_that_never_works_says_why(fault, server, registry):
    connection = registry.acquire(settings(server, timeout=200, read_attempts=2), KEY)
    call(connection, connection.load_markets())
    server.script("/klines", *[FAULTS[fault]] * 10)
    with pytest.raises(ours.UnavailableError, match=r"^binance fetchOHLCV BTC/USDT: \w+"):
        candles(connection)


@pytest.mark.parametrize("body", ["<html>later</html>", '{"symbols": [', "", "[]", "{}"])
def test_an_exchange_that_lists_nothing_is_asked_again(body, server, registry):
    connection = registry.acquire(settings(server), KEY)
    server.script("/exchangeInfo", Reply(body=body))
    assert "BTC/USDT" in call(connection, connection.load_markets())
    assert server.count("/exchangeInfo") == 2


def test_a_page_is_no_balance(connection, server):
    server.script("/account", *[Reply("<html>login</html>")] * 5)
    with pytest.raises(ours.UnavailableError, match="an HTML page"):
        call(connection, connection.fetch_balance())
    assert server.count("/account") == 5


def test_a_refused_read_is_asked_once(connection, server):
    server.script("/account", Reply(status=401, body={"code": -2015, "msg": "Invalid API-key"}))
    with pytest.raises(ours.AuthenticationError):
        call(connection, connection.fetch_balance())
    assert server.count("/account") == 1


TRADE_FAULTS = {name: FAULTS[name] for name in list(FAULTS)[:8]}


@pytest.mark.parametrize("trade", [create, cancel])
@pytest.mark.parametrize("fault", TRADE_FAULTS)
def test_a_trade_without_an_answer_is_unknown_and_sent_once(fault, trade, server, registry):
    connection = registry.acquire(settings(server, timeout=300), KEY)
    call(connection, connection.load_markets())
    # A kept connection: this is where aiohttp would send a DELETE for the second time.
    candles(connection)
    server.script("/order", TRADE_FAULTS[fault])
    with pytest.raises(ours.OutcomeUnknown, match="do not send it again"):
        trade(connection)
    assert server.count("/order") == 1


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (400, NO_MONEY, ours.InsufficientFunds),
        (400, {"code": -1013, "msg": "Filter failure: NOTIONAL"}, ours.OrderRejected),
        (400, {"code": -1021, "msg": "Timestamp for this request"}, ours.UnavailableError),
        (401, {"code": -2015, "msg": "Invalid API-key"}, ours.AuthenticationError),
        (400, {"code": -1007, "msg": "Timeout waiting for response"}, ours.OutcomeUnknown),
        (400, {"code": -1006, "msg": "An unexpected response"}, ours.OutcomeUnknown),
        (400, {"code": -2010, "msg": "Duplicate order sent."}, ours.OutcomeUnknown),
        (503, {"code": -1000, "msg": "Unknown error"}, ours.OutcomeUnknown),
        (400, {"code": -99999, "msg": "Never heard of"}, ours.OutcomeUnknown),
    ],
)
def test_what_binance_says_of_an_order_is_taken_for_what_it_means(
    status, body, expected, connection, server
):
    server.script("/order", Reply(status=status, body=body))
    with pytest.raises(ours.CracktraderError) as caught:
        create(connection)
    assert type(caught.value) is expected
    assert server.count("/order") == 1


def test_a_cancel_of_an_order_that_is_gone(connection, server):
    server.script("/order", Reply(status=400, body={"code": -2011, "msg": "Unknown order sent."}))
    with pytest.raises(ours.OrderNotFound):
        cancel(connection)


def test_a_server_that_is_not_there_got_no_order(registry):
    with ScriptedServer() as server:
        connection = registry.acquire(settings(server), KEY)
        call(connection, connection.load_markets())
    with pytest.raises(ours.UnavailableError, match="ClientConnectorError"):
        create(connection)


def test_an_order_is_not_followed_to_another_address(connection, server):
    server.script("/order", Reply(status=307, headers={"Location": f"{server.url}/api/v3/moved"}))
    with pytest.raises(ours.OutcomeUnknown):
        create(connection)
    assert server.count("/moved") == 0


def test_a_ban_is_waited_out_to_the_millisecond(connection, server, timeline):
    until_ms = timeline.time_ms() + 120_000
    body = {"code": -1003, "msg": f"Way too much request weight used; IP banned until {until_ms}."}
    server.script("/klines", Reply(status=418, body=body, headers={"Date": ""}))
    arrivals = []
    server.on_request = lambda _: arrivals.append(timeline.time_ms())
    assert len(candles(connection)) == 3
    assert len(arrivals) == 2
    assert until_ms <= arrivals[1] <= until_ms + 1


def test_a_ban_counts_for_every_connection_to_the_host(connection, server, registry, timeline):
    other_key = ConnectionKey(exchange="binanceus", account="default")
    other = registry.acquire(settings(server), other_key)
    call(other, other.load_markets())
    server.script("/time", Reply(status=418, headers={"Retry-After": "900"}, body={"code": -1003}))
    with pytest.raises(ours.RateLimitedError):
        call(connection, connection.server_time_ms())
    before = len(server.requests)
    for blocked in (other.fetch_ticker(SPOT), connection.fetch_balance()):
        with pytest.raises(ours.RateLimitedError, match="not sent"):
            call(connection, blocked)
    with pytest.raises(ours.RateLimitedError, match="not sent"):
        create(connection)
    assert len(server.requests) == before
    assert len(candles(connection, priority=Priority.DOWNLOAD)) == 3
    assert sum(timeline.slept) >= 899


def test_retry_after_is_obeyed(connection, server, timeline):
    server.script("/klines", Reply(status=429, headers={"Retry-After": "17"}, body={"code": -1003}))
    candles(connection)
    assert timeline.slept == [pytest.approx(17, abs=0.1)]
    assert server.count("/klines") == 2


def test_the_rate_limit_of_the_settings_is_kept(server, registry, timeline):
    slow = {"enableRateLimit": True, "rate_limit": 30}
    connection = registry.acquire(settings(server, **slow), KEY)
    call(connection, connection.load_markets())
    start_ms = timeline.time_ms()
    for _ in range(3):
        call(connection, connection.server_time_ms())
    # Requests of weight 1 two seconds apart, besides what exchangeInfo (weight 4) left behind.
    assert 4_000 <= timeline.time_ms() - start_ms <= 14_000


def test_an_error_shows_neither_key_nor_signature(connection, server):
    server.script("/account", *[Reply(status=400, body={"code": -1, "msg": "a-key-for-tests"})] * 5)
    with pytest.raises(ours.ExchangeError) as caught:
        call(connection, connection.fetch_balance())
    assert "a-key-for-tests" not in str(caught.value)
    assert "signature" not in str(caught.value)
    assert "secret" not in repr(connection)


def test_a_cancel_overtakes_a_download(server, registry):
    registry.close()
    registry = ConnectionRegistry()
    connection = registry.acquire(settings(server, enableRateLimit=True, rate_limit=6000), KEY)
    call(connection, connection.load_markets())

    async def both():
        pages = [
            asyncio.create_task(
                connection.fetch_candles(SPOT, Timeframe.parse("1m"), since=START_MS, limit=3)
            )
            for _ in range(20)
        ]
        await asyncio.sleep(0)
        await connection.cancel_order("1", SPOT)
        await asyncio.gather(*pages)

    call(connection, both())
    registry.close()
    paths = [request.path.rpartition("/")[2] for request in server.requests]
    assert paths.index("order") < 4
    assert paths.count("klines") == 20


def test_only_what_is_needed_is_asked_for(server, registry):
    connection = registry.acquire(settings(server), KEY)
    call(connection, connection.load_markets())
    call(connection, connection.fetch_balance())
    assert [request.path for request in server.requests] == [
        "/api/v3/exchangeInfo",
        "/api/v3/account",
    ]


def test_a_rehearsal_never_calls_the_real_exchange(server, registry):
    swap = registry.acquire(
        settings(server), ConnectionKey(exchange="binance", instrument_type="swap")
    )
    with pytest.raises(ours.UnsupportedError, match=r"fapi\.binance\.com.*not sent"):
        call(swap, swap.load_markets())


def test_the_servers_time_is_known_without_asking_for_it(connection, server):
    connection._client.has["fetchTime"] = False
    assert call(connection, connection.server_time_ms()) > START_MS
    assert connection.time_source == "header"
    assert server.requests == []


@pytest.mark.parametrize("may", [True, False])
def test_a_key_is_asked_whether_it_may_withdraw(may, connection, server):
    server.script("/apiRestrictions", Reply(body={"enableWithdrawals": may}))
    assert call(connection, connection.may_withdraw()) is may


def test_an_answer_about_a_key_that_makes_no_sense_is_none(connection, server):
    server.script("/apiRestrictions", *[Reply(body={"msg": "?"})] * 5)
    with pytest.raises(ours.UnavailableError, match="could not be understood"):
        call(connection, connection.may_withdraw())


def test_an_exchange_that_does_not_tell_is_not_asked(registry):
    connection = registry.acquire(ExchangeSettings(), ConnectionKey(exchange="kraken"))
    assert call(connection, connection.may_withdraw()) is None
