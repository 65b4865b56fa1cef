"""CCXT's dicts and rows → our objects, one function each."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from ccxt import DECIMAL_PLACES, SIGNIFICANT_DIGITS

from cracktrader.domain.candle import Candles
from cracktrader.domain.market import INSTRUMENT_TYPES, InstrumentType, Limits, Market, Precision

_NO_LIMITS: Final[Mapping[str, Any]] = {}


def to_market(market: Mapping[str, Any], *, precision_mode: int) -> Market | None:
    """Return a market, or None if it is of a kind that nobody trades here (an index, say).

    *precision_mode* is CCXT's TICK_SIZE, SIGNIFICANT_DIGITS or DECIMAL_PLACES.
    """
    kind = market.get("type")
    names = (market.get("symbol"), market.get("base"), market.get("quote"))
    if kind not in INSTRUMENT_TYPES or not all(names):
        return None
    precision = market.get("precision") or _NO_LIMITS
    limits = market.get("limits") or _NO_LIMITS
    return Market(
        symbol=str(names[0]),
        base=str(names[1]),
        quote=str(names[2]),
        type=kind,
        settle=market.get("settle"),
        is_active=market.get("active") is not False,
        is_linear=market.get("linear"),
        contract_size=_positive(market.get("contractSize")) or Decimal(1),
        amount_precision=to_precision(precision.get("amount"), precision_mode),
        price_precision=to_precision(precision.get("price"), precision_mode),
        amount_limits=_limits(limits.get("amount")),
        price_limits=_limits(limits.get("price")),
        cost_limits=_limits(limits.get("cost")),
        maker=to_decimal(market.get("maker")),
        taker=to_decimal(market.get("taker")),
    )


def is_of_type(market: Mapping[str, Any], instrument_type: InstrumentType) -> bool:
    """Whether *market* is traded by a connection of this type; margin trades spot markets."""
    if instrument_type == "margin":
        # Many exchanges do not say; only a plain "no" is one.
        return market.get("type") in {"spot", "margin"} and market.get("margin") is not False
    return market.get("type") == instrument_type


def to_precision(value: Any, mode: int) -> Precision:
    """Return the grid that CCXT's precision *value* means in *mode*; a free one if unknown."""
    number = to_decimal(value)
    if number is None:
        return Precision()
    if mode == SIGNIFICANT_DIGITS:
        return Precision(significant_digits=int(number)) if number >= 1 else Precision()
    if mode == DECIMAL_PLACES:
        # Negative places are real: -2 means whole hundreds.
        return Precision(step=Decimal(1).scaleb(-int(number)))
    return Precision(step=number) if number > 0 else Precision()


def to_decimal(value: Any) -> Decimal | None:
    """Return the number as a person reads it, None if there is none or it is not finite."""
    if value is None or isinstance(value, bool):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def to_candles(rows: Sequence[Sequence[Any]]) -> Candles:
    """Return CCXT's rows as columns.

    Raises:
        ValueError: if a row is no candle.
    """
    for row in rows:
        # CCXT answers a page it did not understand with rows of None.
        if len(row) < 6 or not isinstance(row[0], int | float) or not math.isfinite(row[0]):
            raise ValueError(f"no candle: {list(row)[:6]}")
    return Candles.from_rows([row[:6] for row in rows])


def to_dict(reply: Any) -> dict[str, Any]:
    """Return CCXT's dict.

    Raises:
        TypeError: if it is none.
    """
    if not isinstance(reply, dict):
        raise TypeError(f"a dict was expected, not {type(reply).__name__}")
    return reply


def to_list(reply: Any) -> list[dict[str, Any]]:
    """Return CCXT's list of dicts.

    Raises:
        TypeError: if it is none.
    """
    if not isinstance(reply, list):
        raise TypeError(f"a list was expected, not {type(reply).__name__}")
    return reply


def _limits(limits: Mapping[str, Any] | None) -> Limits:
    if not limits:
        return Limits()
    return Limits(min=to_decimal(limits.get("min")), max=_positive(limits.get("max")))


def _positive(value: Any) -> Decimal | None:
    number = to_decimal(value)
    return number if number is not None and number > 0 else None
