"""Connections come and go: nothing leaks, whatever was under way."""

import asyncio
import gc
import threading
import warnings

import pytest
from tests.integration.scripted_server import START_MS, Reply, ScriptedServer

from cracktrader.domain.timeframe import Timeframe
from cracktrader.errors import ExchangeError
from cracktrader.exchange.key import ConnectionKey
from cracktrader.exchange.registry import ConnectionRegistry
from cracktrader.exchange.settings import ExchangeSettings

KEY = ConnectionKey(exchange="binance")


@pytest.fixture(scope="module")
def server():
    with ScriptedServer() as running:
        yield running


@pytest.fixture
def settings(server):
    return ExchangeSettings.from_ccxt(
        {**server.config, "apiKey": "a-key-for-tests", "secret": "a-secret-for-tests"}
    )


def test_a_hundred_starts_and_stops_leave_nothing_behind(settings, caplog):
    registry = ConnectionRegistry()
    threads = threading.active_count()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(100):
            connection = registry.acquire(settings, KEY)
            moment = connection.loop.call(connection.server_time_ms(), timeout_s=10)
            assert moment == START_MS
            registry.release(connection)
        del connection
        gc.collect()
    assert threading.active_count() == threads
    assert registry.keys == ()
    # CCXT and aiohttp say it in the log when a session was forgotten.
    assert [record.getMessage() for record in caplog.records if record.levelname != "DEBUG"] == []


def test_a_read_under_way_ends_when_its_connection_closes(server, settings):
    registry = ConnectionRegistry()
    connection = registry.acquire(settings, KEY)
    connection.loop.call(connection.load_markets(), timeout_s=10)
    server.script("/klines", Reply(hang_s=30))
    reached = threading.Event()
    server.on_request = lambda _: reached.set()
    coroutine = connection.fetch_candles("BTC/USDT", Timeframe.parse("1m"), since=START_MS, limit=3)
    page = connection.loop.submit(coroutine)
    assert reached.wait(10)
    registry.close()
    with pytest.raises((ExchangeError, asyncio.CancelledError)):
        page.result(timeout=10)


def test_two_threads_may_come_and_go_at_once(settings):
    registry = ConnectionRegistry()
    failures = []

    def come_and_go():
        try:
            for _ in range(10):
                connection = registry.acquire(settings, KEY)
                connection.loop.call(connection.server_time_ms(), timeout_s=10)
                registry.release(connection)
        except Exception as exc:  # noqa: BLE001  (whatever it is, the test shows it)
            failures.append(exc)

    workers = [threading.Thread(target=come_and_go) for _ in range(4)]  # noqa: TID251
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert failures == []
    assert registry.keys == ()


def test_connections_of_one_account_share_their_session(settings):
    registry = ConnectionRegistry()
    spot = registry.acquire(settings, KEY)
    margin = registry.acquire(settings, ConnectionKey(exchange="binance", instrument_type="margin"))
    for connection in (spot, margin, spot):
        connection.loop.call(connection.server_time_ms(), timeout_s=10)
    assert spot._client.session is margin._client.session
    session = spot._client.session
    registry.release(spot)
    assert not session.closed
    registry.release(margin)
    assert session.closed
