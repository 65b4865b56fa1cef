"""A public trade (tick)."""

from __future__ import annotations

from typing import Literal, NamedTuple

Side = Literal["buy", "sell"]


class Trade(NamedTuple):
    """Something anyone saw trade on the exchange; *side* is the taker's."""

    timestamp: int
    """When, in ms UTC."""
    price: float
    amount: float
    """In base currency."""
    side: Side | None = None
    id: str | None = None
