import pickle
from types import SimpleNamespace
from typing import Any

import backtrader as bt
import pytest
from tests.unit.brokers.stage import BTC, FLAT, make_feed

from cracktrader.brokers.markets import MarketDirectory, MarketsBySymbol, make_directory
from cracktrader.errors import ConfigError


class Asked:
    def __init__(self):
        self.symbols = []

    def market(self, symbol):
        self.symbols.append(symbol)
        return BTC


class ExchangeFeed(bt.feeds.PandasData):
    params: Any = (("symbol", None), ("store", None))


def added(feed, name=None):
    cerebro = bt.Cerebro()
    cerebro.adddata(feed, name=name)
    return feed


def test_a_feed_is_known_by_its_name_and_asked_for_once():
    source = Asked()
    directory = MarketDirectory(source)
    feed = added(make_feed(FLAT), "BTC/USDT")
    assert directory.known(feed) is None
    assert directory.of(feed) is directory.of(feed) is directory.known(feed) is BTC
    assert source.symbols == ["BTC/USDT"]


def test_a_feeds_own_symbol_and_store_come_first():
    default, own = Asked(), Asked()
    frame = make_feed(FLAT).p.dataname
    feed = added(ExchangeFeed(dataname=frame, symbol="ETH/USDT", store=own), "mine")
    MarketDirectory(default).of(feed)
    assert (default.symbols, own.symbols) == ([], ["ETH/USDT"])


def test_a_resampled_feed_shows_the_market_it_comes_from():
    source = Asked()
    cerebro = bt.Cerebro()
    feed = ExchangeFeed(dataname=make_feed(FLAT).p.dataname, symbol="ETH/USDT")
    cerebro.adddata(feed)
    clone = cerebro.resampledata(feed, timeframe=bt.TimeFrame.Minutes, compression=120)
    assert clone is not feed
    MarketDirectory(source).of(clone)
    assert source.symbols == ["ETH/USDT"]


def test_a_feed_without_a_symbol_is_an_error_only_if_it_is_traded():
    directory = MarketDirectory(Asked())
    feed = added(make_feed(FLAT))
    directory.load([feed, added(make_feed(FLAT), "fear and greed")])
    with pytest.raises(ConfigError, match="does not say which market"):
        directory.of(feed)


def test_a_pickled_directory_knows_what_it_was_asked():
    directory = MarketDirectory(Asked())
    feed = added(make_feed(FLAT), "BTC/USDT")
    directory.load([feed])
    twin = pickle.loads(pickle.dumps(directory))  # noqa: S301
    assert twin.of(feed) == BTC
    feed._id = 7
    with pytest.raises(ConfigError, match='"BTC/USDT" was not loaded'):
        twin.of(feed)


def test_markets_by_hand_suggest_the_near_one():
    with pytest.raises(ConfigError, match='Did you mean "BTC/USDT"'):
        MarketsBySymbol({"BTC/USDT": BTC}).market("BTC/USD")


def test_a_store_need_not_say_its_exchange():
    assert (
        MarketDirectory(SimpleNamespace(market=lambda _: BTC)).of(
            added(make_feed(FLAT), "BTC/USDT")
        )
        == BTC
    )


def test_markets_by_hand_come_before_a_stores():
    feed = added(make_feed(FLAT), "BTC/USDT")
    store = Asked()
    assert make_directory(None, None) is None
    assert make_directory(store, {"BTC/USDT": BTC}).of(feed) is BTC
    assert store.symbols == []
    assert make_directory(store, None).of(feed) is BTC
    assert store.symbols == ["BTC/USDT"]
