"""An order book drawn from a seed around the last price."""

from __future__ import annotations

import random
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from cracktrader.domain.market import Market, Rounding
from cracktrader.simulator.ticks import Tick, mixed

Level = tuple[Decimal, Decimal]

_UPDATE_MS: Final = 100
_WIDEST_SPREAD: Final = 3
_STEP_BPS: Final = Decimal("0.0002")
_TYPICAL_COST: Final = 1_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """Levels as (price, amount), the best first."""

    bids: tuple[Level, ...] = ()
    asks: tuple[Level, ...] = ()
    update_id: int = 0


def draw_book(market: Market, last: Tick, *, now: int, limit: int, seed: int) -> Book:
    """Return the book after the trade *last*; it moves with each trade and every 100 ms.

    The last price is the best bid if a seller took it, else the best ask. A smaller *limit*
    gives the beginning of the same book.
    """
    update_id = now // _UPDATE_MS
    spread = 1 + mixed(seed, last.id, update_id) % _WIDEST_SPREAD
    tick = market.price_precision.step or Decimal("0.01")
    price = market.price_precision.round(last.price, Rounding.NEAREST)
    bid, ask = (
        (price, price + spread * tick) if last.is_buyer_maker else (price - spread * tick, price)
    )
    lot = market.amount_precision.step or Decimal("0.00000001")
    levels = _Levels(tick, lot, typical=_TYPICAL_COST / float(price), limit=limit)
    bits = (seed, last.id, update_id)
    return Book(
        bids=levels.draw(bid, -1, mixed(*bits, 0)),
        asks=levels.draw(ask, 1, mixed(*bits, 1)),
        update_id=update_id,
    )


@dataclass(frozen=True, slots=True)
class _Levels:
    tick: Decimal
    lot: Decimal
    typical: float
    limit: int

    def draw(self, price: Decimal, direction: int, seed: int) -> tuple[Level, ...]:
        rng = random.Random(seed)  # noqa: S311  (a market, not a secret)
        widest = max(int(price * _STEP_BPS / self.tick), 1)
        levels: list[Level] = []
        while len(levels) < self.limit and price > 0:
            lots = int(rng.lognormvariate(0, 1) * self.typical / float(self.lot)) + 1
            levels.append((price, lots * self.lot))
            price += direction * self.tick * rng.randint(1, widest)
        return tuple(levels)
