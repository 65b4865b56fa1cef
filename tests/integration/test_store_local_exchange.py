"""The store and its feeds against a local exchange, through the real ccxt client."""

import asyncio
import datetime as dt

import backtrader as bt
import ccxt
import numpy as np
import pytest

from cracktrader.candles.aggregate import aggregate_candles
from cracktrader.candles.samples import sample_candles
from cracktrader.domain.timeframe import Timeframe
from cracktrader.errors import BadRequestError, ConfigError, DataError, UnavailableError
from cracktrader.exchange.registry import ConnectionRegistry
from cracktrader.feeds.ccxt import CCXTDataFeed
from cracktrader.feeds.grid import num2ms
from cracktrader.simulator.exchange import LocalExchange
from cracktrader.store import CCXTStore
from cracktrader.testing.candles import random_walk

DAY = 86_400_000
SAMPLE = sample_candles()
START = int(SAMPLE.timestamp[0])
ETHER = random_walk(3 * 1440, start=START, seed=7)
KLINES = "/api/v3/klines"


@pytest.fixture(scope="module")
def exchange():
    candles = {"BTC/USDT": SAMPLE.between(None, START + 14 * DAY), "ETH/USDT": ETHER}
    with LocalExchange(candles, seed=1) as exchange:
        yield exchange


@pytest.fixture
def registry():
    registry = ConnectionRegistry()
    yield registry
    registry.close()


@pytest.fixture
def store(exchange, registry, tmp_path):
    with CCXTStore(
        "binance", config=exchange.config, cache_dir=tmp_path, registry=registry
    ) as store:
        yield store


class BarTape(bt.Strategy):
    """Writes down close time and values of every feed at every bar."""

    def __init__(self):
        self.tape = [[] for _ in self.datas]

    def next(self):
        for data, tape in zip(self.datas, self.tape, strict=True):
            if len(data) > len(tape):
                rows = (data.open, data.high, data.low, data.close, data.volume)
                tape.append((num2ms(data.datetime[0]), *(row[0] for row in rows)))


def run(*feeds, add=bt.Cerebro.adddata, **options):
    cerebro = bt.Cerebro(stdstats=False)
    for feed in feeds:
        add(cerebro, feed)
    cerebro.addstrategy(BarTape)
    return [np.array(tape) for tape in cerebro.run(**options)[0].tape]


def feed(store, symbol="BTC/USDT", timeframe="1m", days=2, **options):
    options = {"fromdate": START, "todate": START + days * DAY, **options}
    return CCXTDataFeed(store, symbol, ccxt_timeframe=timeframe, **options)


def test_candles_arrive_as_they_are_and_stay(store, exchange):
    (bars,) = run(feed(store))
    expected = SAMPLE.between(START, START + 2 * DAY)
    assert bars[:, 0].tolist() == (expected.timestamp + 60_000).tolist()
    assert bars[:, 4].tolist() == expected.close.tolist()
    asked = exchange.requests[KLINES]
    run(feed(store))
    assert exchange.requests[KLINES] == asked


LONGER = {
    "5m": (bt.TimeFrame.Minutes, 5),
    "1h": (bt.TimeFrame.Minutes, 60),
    "4h": (bt.TimeFrame.Minutes, 240),
    "1d": (bt.TimeFrame.Days, 1),
}


@pytest.mark.parametrize("name", LONGER)
def test_a_resampled_feed_equals_the_longer_timeframe_downloaded(store, name):
    constant, compression = LONGER[name]
    (resampled,) = run(
        feed(store),
        add=lambda c, f: c.resampledata(f, timeframe=constant, compression=compression),
    )
    (downloaded,) = run(feed(store, timeframe=name))
    assert len(downloaded) > 1
    assert resampled[:, :5].tolist() == downloaded[:, :5].tolist()
    np.testing.assert_allclose(resampled[:, 5], downloaded[:, 5], rtol=1e-9)


