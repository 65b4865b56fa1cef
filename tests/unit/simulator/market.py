"""A small market for the simulator's tests."""

import numpy as np

from cracktrader.domain.candle import Candles
from cracktrader.simulator.market_data import MarketData

MINUTE = 60_000
START = 1_677_628_800_000  # Wednesday, 2023-03-01


def make_candles(count=180, *, start=START, step=MINUTE, seed=7):
    rng = np.random.default_rng(seed)
    inside = np.round(100 + np.cumsum(rng.normal(0, 0.2, (count, 5)).ravel()), 2).reshape(-1, 5)
    volume = np.round(rng.exponential(2, count), 4)
    volume[::10] = 0.0
    quiet = volume == 0
    inside[quiet] = inside[quiet, :1]
    return Candles(
        timestamp=start + step * np.arange(count, dtype=np.int64),
        open=inside[:, 0].copy(),
        high=inside.max(axis=1),
        low=inside.min(axis=1),
        close=inside[:, -1].copy(),
        volume=volume,
    )


def make_market(count=180, *, symbol="BTC/USDT", **options):
    candles = make_candles(count, **options)
    return MarketData(symbol, candles, seed=3)
