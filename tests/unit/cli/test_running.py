import pytest

from cracktrader.candles.interchange import write_file
from cracktrader.candles.samples import sample_candles
from cracktrader.cli.costs import COSTS
from cracktrader.cli.options import Common, Market
from cracktrader.cli.running import from_exchange, from_file, run_watched
from cracktrader.cli.settings import read_settings
from cracktrader.strategy_source import load_strategy

MARKET = Market(symbol=("BTC/USDT",), timeframe=("4h", "1h"), since="21d", until="14d")


@pytest.mark.usefixtures("local")
def test_feeds_are_named_and_the_shortest_timeframe_is_first(strategy):
    with from_exchange(MARKET, COSTS, read_settings(Common())) as inputs:
        assert list(inputs.feeds) == ["BTC/USDT 1h", "BTC/USDT 4h"]
        assert inputs.facts == {"exchange": "binance-local", "instrument_type": "spot"}
        params = {"fast": 3, "slow": 8}
        result = run_watched(load_strategy(str(strategy)), params, inputs, quiet=False)
    assert result.meta.currency == "USDT"
    assert result.meta.config["timeframes"] == ["1h", "4h"]
    assert result.meta.config["since"].startswith("2023-03-0")
    assert result.meta.config["rules"] is True


def test_a_file_needs_no_symbol(place, strategy):
    write_file(place / "some.parquet", sample_candles().take(slice(0, 120)))
    with from_file(place / "some.parquet", Market(), COSTS, read_settings(Common())) as inputs:
        result = run_watched(
            load_strategy(str(strategy)), {"fast": 3, "slow": 8}, inputs, quiet=True
        )
    assert list(inputs.feeds) == ["some"]
    assert result.meta.currency == ""
    assert result.meta.config["candles"] == "some.parquet"
