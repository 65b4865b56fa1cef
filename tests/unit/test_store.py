"""CCXTStore: candles, markets and calls of one account, however it was made."""

import logging
import pickle

import backtrader as bt
import pytest

from cracktrader.candles.settings import ArchiveSettings
from cracktrader.domain.timeframe import Timeframe
from cracktrader.errors import BadRequestError, ConfigError, DataError, UnsupportedError
from cracktrader.exchange.registry import default_registry
from cracktrader.exchange.settings import ExchangeSettings
from cracktrader.feeds.ccxt import CCXTDataFeed
from cracktrader.store import CCXTStore
from cracktrader.testing.candles import random_walk
from cracktrader.testing.exchange import AsyncFakeExchange, FakeExchange

START = 1_704_067_200_000
MINUTE = 60_000
CANDLES = random_walk(120, start=START)
END = START + 120 * MINUTE
SERIES = {("BTC/USDT", "1m"): CANDLES}


@pytest.fixture(params=[FakeExchange, AsyncFakeExchange], ids=["plain", "awaitable"])
def fake(request):
    return request.param(SERIES)


@pytest.fixture
def store(fake, tmp_path):
    store = CCXTStore(exchange_instance=fake, cache_dir=tmp_path)
    yield store
    store.close()


@pytest.mark.parametrize(
    "arguments",
    [
        lambda fake: ((fake,), {}),
        lambda fake: ((), {"exchange": fake}),
        lambda fake: (("fake",), {"exchange_instance": fake}),
        lambda fake: ((), {"exchange_id": "fake", "exchange": fake}),
        lambda fake: ((), {"exchange_id": "fake", "exchange_instance": fake}),
    ],
)
def test_a_client_can_be_given_in_every_way(fake, tmp_path, arguments):
    args, options = arguments(fake)
    with CCXTStore(*args, **options, cache_dir=tmp_path) as store:
        assert store.exchange == "fake"
        assert len(store.candles("BTC/USDT", "1m", START, END)) == 120


@pytest.mark.parametrize(
    "arguments",
    [
        (("binance",), {}),
        ((), {"exchange": "binance"}),
        ((), {"exchange_id": "binance"}),
        (({"exchange": "binance", "timeout": 20_000},), {}),
        (("binance",), {"config": {"binance": {"rate_limit": 1200}}}),
        (("binance",), {"settings": ExchangeSettings(), "archive_settings": ArchiveSettings()}),
        (("binance",), {"cache_ttl": 3600, "connection_pool_size": 10, "streaming": True}),
    ],
)
def test_making_a_store_connects_nothing(arguments):
    args, options = arguments
    before = default_registry().keys
    store = CCXTStore(*args, **options)
    assert (store.exchange, store.instrument_type, store.sandbox) == ("binance", "spot", False)
    assert not store.is_connected()
    assert default_registry().keys == before
    store.close()


def test_options_without_effect_are_told_of(caplog):
    with caplog.at_level(logging.WARNING):
        CCXTStore("binance", cache_ttl=None, streaming=False)
        assert caplog.text == ""
        CCXTStore("binance", streaming=True)
    assert "store.option_ignored" in caplog.text


def test_an_unknown_exchange_or_option_is_refused_at_once():
    with pytest.raises(ConfigError, match='Did you mean "binance"'):
        CCXTStore("binnance")
    with pytest.raises(TypeError, match=r'no option "cache_dri".*Did you mean "cache_dir"'):
        CCXTStore("binance", cache_dri="x")


def test_candles_are_kept_where_the_store_says(store, fake, tmp_path):
    assert store.candles("BTC/USDT", "1m", START, END).equals(CANDLES)
    asked = fake.calls.count("fetch_ohlcv")
    assert len(store.candles("BTC/USDT", "1h", "2024-01-01", "2024-01-01T02:00")) == 2
    assert store.candles("BTC/USDT", Timeframe.parse("1m"), START, END, download=False)
    assert fake.calls.count("fetch_ohlcv") == asked
    assert store.cache.info("BTC/USDT")[0].candles == 120
    assert store._data_cache.get_cache_info("fake", "BTC/USDT", "1m")["total_candles"] == 120
    assert store.archive.root == str(tmp_path)
    assert store.cache.clear() == 1


