import backtrader as bt
import pytest

import cracktrader
from cracktrader.bootstrap import (
    RunPlan,
    connected,
    exchange,
    open_archive,
    open_store,
    run_backtest,
)
from cracktrader.brokers.factory import BrokerFactory
from cracktrader.candles.samples import sample_candles
from cracktrader.config import load_config
from cracktrader.domain.candle import Candles
from cracktrader.errors import ConfigError, DataError, StrategyError, UnsupportedError
from cracktrader.feeds.candle import CandleFeed
from cracktrader.simulator.exchange import LocalExchange

MARKER = "marker-of-a-session-0123"


class Hold(bt.Strategy):
    params = (("period", 5),)

    def __init__(self):
        self.average = bt.ind.SMA(period=self.p.period)

    def next(self):
        if not self.position:
            self.buy(size=0.1)


class Trip(bt.Strategy):
    def next(self):
        raise LookupError("nothing")


def settings_of(store):
    return store._lease.given.settings


def minutes(count):
    return CandleFeed(dataname=sample_candles().take(slice(0, count)), timeframe=4, compression=1)


def run(strategy, feed, **params):
    plan = RunPlan(strategy=strategy, params=params, config={"a": 1}, currency="USDT")
    return run_backtest(plan, feeds={"BTC/USDT": feed}, broker=BrokerFactory.create("backtest"))


def test_a_run_becomes_a_result():
    result = run(Hold, minutes(60), period=3)
    assert result.meta.strategy == "Hold"
    assert result.meta.params == {"period": 3}
    assert result.meta.config == {"a": 1}
    assert result.meta.currency == "USDT"
    assert result.instruments[0].symbol == "BTC/USDT"
    assert len(result.fills) == 1


def test_a_strategy_that_raises_is_named_with_its_bar():
    with pytest.raises(StrategyError, match=r"LookupError: nothing.*2023-03-01 00:00") as caught:
        run(Trip, minutes(60))
    assert isinstance(caught.value.__cause__, LookupError)


@pytest.mark.parametrize("count", [1, 4])
def test_too_few_bars_are_said_to_be_too_few(count):
    with pytest.raises(DataError, match=f"Hold needs 5 bars of BTC/USDT .* there are {count}"):
        run(Hold, minutes(count))


def test_no_bar_at_all_is_said_too():
    with pytest.raises(DataError, match="there are 0"):
        run(Hold, CandleFeed(dataname=Candles(), timeframe=4, compression=1))


def test_an_index_error_of_the_strategy_stays_its_own():
    class Beyond(bt.Strategy):
        def next(self):
            self.beyond = list(range(3))[len(self) + 3]

    with pytest.raises(StrategyError, match="IndexError"):
        run(Beyond, minutes(10))


@pytest.fixture(scope="module")
def served():
    with LocalExchange() as local:
        yield local


@pytest.fixture
def config(tmp_path, served):
    overrides = {
        "data.cache_dir": str(tmp_path / "archive"),
        "exchange.binance.urls": served.config["urls"],
        "exchange.binance.options": served.config["options"],
        "exchange.binance.timeout": 5_000,
    }
    return load_config(files=(), env={}, overrides=overrides)


def test_archive_and_store_are_those_of_the_settings(config, tmp_path):
    assert open_archive(config).root == str(tmp_path / "archive")
    store = open_store(config, "binance")
    assert store.archive.root == str(tmp_path / "archive")
    assert settings_of(store).timeout == 5_000


def test_a_connection_is_lent_and_given_back(config):
    with connected(config, "binance") as connection:
        markets = connection.loop.call(connection.load_markets(), timeout_s=30)
        assert list(markets) == ["BTC/USDT"]
    assert connection.is_closed


def test_a_session_hands_out_what_belongs_together(config):
    with exchange("binance", config=config) as session:
        assert (session.name, session.mode) == ("binance", "backtest")
        assert "binance" in repr(session)
        dates = {"fromdate": "2023-03-01", "todate": "2023-03-02"}
        feeds = session.feeds(
            [{"symbol": "BTC/USDT", "timeframe": "15m", **dates}, {"symbol": "BTC/USDT", **dates}]
        )
        assert [feed.p.ccxt_timeframe for feed in feeds] == ["15m", "1h"]
        assert session.feeds(["BTC/USDT"])[0].symbol == "BTC/USDT"
        cerebro = session.cerebro(cash=500.0)
        assert cerebro.broker.getcash() == 500.0
        for feed in feeds:
            cerebro.adddata(feed)
        cerebro.addstrategy(Hold)
        (strategy,) = cerebro.run()
        assert len(strategy.data0) == 96
    assert not session.store.is_connected()
    session.close()


@pytest.mark.parametrize(
    "spelling",
    [
        {"apiKey": MARKER, "secret": MARKER},
        {"api_key": MARKER, "secret": MARKER},
        {"store_options": {"config_overrides": {"api_key": MARKER}, "cache_enabled": False}},
        {"store_kwargs": {"apiKey": MARKER}},
    ],
)
def test_credentials_are_understood_in_both_spellings_and_never_shown(config, spelling):
    session = exchange("binance", config=config, **spelling)
    assert settings_of(session.store).api_key is not None
    assert settings_of(session.store).timeout == 5_000
    assert MARKER not in repr(session) + repr(session.store) + repr(settings_of(session.store))


def test_a_session_may_have_an_archive_of_its_own(config, tmp_path):
    session = exchange("binance", config=config, cache_dir=tmp_path / "own")
    assert session.store.archive.root == str(tmp_path / "own")


def test_a_session_reads_the_settings_by_itself(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cracktrader.toml").write_text("[exchange.kraken]\ntimeout = 1234\n")
    assert settings_of(cracktrader.exchange("kraken").store).timeout == 1234


@pytest.mark.parametrize("mode", ["paper", "sandbox", "live"])
def test_modes_of_later_versions_are_refused_not_imitated(mode):
    with pytest.raises(UnsupportedError, match="not in this version"):
        exchange("binance", mode)


@pytest.mark.parametrize(
    ("name", "options", "hint"),
    [
        ("binanc", {}, 'Did you mean "binance"'),
        ("binance", {"mode": "bactest"}, 'Did you mean "backtest"'),
        ("binance", {"api_kee": "x"}, 'Did you mean "api_key"'),
    ],
)
def test_unknown_words_say_what_is_possible(config, name, options, hint):
    with pytest.raises(ConfigError, match=hint):
        exchange(name, config=config, **options)
