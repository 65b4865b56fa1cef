"""What the local exchange lists: a Market for each symbol, read off its candles."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import numpy as np

from cracktrader.domain.candle import PRICE_COLUMNS, Candles, FloatColumn
from cracktrader.domain.market import Limits, Market, Precision
from cracktrader.errors import ConfigError

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


def _step(numbers: FloatColumn) -> Decimal:
    for decimals in range(DECIMALS):
        if np.array_equal(np.round(numbers, decimals), numbers):
            return Decimal(1).scaleb(-decimals)
    return Decimal(1).scaleb(-DECIMALS)
