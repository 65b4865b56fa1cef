import asyncio

import ccxt
import pytest

from cracktrader.errors import BadRequestError, UnsupportedError
from cracktrader.exchange.key import ConnectionKey
from cracktrader.exchange.markets import MarketList

SPOT = {"symbol": "BTC/USDT", "base": "BTC", "quote": "USDT", "type": "spot"}
SWAP = {"symbol": "BTC/USDT:USDT", "base": "BTC", "quote": "USDT", "type": "swap"}


class FakeCaller:
    def __init__(self, *entries):
        self.listed = {entry["symbol"]: entry for entry in entries}
        self.asked = []

    async def read(self, name, *args, convert):
        self.asked.append((name, *args))
        await asyncio.sleep(0)
        return convert(self.listed)


class FakeClient:
    precisionMode = ccxt.TICK_SIZE  # noqa: N815  (CCXT's)
    markets = None


def make(*entries, kind="spot"):
    caller, client = FakeCaller(*entries), FakeClient()
    client.markets = caller.listed
    key = ConnectionKey(exchange="fake", instrument_type=kind)
    return caller, MarketList(client, key=key, caller=caller)


async def test_only_markets_of_the_instrument_type_are_listed():
    _, markets = make(SPOT, SWAP)
    assert list(await markets.load()) == ["BTC/USDT"]
    _, markets = make(SPOT, SWAP, kind="swap")
    assert list(await markets.load()) == ["BTC/USDT:USDT"]


async def test_the_exchange_is_asked_once_however_many_want_to_know():
    caller, markets = make(SPOT)
    await asyncio.gather(*(markets.load() for _ in range(5)))
    await markets.require("BTC/USDT")
    assert caller.asked == [("loadMarkets", False)]
    await markets.load(reload=True)
    assert caller.asked[1:] == [("loadMarkets", True)]


async def test_one_who_gives_up_does_not_take_the_others_along():
    caller, markets = make(SPOT)
    first, second = (asyncio.create_task(markets.load()) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    assert "BTC/USDT" in await second
    assert len(caller.asked) == 2


async def test_the_list_cannot_be_changed():
    _, markets = make(SPOT)
    with pytest.raises(TypeError):
        (await markets.load())["X"] = None


async def test_an_unknown_symbol_says_what_is_near():
    _, markets = make(SPOT)
    with pytest.raises(BadRequestError, match=r'"BTC/USDC", which fake.*Did you mean "BTC/USDT"'):
        await markets.require("BTC/USDC")


async def test_a_symbol_of_another_type_says_which():
    _, markets = make(SPOT, SWAP)
    with pytest.raises(BadRequestError, match='set instrument_type = "swap"'):
        await markets.require("BTC/USDT:USDT")


def test_a_market_is_not_known_before_they_are_loaded():
    _, markets = make(SPOT)
    with pytest.raises(BadRequestError, match="not loaded yet"):
        markets.get("BTC/USDT")


async def test_an_exchange_without_such_markets_is_refused():
    _, markets = make(SPOT, kind="future")
    with pytest.raises(UnsupportedError, match="no future markets are listed; listed are: spot"):
        await markets.load()


async def test_an_empty_list_is_no_answer():
    _, markets = make()
    with pytest.raises(ValueError, match="no market of any kind"):
        await markets.load()