def test_weeks_resampled_of_days_equal_weeks_downloaded(store):
    (resampled,) = run(
        feed(store, timeframe="1d", days=14),
        add=lambda c, f: c.resampledata(f, timeframe=bt.TimeFrame.Weeks),
    )
    (downloaded,) = run(feed(store, timeframe="1w", days=14))
    assert resampled[:, :5].tolist() == downloaded[:, :5].tolist()
    assert len(downloaded) == 1


def test_replayed_bars_end_as_the_longer_timeframe_downloaded(store):
    (replayed,) = run(
        feed(store, timeframe="15m"),
        add=lambda c, f: c.replaydata(f, timeframe=bt.TimeFrame.Minutes, compression=60),
    )
    downloaded = feed(store, timeframe="1h").candles
    assert len(replayed) == len(downloaded)


def test_a_timeframe_the_exchange_lacks_is_built(store):
    built = feed(store, timeframe="10m").candles
    source = store.candles("BTC/USDT", "5m", START, START + 2 * DAY)
    expected = aggregate_candles(source, Timeframe.parse("5m"), Timeframe.parse("10m"))
    assert built.equals(expected)


def test_symbols_timeframes_and_exchanges_run_in_one_cerebro(registry, tmp_path, store):
    with LocalExchange({"BTC/USDT": ETHER}, seed=2) as other:
        # Two addresses under one id are two accounts.
        config = {**other.config, "accounts": {"other": {}}}
        second = CCXTStore(
            "binance", config=config, account="other", cache_dir=tmp_path / "2", registry=registry
        )
        feeds = [
            feed(store),
            feed(store, "ETH/USDT", "15m"),
            feed(store, timeframe="1h"),
            feed(second, timeframe="1h"),
        ]
        tapes = run(*feeds, runonce=False)
        second.close()
    # Strategies begin once every feed has a bar: with the first hour's last minute.
    assert [len(tape) for tape in tapes] == [2880 - 59, 192, 48, 48]
    assert tapes[2][-1, 4] == SAMPLE.between(None, START + 2 * DAY).close[-1]
    assert tapes[3][-1, 4] == ETHER.between(None, START + 2 * DAY).close[-1]


def test_the_latest_candles_are_those_before_the_exchanges_own_time(store, exchange):
    latest = CCXTDataFeed(store, "BTC/USDT", ccxt_timeframe="1h", historical_limit=24).candles
    assert len(latest) == 24
    assert latest.timestamp[-1] <= exchange.clock.time_ms() - 3_600_000


def test_stores_of_one_account_share_one_connection(exchange, registry, store, tmp_path):
    again = CCXTStore("binance", config=exchange.config, cache_dir=tmp_path, registry=registry)
    again.start()
    assert len(registry.keys) == 1
    again.close()
    assert store.is_connected()


def test_the_exchange_answers_calls(store):
    assert store.fetch_ticker("BTC/USDT")["symbol"] == "BTC/USDT"
    assert store.fetch_order_book("BTC/USDT")["bids"]
    assert store.fetch_trades("BTC/USDT", None, 5)
    assert len(store.fetch_ohlcv("BTC/USDT", "1h", START, 10)) == 10
    assert store.capabilities().can("fetchOHLCV")
    assert store.market("BTC/USDT").taker


async def test_it_can_be_awaited(exchange, registry, tmp_path):
    async with CCXTStore(
        "binance", config=exchange.config, cache_dir=tmp_path, registry=registry
    ) as store:
        tickers = await asyncio.gather(
            *(store.fetch_ticker_async(symbol) for symbol in ("BTC/USDT", "ETH/USDT"))
        )
    assert [ticker["symbol"] for ticker in tickers] == ["BTC/USDT", "ETH/USDT"]


