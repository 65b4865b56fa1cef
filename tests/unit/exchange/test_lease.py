"""A lease opens its connection when it is needed, shares it, and gives it back."""

import asyncio
import pickle

import pytest

from cracktrader.exchange.given import GivenExchange
from cracktrader.exchange.lease import ConnectionLease
from cracktrader.exchange.registry import ConnectionRegistry
from cracktrader.testing.candles import random_walk
from cracktrader.testing.exchange import AsyncFakeExchange


@pytest.fixture
def registry():
    registry = ConnectionRegistry()
    yield registry
    registry.close()


def lease(registry, exchange="binance", **config):
    return ConnectionLease(GivenExchange.read(exchange, config), registry=registry)


def test_nothing_is_opened_before_it_is_needed(registry):
    first = lease(registry)
    assert not first.is_open
    assert registry.keys == ()
    first.open()
    assert first.is_open
    assert len(registry.keys) == 1


def test_the_same_account_shares_one_connection_until_the_last_is_closed(registry):
    first, second = lease(registry), lease(registry)
    connection = first.open()
    assert second.open() is connection
    assert first.open() is connection
    first.close()
    assert not connection.is_closed
    second.close()
    second.close()
    assert connection.is_closed


def test_two_accounts_never_share(registry):
    leases = [
        lease(registry),
        *(lease(registry, apiKey=key, secret=key) for key in ("one", "two")),
        lease(registry, "kraken"),
    ]
    assert len({id(each.open()) for each in leases}) == 4


def test_what_somebody_closed_is_opened_again(registry):
    first = lease(registry)
    before = first.open()
    registry.close()
    assert not first.is_open
    assert first.open() is not before


def test_a_client_gets_a_loop_of_its_own_and_loses_it_again():
    fake = AsyncFakeExchange({("BTC/USDT", "1m"): random_walk(5)})
    first = ConnectionLease(GivenExchange.read(fake, None))
    connection = first.open()
    assert first.wait(lambda c: c.fetch_time()) > 0
    first.close()
    assert connection.is_closed


def test_coroutines_can_be_awaited_in_any_loop():
    fake = AsyncFakeExchange({("BTC/USDT", "1m"): random_walk(5)})
    first = ConnectionLease(GivenExchange.read(fake, None))

    async def ask():
        return await asyncio.gather(*(first.run(lambda c: c.fetch_time()) for _ in range(3)))

    with asyncio.Runner() as runner:
        assert len(set(runner.run(ask()))) == 1
    first.close()


def test_another_process_opens_its_own(registry):
    first = lease(registry)
    first.open()
    again = pickle.loads(pickle.dumps(first))  # noqa: S301
    assert not again.is_open
    first.close()
