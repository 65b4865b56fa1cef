import pytest

from cracktrader.cli.choices import (
    choose_exchange,
    choose_origin,
    choose_type,
    read_timeframes,
    require_symbols,
    typed_by_user,
)
from cracktrader.cli.exits import UsageError
from cracktrader.config import load_config
from cracktrader.errors import ConfigError, DataError


def config(*exchanges, **settings):
    overrides = {f"exchange.{name}.sandbox": False for name in exchanges}
    return load_config(files=(), env={}, overrides={**overrides, **settings})


def test_the_exchange_said_is_taken_whatever_its_case():
    assert choose_exchange("Kraken", config("binance")) == "kraken"


LOCAL = {"exchange.kraken.urls": {"api": {"public": "http://127.0.0.1:8787"}}}


def test_an_archives_name_will_do_where_the_settings_lead_there():
    assert choose_exchange("Kraken-local", config(**LOCAL)) == "kraken"
    with pytest.raises(UsageError, match="do not lead there"):
        choose_exchange("kraken-local", config())
    with pytest.raises(UsageError, match='Did you mean "kraken"'):
        choose_exchange("krakn-local", config())


@pytest.mark.parametrize(
    ("given", "settings", "origin"),
    [
        ("kraken", {}, "kraken"),
        ("kraken", LOCAL, "kraken-local"),
        ("kraken", {"exchange.kraken.sandbox": True}, "kraken-sandbox"),
        ("kraken-local", {}, "kraken-local"),
        ("Kraken-Sandbox", LOCAL, "kraken-sandbox"),
        (None, LOCAL, "kraken-local"),
    ],
)
def test_an_import_says_where_its_candles_are_from(given, settings, origin):
    assert choose_origin(given, config(**settings)) == ("kraken", origin)


def test_the_only_configured_exchange_need_not_be_said():
    assert choose_exchange(None, config("binance")) == "binance"


@pytest.mark.parametrize(
    ("given", "configured", "hint"),
    [
        ("binanc", (), 'Did you mean "binance"?'),
        (None, (), "--exchange binance"),
        (None, ("binance", "kraken"), "The settings name binance, kraken"),
    ],
)
def test_an_unclear_exchange_says_what_is_possible(given, configured, hint):
    with pytest.raises(UsageError, match=r".") as caught:
        choose_exchange(given, config(*configured))
    assert hint in str(caught.value)


def test_the_instrument_type_is_the_settings_unless_said():
    settings = config(**{"exchange.binance.instrument_type": "swap"})
    assert choose_type(None, "binance", settings) == "swap"
    assert choose_type("future", "binance", settings) == "future"
    assert choose_type(None, "kraken", settings) == "spot"
    with pytest.raises(UsageError, match='Did you mean "swap"'):
        choose_type("swp", "binance", settings)


def test_timeframes_come_short_to_long_and_once():
    assert [each.name for each in read_timeframes(["1d", "1m", "1h", "1m"])] == ["1m", "1h", "1d"]
    with pytest.raises(UsageError, match='timeframe was "1x"'):
        read_timeframes(["1x"])


def test_symbols_are_needed_and_count_once():
    assert require_symbols(("B/U", "A/U", "B/U")) == ("B/U", "A/U")
    with pytest.raises(UsageError, match="--symbol BTC/USDT"):
        require_symbols(())


def test_only_errors_about_words_become_wrong_usage():
    with pytest.raises(UsageError, match="x"), typed_by_user():
        raise ConfigError("x")
    with pytest.raises(DataError), typed_by_user():
        raise DataError("x")
