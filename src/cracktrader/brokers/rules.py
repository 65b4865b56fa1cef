"""A market's rules for an order: what is rounded, and what is refused."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import backtrader as bt

from cracktrader.domain.market import Market, Precision, Rounding, to_decimal
from cracktrader.domain.trade import Side

# The orders whose prices are sent to the exchange as they are; trailing ones move by themselves.
_PRICED: Final = frozenset({bt.Order.Limit, bt.Order.Stop, bt.Order.StopLimit})
# A size this share of a step below the next one is meant to be there: 0.7999999999999999.
_SAME_STEP: Final = Decimal("0.001")


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why an order is refused: a stable code, and a sentence."""

    code: str
    text: str


def apply_rules(market: Market, order: bt.Order) -> Refusal | None:
    """Round *order* to the grid of *market*; return why it is refused, if it is."""
    created = order.created
    if not all(map(math.isfinite, (order.size, created.price, created.pricelimit))):
        return Refusal(code="not_a_number", text="a size and prices must be finite numbers")
    side: Side = "buy" if order.isbuy() else "sell"
    size = round_size(market, abs(order.size))
    if size == 0:
        return _too_small(market)
    order.size = created.size = size if order.isbuy() else -size
    order.executed.remsize = order.size
    is_priced = order.exectype in _PRICED
    if is_priced:
        created.price = round_price(market, created.price, side)
        created.pricelimit = round_price(market, created.pricelimit, side)
    has_limit = order.exectype in {bt.Order.StopLimit, bt.Order.StopTrailLimit}
    worth = created.pricelimit if has_limit else created.price
    return refusal(market, size=size, price=worth, is_priced=is_priced)


def round_size(market: Market, size: float) -> float:
    """Return *size* on the market's grid, rounded down, but not for float dust."""
    exact = to_decimal(size)
    below = market.amount_precision.round(exact, Rounding.DOWN)
    if below == exact:
        return float(below)
    above = market.amount_precision.round(exact, Rounding.UP)
    is_there = above - exact <= (above - below) * _SAME_STEP
    return float(above if is_there else below)


def round_price(market: Market, price: float, side: Side) -> float:
    """Return a limit or stop price on the grid, never worse than asked: buys down, sells up."""
    nearest = market.price_precision.round(to_decimal(price), Rounding.NEAREST)
    if float(nearest) == price:
        return price
    return float(market.round_price(price, side))


def refusal(market: Market, *, size: float, price: float, is_priced: bool) -> Refusal | None:
    """Say why the exchange would refuse *size* at *price*, or None if it would not.

    *is_priced* tells a price that the order states from one that merely values it.
    """
    worth = to_decimal(price)
    if not is_priced:
        worth = market.price_precision.round(worth, Rounding.NEAREST)
    if (reason := market.refusal(to_decimal(size), worth)) is None:
        return None
    code, _, text = reason.partition(": ")
    return Refusal(code=code, text=text)


def short_sale(market: Market, order: bt.Order, *, held: float, dust: float) -> Refusal | None:
    """Refuse a sale of more than is *held* on a spot market."""
    left = order.executed.remsize
    if market.type != "spot" or held + left >= -dust:
        return None
    text = f"a spot market cannot be sold short: {held:.12g} held, {-left:.12g} to be sold"
    return Refusal(code="insufficient_base", text=text)


def _too_small(market: Market) -> Refusal:
    least = market.amount_limits.min or market.amount_precision.step
    return Refusal(code="amount_step", text=f"the size is below the smallest step {least}")


def smallest_step(precision: Precision) -> float:
    """Return the distance of two neighbours on the grid; 0 where it is not the same everywhere."""
    return float(precision.step or 0)
