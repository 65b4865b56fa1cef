import dataclasses
import multiprocessing
import os
import threading

import pytest

from cracktrader.errors import ConfigError, UnsupportedError
from cracktrader.exchange.key import ConnectionKey
from cracktrader.exchange.registry import ConnectionRegistry, default_registry
from cracktrader.exchange.settings import ExchangeSettings

SETTINGS = ExchangeSettings.parse({"accounts": {"hedge": {"api_key": "env:HEDGE"}}})
SPOT = ConnectionKey(exchange="kraken")


@pytest.fixture
def registry(monkeypatch):
    monkeypatch.setenv("HEDGE", "the-key-of-the-hedge-account")
    made = ConnectionRegistry()
    yield made
    made.close()


def other(**fields):
    return dataclasses.replace(SPOT, **fields)


def test_the_same_key_gives_the_same_connection(registry):
    first = registry.acquire(SETTINGS, SPOT)
    assert registry.acquire(ExchangeSettings.parse(SETTINGS.model_dump()), SPOT) is first
    assert registry.keys == (SPOT,)


@pytest.mark.parametrize(
    "key", [other(account="hedge"), other(instrument_type="margin"), other(exchange="bybit")]
)
def test_any_other_key_gives_another(key, registry):
    assert registry.acquire(SETTINGS, SPOT) is not registry.acquire(SETTINGS, key)


def lane(connection):
    return connection._caller._lane


def test_only_connections_of_one_account_share_budget_and_session(registry):
    spot = registry.acquire(SETTINGS, SPOT)
    margin = registry.acquire(SETTINGS, other(instrument_type="margin"))
    hedge = registry.acquire(SETTINGS, other(account="hedge"))
    assert lane(spot) is lane(margin)
    assert lane(spot) is not lane(hedge)
    registry.release(spot)
    assert lane(margin).wire.session  # the lane lives as long as one of them does
    assert registry.acquire(SETTINGS, SPOT)._caller._lane is lane(margin)


def test_the_last_user_closes_it(registry):
    first = registry.acquire(SETTINGS, SPOT)
    registry.acquire(SETTINGS, SPOT)
    registry.release(first)
    assert not first.is_closed
    registry.release(first)
    assert first.is_closed
    assert registry.keys == ()
    registry.release(first)


def test_one_thread_runs_everything_and_ends_with_the_last_connection(registry):
    before = threading.active_count()
    kraken = registry.acquire(SETTINGS, SPOT)
    bybit = registry.acquire(ExchangeSettings(), other(exchange="bybit"))
    assert kraken.loop is bybit.loop is registry.loop
    assert threading.active_count() == before + 1
    registry.release(kraken)
    registry.release(bybit)
    assert threading.active_count() == before
    assert registry.acquire(SETTINGS, SPOT).loop is not kraken.loop


def test_closing_closes_everything_and_may_be_repeated(registry):
    connections = [registry.acquire(SETTINGS, SPOT), registry.acquire(SETTINGS, SPOT)]
    registry.close()
    registry.close()
    assert all(each.is_closed for each in connections)
    registry.release(connections[0])
    assert not registry.acquire(SETTINGS, SPOT).is_closed


def test_a_connection_that_somebody_closed_is_replaced(registry):
    first = registry.acquire(SETTINGS, SPOT)
    first.loop.call(first.close(), timeout_s=5)
    second = registry.acquire(SETTINGS, SPOT)
    assert second is not first
    registry.release(first)
    assert not second.is_closed


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"timeout": 5}, "timeout"),
        ({"rate_limit": 5}, "rate_limit"),
        ({"urls": {"api": "http://127.0.0.1"}}, "urls"),
        ({"api_key": "env:OTHER"}, "credentials"),
    ],
)
def test_the_same_account_with_other_settings_is_refused(fields, named, registry):
    registry.acquire(SETTINGS, SPOT)
    changed = ExchangeSettings.parse({**SETTINGS.model_dump(), **fields})
    for key in (SPOT, other(instrument_type="margin")):
        with pytest.raises(ConfigError, match=f"already open with other settings.*{named}"):
            registry.acquire(changed, key)


def test_other_credentials_of_a_named_account_are_refused(registry):
    key = other(account="hedge")
    registry.acquire(SETTINGS, key)
    changed = ExchangeSettings.parse({"accounts": {"hedge": {"api_key": "env:NEW"}}})
    with pytest.raises(ConfigError, match="credentials"):
        registry.acquire(changed, key)


def test_what_the_key_tells_apart_may_differ(registry):
    registry.acquire(SETTINGS, SPOT)
    margin = ExchangeSettings.parse({**SETTINGS.model_dump(), "instrument_type": "margin"})
    registry.acquire(margin, other(instrument_type="margin"))


@pytest.mark.parametrize("fields", [{"options": {"x": 2}}, {"read_attempts": 1}])
def test_one_connection_has_one_set_of_options(fields, registry):
    registry.acquire(SETTINGS, SPOT)
    changed = ExchangeSettings.parse({**SETTINGS.model_dump(), **fields})
    with pytest.raises(
        ConfigError, match=f"already open with other settings.*{next(iter(fields))}"
    ):
        registry.acquire(changed, SPOT)
    registry.acquire(changed, other(instrument_type="margin"))


@pytest.mark.parametrize(
    ("key", "error"),
    [
        (other(exchange="krakn"), ConfigError),
        (other(account="nobody"), ConfigError),
        (other(mode="sandbox"), UnsupportedError),
    ],
)
def test_what_cannot_be_opened_leaves_nothing_behind(key, error, registry):
    before = threading.active_count()
    with pytest.raises(error):
        registry.acquire(SETTINGS, key)
    assert registry.keys == ()
    assert threading.active_count() == before


def test_pauses_outlive_the_connections_that_met_them(registry):
    hosts = registry.hosts
    registry.release(registry.acquire(SETTINGS, SPOT))
    assert lane(registry.acquire(SETTINGS, SPOT)).wire._hosts is hosts


def test_the_process_has_one_of_its_own():
    assert default_registry() is default_registry()


async def test_a_connection_is_used_on_its_own_loop_only(registry):
    connection = registry.acquire(SETTINGS, SPOT)
    with pytest.raises(RuntimeError, match="own loop"):
        await connection.server_time_ms()


@pytest.mark.parametrize("give_back", ["release", "close"])
def test_nobody_gives_back_from_the_loop_itself(give_back, registry):
    connection = registry.acquire(SETTINGS, SPOT)

    async def from_within():
        if give_back == "release":
            registry.release(connection)
        else:
            registry.close()

    with pytest.raises(RuntimeError, match="outside of its loop thread"):
        connection.loop.call(from_within(), timeout_s=5)
    assert not connection.is_closed


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_forked_process_has_a_registry_of_its_own():
    connection = default_registry().acquire(SETTINGS, SPOT)
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)

    def look():
        theirs = default_registry()
        sender.send((theirs.keys, theirs.acquire(SETTINGS, SPOT).server_time_ms is not None))
        theirs.close()

    child = context.Process(target=look)
    child.start()
    try:
        assert receiver.poll(20)
        assert receiver.recv() == ((), True)
    finally:
        child.kill()
        child.join()
        default_registry().release(connection)
