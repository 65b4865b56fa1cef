"""What is kept can be seen and cleared, and only of one's own exchange."""

import pytest

from cracktrader.candles.archive import Archive
from cracktrader.candles.series import SeriesKey
from cracktrader.candles.settings import ArchiveSettings
from cracktrader.feeds.cache import CandleCache, open_archive
from cracktrader.testing.candles import random_walk

START = 1_704_067_200_000
SERIES = [
    ("binance", "spot", "BTC/USDT", "1m"),
    ("binance", "spot", "BTC/USDT", "1h"),
    ("binance", "spot", "ETH/USDT", "1m"),
    ("binance", "swap", "BTC/USDT:USDT", "1m"),
    ("kraken", "spot", "BTC/USDT", "1m"),
]


@pytest.fixture
def cache(tmp_path):
    archive = Archive(tmp_path)
    for names in SERIES:
        candles = random_walk(10, timeframe=names[-1], start=START)
        archive.save(SeriesKey(*names), candles, start=START, end=START + 36_000_000)
    return CandleCache(archive, exchange="binance", instrument_type="spot")


def names(infos):
    return [(info.key.symbol, info.key.timeframe) for info in infos]


def test_only_the_own_series_are_shown(cache):
    assert names(cache.info()) == [("BTC/USDT", "1h"), ("BTC/USDT", "1m"), ("ETH/USDT", "1m")]
    assert names(cache.info("BTC/USDT")) == [("BTC/USDT", "1h"), ("BTC/USDT", "1m")]
    assert names(cache.info(timeframe="1h")) == [("BTC/USDT", "1h")]


def test_clearing_counts_and_keeps_the_rest(cache):
    assert cache.clear("BTC/USDT", "1m") == 1
    assert names(cache.info()) == [("BTC/USDT", "1h"), ("ETH/USDT", "1m")]
    assert cache.clear() == 2
    assert len(cache.archive.series()) == 2


@pytest.mark.parametrize("place", [("BTC/USDT", "1m"), ("binance", "BTC/USDT", "1m")])
def test_older_code_asks_for_figures(cache, place):
    assert cache.get_cache_info(*place) == {
        "total_candles": 10,
        "files": 1,
        "earliest_timestamp": START,
        "latest_timestamp": START + 9 * 60_000,
    }


def test_figures_of_nothing_are_none(cache):
    assert cache.get_cache_info("XRP/USDT", "1m")["earliest_timestamp"] is None


def test_older_code_clears_by_exchange(cache):
    assert cache.clear_cache("kraken") == 0
    assert cache.clear_cache("binance", symbol="ETH/USDT") == 1
    assert cache.clear_cache() == 2


def test_the_archive_is_where_it_is_said_to_be(tmp_path):
    settings = ArchiveSettings(cache_dir=str(tmp_path / "set"))
    assert open_archive(settings, cache_enabled=None, cache_dir=None).root == str(tmp_path / "set")
    said = open_archive(settings, cache_enabled=True, cache_dir=tmp_path / "said")
    assert said.root == str(tmp_path / "said")


def test_without_a_cache_nothing_touches_the_disk(tmp_path):
    settings = ArchiveSettings(cache_dir=str(tmp_path))
    first = open_archive(settings, cache_enabled=False, cache_dir=None)
    second = open_archive(settings, cache_enabled=False, cache_dir=None)
    key = SeriesKey(*SERIES[0])
    first.save(key, random_walk(5, start=START), start=START, end=START + 300_000)
    assert len(first.load(key)) == 5
    assert second.series() == []
    assert list(tmp_path.iterdir()) == []
