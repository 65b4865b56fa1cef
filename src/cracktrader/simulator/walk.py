"""Candles of a market that never was: a seeded random walk of several symbols."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from types import MappingProxyType
from typing import Final

import numpy as np

from cracktrader.domain.candle import Candles, FloatColumn, IntColumn
from cracktrader.domain.timeframe import Timeframe
from cracktrader.simulator.ticks import mixed

WALK_START: Final = 1_704_067_200_000
"""2024-01-01, when a walk begins unless told otherwise."""

WALK_SYMBOLS: Final = ("BTC/USDT", "ETH/USDT", "SOL/USDT")

_FIRST_PRICES: Final[Mapping[str, float]] = MappingProxyType(
    {"BTC": 42_000.0, "ETH": 2_300.0, "SOL": 100.0, "BNB": 310.0, "XRP": 0.62, "ADA": 0.6}
)
_FIRST_PRICE_ELSE: Final = 10.0
_AMOUNT_DECIMALS: Final = 5
_SMALLEST_AMOUNT: Final = 1e-5
_DOLLARS_PER_MINUTE: Final = 250_000.0
_DAILY_VOLATILITY: Final = 0.025
_SHARED: Final = 0.6  # of each symbol's variance
_MEMORY: Final = 0.995
_SHOCK: Final = 0.05
_FREEDOM: Final = 4
_STEPS: Final = 8  # prices per candle
_MINUTE_MS: Final = 60_000
_DAY_MS: Final = 86_400_000


def walk_candles(
    symbols: Sequence[str] = WALK_SYMBOLS,
    *,
    seed: int,
    start: int = WALK_START,
    days: int = 60,
    timeframe: str = "1m",
) -> dict[str, Candles]:
    """Return candles by symbol, the same for the same arguments.

    Moves have fat tails, calm and wild hours, a part that all symbols share, and more volume
    when prices move.
    """
    stamps = Timeframe.parse(timeframe).opens(start, start + days * _DAY_MS)
    shared = _wildness(_rng(seed), stamps), _noise(_rng(seed, 1), len(stamps))
    return {symbol: _candles(symbol, stamps, shared, seed=seed) for symbol in symbols}


def _candles(
    symbol: str, stamps: IntColumn, shared: tuple[FloatColumn, FloatColumn], *, seed: int
) -> Candles:
    rng = _rng(seed, *symbol.encode())
    wildness, market = shared
    noise = np.sqrt(_SHARED) * market + np.sqrt(1 - _SHARED) * _noise(rng, len(stamps))
    per_step = _DAILY_VOLATILITY * np.sqrt(_duration_ms(stamps) / _DAY_MS / _STEPS)
    first = _FIRST_PRICES.get(symbol.partition("/")[0], _FIRST_PRICE_ELSE)
    path = first * np.exp(np.cumsum(noise.ravel() * np.repeat(wildness, _STEPS) * per_step))
    inside = np.round(path, _price_decimals(first)).reshape(-1, _STEPS)
    closes = inside[:, -1]
    opens = np.concatenate([[inside[0, 0]], closes[:-1]])
    activity = wildness * (1 + np.abs(noise).mean(axis=1)) * rng.lognormal(0, 0.7, len(stamps))
    dollars = _DOLLARS_PER_MINUTE * _duration_ms(stamps) / _MINUTE_MS
    volume = np.round(activity * dollars / closes, _AMOUNT_DECIMALS) + _SMALLEST_AMOUNT
    return Candles(
        timestamp=stamps,
        open=opens,
        high=np.maximum(inside.max(axis=1), opens),
        low=np.minimum(inside.min(axis=1), opens),
        close=closes,
        volume=np.round(volume, _AMOUNT_DECIMALS),
    )


def _rng(*seeds: int) -> np.random.Generator:
    return np.random.default_rng(mixed(*seeds))


def _noise(rng: np.random.Generator, count: int) -> FloatColumn:
    # Student's t has a variance of f / (f - 2); steps are to have 1.
    drawn = rng.standard_t(_FREEDOM, (count, _STEPS))
    return np.asarray(drawn / np.sqrt(_FREEDOM / (_FREEDOM - 2)), dtype=np.float64)


def _wildness(rng: np.random.Generator, stamps: IntColumn) -> FloatColumn:
    """How much prices move, 1 on average: slowly changing, wildest in the afternoon (UTC)."""
    shocks = (rng.standard_normal(len(stamps)) * _SHOCK).tolist()
    slow = np.array(list(accumulate(shocks, lambda level, shock: _MEMORY * level + shock)))
    hour = (stamps % _DAY_MS) / _DAY_MS * 24
    season = 1 + 0.35 * np.cos((hour - 15) / 24 * 2 * np.pi)
    raw = np.exp(slow) * season
    return np.asarray(raw / np.sqrt(np.mean(raw**2)), dtype=np.float64)


def _duration_ms(stamps: IntColumn) -> float:
    return float(stamps[1] - stamps[0])


def _price_decimals(first: float) -> int:
    return 2 if first >= _FIRST_PRICE_ELSE else 4