@pytest.mark.parametrize(
    ("make", "error", "complaint"),
    [
        (lambda s: feed(s, "BTC/USDC"), BadRequestError, 'Did you mean "BTC/USDT"'),
        (lambda s: feed(s, fromdate="2020-01-01", todate="2020-01-02"), DataError, "no candles of"),
        (lambda s: feed(s, backfill=False), DataError, "holds nothing of BTC/USDT"),
    ],
)
def test_what_cannot_be_had_is_said_in_one_line(store, make, error, complaint):
    with pytest.raises(error, match=complaint) as caught:
        _ = make(store).candles
    assert "\n" not in str(caught.value)


def test_an_unreachable_exchange_needs_no_reaching_for_what_is_archived(exchange, tmp_path):
    with CCXTStore("binance", config=exchange.config, cache_dir=tmp_path) as store:
        online = feed(store).candles
    nowhere = {**exchange.config, "urls": {"api": {"public": "http://127.0.0.1:9/api/v3"}}}
    offline = CCXTStore("binance", config=nowhere, cache_dir=tmp_path)
    assert feed(offline).candles.equals(online)
    assert not offline.is_connected()


def test_fees_and_rules_are_those_last_heard_of_while_nobody_answers(exchange, registry, tmp_path):
    with CCXTStore("binance", config=exchange.config, cache_dir=tmp_path) as store:
        heard = store.market("BTC/USDT")
    nowhere = {"urls": {"api": {"public": "http://127.0.0.1:9/api/v3"}}, "read_attempts": 1}
    offline = CCXTStore("binance", config=nowhere, cache_dir=tmp_path, registry=registry)
    assert offline.market("BTC/USDT") == heard
    assert offline.market("BTC/USDT") == heard
    with pytest.raises(UnavailableError):
        offline.market("SOL/USDT")
    with pytest.raises(UnavailableError):
        offline.start()


def test_candles_of_a_local_exchange_are_never_taken_for_the_real_ones(exchange, tmp_path):
    client = ccxt.binance({**exchange.config, "enableRateLimit": False})
    ways = (
        {"exchange": "binance", "config": exchange.config},
        {"exchange": "binance", "config": exchange.config, "sandbox": True},
        {"exchange_instance": client},
    )
    for place, way in enumerate(ways):
        with CCXTStore(**way, cache_dir=tmp_path / str(place)) as store:
            assert feed(store).candles
            assert store.archive_name == "binance-local"
            assert [key.exchange for key in store.archive.series()] == ["binance-local"]


def test_the_same_account_with_other_addresses_is_refused(registry, store):
    assert store.is_connected()
    other = CCXTStore("binance", config={"timeout": 5_000}, registry=registry)
    with pytest.raises(ConfigError, match="already open with other settings"):
        other.start()


@pytest.mark.parametrize("runonce", [True, False])
def test_an_optimisation_in_processes_needs_no_connection(store, runonce):
    cerebro = bt.Cerebro(maxcpus=2, optreturn=False, runonce=runonce)
    cerebro.adddata(feed(store, timeframe="1h"))
    cerebro.setbroker(store.getbroker(cash=10_000))
    cerebro.optstrategy(LastClose, ago=[1, 2])
    closes = [run[0].close for run in cerebro.run()]
    hours = feed(store, timeframe="1h").candles.close
    assert closes == [hours[-2], hours[-3]]


class LastClose(bt.Strategy):
    params = (("ago", 1),)

    def stop(self):
        self.close = self.data.close[-self.p.ago]


def test_times_are_utc_unless_a_zone_is_asked_for(store):
    cerebro = bt.Cerebro(stdstats=False)
    paris = feed(store, timeframe="1h", tz="Europe/Paris")
    cerebro.adddata(paris)
    cerebro.addstrategy(bt.Strategy)
    cerebro.run()
    first = dt.datetime.fromtimestamp(START / 1000, tz=dt.UTC).replace(tzinfo=None)
    assert paris.num2date(paris.lines.datetime.array[0]) == first + dt.timedelta(hours=2)
