from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from tests.unit.simulator.market import make_candles

from cracktrader.domain.candle import Candles
from cracktrader.domain.timeframe import Timeframe
from cracktrader.errors import ConfigError, DataError
from cracktrader.simulator.listing import infer_timeframe, market_of, require_sound

MINUTE = Timeframe.parse("1m")


def test_the_steps_are_the_finest_seen():
    market = market_of("BTC/USDT", make_candles())
    assert market.price_precision.step == Decimal("0.01")
    assert market.amount_precision.step == Decimal("0.0001")
    assert market.cost_limits.min == Decimal(5)


def test_steps_are_never_finer_than_the_exchange_knows():
    candles = replace(make_candles(3), volume=np.array([1.23456789012, 1.0, 1.0]))
    assert market_of("ETH/BTC", candles).amount_precision.step == Decimal("1E-8")


@pytest.mark.parametrize(
    ("quote", "cost"), [("BTC", "0.0001"), ("ETH", "0.001"), ("BNB", "0.01"), ("EUR", "5")]
)
def test_the_smallest_order_depends_on_the_quote_currency(quote, cost):
    assert market_of(f"XRP/{quote}", make_candles(3)).cost_limits.min == Decimal(cost)


@pytest.mark.parametrize("symbol", ["BTCUSDT", "BTC/USDT:USDT", "btc/usdt", "/USDT", "BTC/"])
def test_other_symbols_than_spot_are_refused(symbol):
    with pytest.raises(ConfigError, match="BTC/USDT"):
        market_of(symbol, make_candles(3))


@pytest.mark.parametrize("name", ["1s", "1m", "5m", "1h", "4h", "1d", "3d", "1w"])
def test_the_timeframe_is_the_distance_of_candles(name):
    timeframe = Timeframe.parse(name)
    candles = make_candles(5, start=0, step=timeframe.duration_ms)
    assert infer_timeframe("BTC/USDT", candles) == timeframe


def test_the_distance_of_months_varies():
    stamps = Timeframe.parse("1M").opens(0, 200 * 86_400_000)
    candles = replace(make_candles(len(stamps)), timestamp=stamps)
    assert infer_timeframe("BTC/USDT", candles) == Timeframe.parse("1M")


@pytest.mark.parametrize(
    ("candles", "why"),
    [(make_candles(1), "has 1 candles"), (make_candles(3, step=1500), "1500 ms apart")],
)
def test_a_timeframe_that_cannot_be_told_must_be_given(candles, why):
    with pytest.raises(DataError, match=f"{why}.* give their timeframe"):
        infer_timeframe("BTC/USDT", candles)


def broken(column, value):
    candles = make_candles(5)
    changed = getattr(candles, column).copy()
    changed[3] = value
    return replace(candles, **{column: changed})


@pytest.mark.parametrize(
    ("candles", "why"),
    [
        (Candles(), "has no candles"),
        (make_candles(5).take(np.array([1, 0, 2])), "not in order"),
        (make_candles(5).take(np.array([0, 0, 2])), "twice"),
        (make_candles(5, start=30_000), "do not open where 1m candles do"),
        (broken("high", 1.0), "cannot be replayed: Candle"),
        (broken("low", 1_000.0), "cannot be replayed"),
        (broken("low", 0.0), "cannot be replayed"),
        (broken("volume", -1.0), "cannot be replayed"),
        (broken("close", float("nan")), "cannot be replayed"),
    ],
)
def test_candles_no_market_could_make_are_refused(candles, why):
    with pytest.raises(DataError, match=why):
        require_sound("BTC/USDT", candles, MINUTE)


def test_sound_candles_pass():
    require_sound("BTC/USDT", make_candles(), MINUTE)