def test_without_a_cache_nothing_is_written(fake, tmp_path):
    settings = ArchiveSettings(cache_dir=str(tmp_path))
    with CCXTStore(fake, cache_enabled=False, archive_settings=settings) as store:
        assert len(store.candles("BTC/USDT", "1m", START, END)) == 120
    assert list(tmp_path.iterdir()) == []


def test_candles_of_a_test_network_are_kept_apart(fake, tmp_path):
    for sandbox in (True, False):
        fake.isSandboxModeEnabled = sandbox
        with CCXTStore(fake, sandbox=sandbox, cache_dir=tmp_path) as store:
            store.candles("BTC/USDT", "1m", START, END)
            assert len(store.cache.info()) == 1
    assert [key.exchange for key in store.archive.series()] == ["fake", "fake-sandbox"]


def test_progress_is_told(fake, tmp_path):
    seen = []
    with CCXTStore(fake, cache_dir=tmp_path, on_progress=seen.append) as store:
        store.candles("BTC/USDT", "1m", START, END)
    assert seen[-1].fraction == 1.0


def test_what_is_not_there_is_said(store):
    with pytest.raises(DataError, match="The archive holds nothing of ETH/USDT"):
        store.candles("ETH/USDT", "1m", START, END)
    with pytest.raises(BadRequestError, match="use a form like"):
        store.market("ETHUSDT")
    with pytest.raises(ConfigError, match='timeframe was "1x"'):
        store.candles("BTC/USDT", "1x", START)


def test_markets_and_calls_go_to_the_exchange(store):
    assert store.market("BTC/USDT").base == "BTC"
    assert dict(store.markets()) == {}
    assert store.fetch_ticker("BTC/USDT")["last"] == CANDLES.close[-1]
    assert store.get_ticker("BTC/USDT") == store.fetch_ticker("BTC/USDT")
    with pytest.raises(UnsupportedError):
        store.fetch_balance()
    with pytest.raises(UnsupportedError):
        store.capabilities()


def test_one_page_is_asked_for_as_ccxt_does(store):
    rows = store.fetch_ohlcv("BTC/USDT", "1m", START, 3)
    assert rows == CANDLES.take(slice(0, 3)).to_rows()
    assert store.get_ohlcv("BTC/USDT", limit=2) == CANDLES.take(slice(119, 120)).to_rows()


async def test_everything_can_be_awaited(store):
    await store.initialize()
    assert store.is_connected()
    assert (await store.fetch_ticker_async("BTC/USDT"))["symbol"] == "BTC/USDT"
    assert len(await store.fetch_ohlcv_async("BTC/USDT", since=START, limit=3)) == 3


async def test_a_store_is_an_asynchronous_context(fake, tmp_path):
    async with CCXTStore(fake, cache_dir=tmp_path) as store:
        assert store.is_connected()
    assert not store.is_connected()


def test_a_store_can_be_closed_twice_and_used_again(store):
    assert store.connect()
    store.close()
    store.disconnect()
    assert not store.is_connected()
    assert store.fetch_ticker("BTC/USDT")
    store.stop()


def test_cerebro_starts_and_stops_it(store):
    feed = store.getdata("BTC/USDT", fromdate=START, todate=END)
    assert isinstance(feed, CCXTDataFeed)
    cerebro = bt.Cerebro()
    cerebro.addstore(store)
    cerebro.adddata(feed)
    cerebro.setbroker(store.getbroker(cash=5_000, commission=0.001))
    cerebro.addstrategy(bt.Strategy)
    cerebro.run()
    assert cerebro.broker.getvalue() == 5_000
    assert feed.report.candles == 120
    assert not store.is_connected()


def test_a_store_goes_to_other_processes_without_its_secrets(tmp_path):
    store = CCXTStore("binance", config={"apiKey": "a", "secret": "top-secret"}, cache_dir=tmp_path)
    again = pickle.loads(pickle.dumps(store))  # noqa: S301
    assert repr(again) == "<CCXTStore binance/default (live, spot)>"
    assert b"top-secret" not in pickle.dumps(store)
    assert again.archive.root == store.archive.root


def test_the_registry_can_be_reset():
    store = CCXTStore("binance")
    store._lease.open()
    assert store.is_connected()
    CCXTStore.reset_registry()
    assert not store.is_connected()
    assert default_registry().keys == ()
