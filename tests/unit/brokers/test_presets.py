import pytest

from cracktrader.brokers.presets import load_preset, preset_names
from cracktrader.errors import ConfigError


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_says_where_it_is_from_and_is_plausible(name):
    kind = "swap" if name == "krakenfutures" else "spot"
    preset = load_preset(name, kind)
    assert preset.source.startswith("https://")
    assert preset.checked
    assert 0 <= preset.maker <= preset.taker < 0.02


def test_futures_cost_what_swaps_cost_and_margin_what_spot_costs():
    assert load_preset("bybit", "future") == load_preset("bybit", "swap")
    assert load_preset("bybit", "margin") == load_preset("bybit", "spot")


def test_the_known_ones_are_there():
    assert {"binance", "coinbase", "kraken", "bybit", "okx"} <= set(preset_names())


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("binanse",), r'no fee preset "binanse"\. Did you mean "binance"\? There are: binance,'),
        (("coinbase", "swap"), 'the fee preset "coinbase" has no fees for "swap"'),
        (("okx", "source"), 'no fees for "source"'),
    ],
)
def test_unknown_ones_are_config_errors(args, message):
    with pytest.raises(ConfigError, match=message):
        load_preset(*args)
