"""What candles tell of their market: its rules, its timeframe, whether they can be replayed."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import numpy as np

from cracktrader.domain.candle import PRICE_COLUMNS, Candles, FloatColumn
from cracktrader.domain.market import Limits, Market, Precision
from cracktrader.domain.timeframe import Timeframe
from cracktrader.errors import ConfigError, DataError

DECIMALS: Final = 8
"""Binance's precision of every asset: numbers on the wire have this many decimals."""

_FEE: Final = Decimal("0.001")
_LARGEST_ORDER: Final = Decimal(9_000_000)
_SMALLEST_COST: Final = {"BTC": Decimal("0.0001"), "ETH": Decimal("0.001"), "BNB": Decimal("0.01")}
_SMALLEST_COST_ELSE: Final = Decimal(5)


def market_of(symbol: str, candles: Candles) -> Market:
    """Return the market that *candles* were made on: its steps are the finest seen in them.

    Raises:
        ConfigError: if *symbol* is no spot symbol.
    """
    base, slash, quote = symbol.partition("/")
    if not (slash and base.isalnum() and quote.isalnum() and symbol.isupper()):
        raise ConfigError(f'"{symbol}" is not a spot symbol; use a form like BTC/USDT')
    prices = np.concatenate([getattr(candles, name) for name in PRICE_COLUMNS])
    tick, lot = _step(prices), _step(candles.volume)
    return Market(
        symbol=symbol,
        base=base,
        quote=quote,
        amount_precision=Precision(step=lot),
        price_precision=Precision(step=tick),
        amount_limits=Limits(min=lot, max=_LARGEST_ORDER),
        price_limits=Limits(min=tick, max=Decimal(1_000_000)),
        cost_limits=Limits(min=_SMALLEST_COST.get(quote, _SMALLEST_COST_ELSE), max=_LARGEST_ORDER),
        maker=_FEE,
        taker=_FEE,
    )


def infer_timeframe(symbol: str, candles: Candles) -> Timeframe:
    """Return the timeframe the candles' distances tell.

    Raises:
        DataError: if there are fewer than two candles or their distance is no timeframe.
    """
    if len(candles) < 2:
        raise DataError(f'"{symbol}" has {len(candles)} candles: give their timeframe')
    distance = int(np.diff(candles.timestamp).min())
    for unit, duration in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000)):
        if distance > 0 and distance % duration == 0:
            return _named(distance // duration, unit)
    raise DataError(f'candles of "{symbol}" are {distance} ms apart: give their timeframe')


def _named(count: int, unit: str) -> Timeframe:
    if unit == "d" and count >= 28:
        return Timeframe(1, "M")
    if unit == "d" and count == 7:
        return Timeframe(1, "w")
    return Timeframe(count, unit)


def require_sound(symbol: str, candles: Candles, timeframe: Timeframe) -> None:
    """Refuse candles that no market could have made.

    Raises:
        DataError: if there are none, or they are not in order, or one contradicts itself.
    """
    if not len(candles):
        raise DataError(f'"{symbol}" has no candles')
    stamps = candles.timestamp
    if bool((np.diff(stamps) <= 0).any()):
        raise DataError(f'candles of "{symbol}" are not in order, or twice there')
    if not np.array_equal(timeframe.floors(stamps), stamps):
        raise DataError(f'candles of "{symbol}" do not open where {timeframe} candles do')
    columns = np.stack([getattr(candles, name) for name in (*PRICE_COLUMNS, "volume")])
    opened, high, low, closed, volume = columns
    sound = np.isfinite(columns).all(axis=0) & (low > 0) & (volume >= 0)
    sound &= (low <= np.minimum(opened, closed)) & (high >= np.maximum(opened, closed))
    if not sound.all():
        place = int(np.argmin(sound))
        broken = next(iter(candles.take(slice(place, place + 1))))
        raise DataError(f'a candle of "{symbol}" cannot be replayed: {broken}')


def _step(numbers: FloatColumn) -> Decimal:
    for decimals in range(DECIMALS):
        if np.array_equal(np.round(numbers, decimals), numbers):
            return Decimal(1).scaleb(-decimals)
    return Decimal(1).scaleb(-DECIMALS)
