import numpy as np
import pytest

from cracktrader.domain.timeframe import Timeframe
from cracktrader.simulator.listing import require_sound
from cracktrader.simulator.walk import WALK_START, WALK_SYMBOLS, walk_candles

WALK = walk_candles(seed=7, days=10)


def returns(candles):
    return np.diff(np.log(candles.close))


@pytest.mark.parametrize("symbol", WALK_SYMBOLS)
def test_candles_are_sound_and_without_a_gap(symbol):
    candles = WALK[symbol]
    require_sound(symbol, candles, Timeframe.parse("1m"))
    assert len(candles) == 10 * 1440
    assert candles.timestamp[0] == WALK_START
    assert np.array_equal(candles.open[1:], candles.close[:-1])
    assert candles.volume.min() > 0


def test_the_same_seed_makes_the_same_market_whatever_else_is_made():
    again = walk_candles(["ETH/USDT"], seed=7, days=10)
    assert again["ETH/USDT"].equals(WALK["ETH/USDT"])
    assert not walk_candles(["ETH/USDT"], seed=8, days=10)["ETH/USDT"].equals(WALK["ETH/USDT"])


def test_moves_look_like_a_markets():
    bitcoin, ether = returns(WALK["BTC/USDT"]), returns(WALK["ETH/USDT"])
    daily = bitcoin.std() * np.sqrt(1440)
    assert 0.01 < daily < 0.05
    kurtosis = np.mean(bitcoin**4) / np.mean(bitcoin**2) ** 2
    assert kurtosis > 3.5
    assert 0.4 < np.corrcoef(bitcoin, ether)[0, 1] < 0.8
    size = np.abs(bitcoin)
    assert np.corrcoef(size[1:], size[:-1])[0, 1] > 0.05
    assert np.corrcoef(size, WALK["BTC/USDT"].volume[1:])[0, 1] > 0.1


def test_cheap_coins_have_finer_prices():
    candles = walk_candles(["XRP/USDT"], seed=1, days=1, timeframe="1h")["XRP/USDT"]
    assert len(candles) == 24
    assert candles.close[0] == pytest.approx(0.62, rel=0.2)
    assert not np.array_equal(np.round(candles.close, 2), candles.close)


def test_an_unknown_coin_starts_at_ten():
    assert walk_candles(["FOO/USDT"], seed=1, days=1)["FOO/USDT"].open[0] == pytest.approx(
        10, rel=0.1
    )
