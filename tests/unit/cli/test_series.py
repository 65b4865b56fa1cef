import pytest

from cracktrader.candles.archive import Archive
from cracktrader.candles.series import SeriesKey
from cracktrader.cli.exits import UsageError
from cracktrader.cli.options import Market
from cracktrader.cli.series import select_one, select_series
from cracktrader.config import load_config
from cracktrader.domain.candle import Candles
from cracktrader.errors import DataError

KEYS = [
    SeriesKey("binance", "spot", "BTC/USDT", "1h"),
    SeriesKey("binance", "spot", "BTC/USDT", "1m"),
    SeriesKey("binance", "spot", "ETH/USDT", "1h"),
    SeriesKey("kraken", "spot", "BTC/USDT", "1h"),
    SeriesKey("kraken-local", "spot", "BTC/USDT", "1h"),
]


URLS = {"api": {"public": "http://127.0.0.1:8787/api/v3"}}
CONFIG = load_config(files=(), env={})
LOCAL = load_config(files=(), env={}, overrides={"exchange.kraken.urls": URLS})


@pytest.fixture
def archive(tmp_path):
    made = Archive(tmp_path / "archive")
    for key in KEYS:
        made.save(key, Candles(), start=0, end=86_400_000)
    return made


@pytest.mark.parametrize(
    ("market", "expected"),
    [
        (Market(), KEYS),
        (Market(exchange="kraken"), KEYS[3:4]),
        (Market(exchange="kraken-local"), KEYS[4:]),
        (Market(symbol=("ETH/USDT",)), KEYS[2:3]),
        (Market(exchange="binance", symbol=("BTC/USDT",), timeframe=("1m", "1h")), KEYS[:2]),
        (Market(type="spot", timeframe=("1m",)), KEYS[1:2]),
    ],
)
def test_words_narrow_the_choice(archive, market, expected):
    assert select_series(archive, market, CONFIG) == expected


def test_an_exchange_on_this_machine_has_series_of_its_own(archive):
    assert select_series(archive, Market(exchange="kraken"), LOCAL) == KEYS[4:]
    assert select_series(archive, Market(exchange="kraken-local"), LOCAL) == KEYS[4:]
    assert select_series(archive, Market(exchange="binance"), LOCAL) == KEYS[:3]


@pytest.mark.parametrize(
    ("market", "hint"),
    [
        (Market(exchange="binanc"), 'Did you mean "binance"'),
        (Market(symbol=("BTC/USD",)), 'Did you mean "BTC/USDT"'),
        (Market(timeframe=("4h",)), "It holds 1h, 1m"),
        (Market(type="swap"), "It holds spot"),
    ],
)
def test_a_word_that_matches_nothing_says_what_there_is(archive, market, hint):
    with pytest.raises(UsageError, match=hint):
        select_series(archive, market, CONFIG)


def test_one_series_must_be_clear(archive):
    assert select_one(archive, Market(symbol=("ETH/USDT",)), CONFIG) == KEYS[2]
    with pytest.raises(UsageError, match="which one"):
        select_one(archive, Market(), CONFIG)


def test_an_empty_archive_says_how_to_fill_it(tmp_path):
    with pytest.raises(DataError, match="cracktrader data download"):
        select_series(Archive(tmp_path / "empty"), Market(), CONFIG)
