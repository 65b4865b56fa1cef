"""Sizes, positions and orders without float dust.

Floats make ``0.1 + 0.2 - 0.3`` a position of 5.6e-17. Here a remainder that small, compared
with the largest size held since flat, counts as zero, so that positions and trades close.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable
from typing import Any, Final

import backtrader as bt
from backtrader.order import OrderData, OrderExecutionBit
from backtrader.position import Position

DUST: Final = 1e-10
"""A remainder below this share of the largest size involved is rounding, not an amount."""


class DustlessPosition(Position):
    """A position that is flat when only rounding remains of it."""

    def __init__(self, size: float = 0, price: float = 0.0, *, dust: float = 0.0) -> None:
        super().__init__(size, price)
        self.dust = dust
        """An amount too small to be traded; 0 where the market sets none."""
        self.trade_size: float | None = None
        """What the trade of the next order holds, if that is known."""
        self._peak = abs(size)

    def clone(self) -> DustlessPosition:
        return copy.copy(self)

    def pseudoupdate(self, size: float, price: float) -> tuple[float, float, float, float]:
        return self.clone().update(size, price)

    def update(
        self, size: float, price: float, dt: Any = None
    ) -> tuple[float, float, float, float]:
        """Add *size*; dust that would remain, of the trade or of all, is executed with it."""
        self.size, size = self.rounded(size)
        before = self.size
        result = super().update(size, price, dt)
        self._peak = self.peak_after(before)
        return result

    def rounded(self, size: float) -> tuple[float, float]:
        """Return what to take as held and as executed, that no dust remains of *size*."""
        trade = self.size if self.trade_size is None else self.trade_size
        if self._is_dust(trade, size):
            size = -trade
        # Trades under several ids add up to the position but for rounding.
        return (-size if self._is_dust(self.size, size) else self.size), size

    def peak_after(self, before: float) -> float:
        """Return the largest size held since flat, *before* being the one until now."""
        size = abs(self.size)
        return max(self._peak, size) if before * self.size > 0 else size

    def _is_dust(self, held: float, change: float) -> bool:
        if held * change >= 0:
            return False
        dust = max(self.dust, DUST * self._peak, DUST * abs(held))
        return abs(held + change) <= dust


class DustlessPositions(dict[bt.AbstractDataBase, DustlessPosition]):
    """Positions made when first asked for."""

    def __init__(self, dust_of: Callable[[bt.AbstractDataBase], float]) -> None:
        super().__init__()
        self._dust_of = dust_of
        self.on_new: Callable[[DustlessPosition], None] | None = None
        """Who wants to know of new ones."""

    def __missing__(self, data: bt.AbstractDataBase) -> DustlessPosition:
        position = self[data] = DustlessPosition(dust=self._dust_of(data))
        if self.on_new is not None:
            self.on_new(position)
        return position


class TradeSizes:
    """What each trade holds, summed exactly as Backtrader's strategies sum it."""

    def __init__(self) -> None:
        self._sizes: dict[tuple[int, int, int], float] = {}

    def of(self, order: bt.Order) -> float:
        """Return what the trade that *order* belongs to holds."""
        return self._sizes.get(self._key(order), 0.0)

    def add(self, order: bt.Order, fill: OrderExecutionBit) -> None:
        """Count a fill of *order*."""
        key = self._key(order)
        size = self._sizes.pop(key, 0.0) + fill.closed + fill.opened
        if size:
            self._sizes[key] = size

    def _key(self, order: bt.Order) -> tuple[int, int, int]:
        terms = order.p
        return id(terms.owner), id(terms.data), terms.tradeid


class DustlessOrderData(OrderData):
    """An order's executions; complete when only rounding remains to be executed."""

    def __init__(self, *, remsize: float, dust: float = 0.0) -> None:
        super().__init__(remsize=remsize)
        self._dust = max(dust, DUST * abs(remsize))

    def addbit(self, exbit: OrderExecutionBit) -> None:
        super().addbit(exbit)
        if self.remsize and abs(self.remsize) <= self._dust:
            self.remsize = 0


def with_fractional_sizes(comminfo: bt.CommInfoBase) -> bt.CommInfoBase:
    """Return *comminfo*, sizing in fractions where it would have used whole units.

    A scheme with a ``getsize`` of its own keeps it.
    """
    if type(comminfo).getsize is not bt.CommInfoBase.getsize:
        return comminfo
    fractional = copy.copy(comminfo)
    fractional.getsize = functools.partial(fractional_size, comminfo)  # type: ignore[method-assign]
    return fractional


def fractional_size(comminfo: bt.CommInfoBase, price: float, cash: float) -> float:
    """Return how much *cash* buys at *price*, leverage included."""
    unit = price if comminfo.stocklike else comminfo.get_margin(price)
    return float(comminfo.get_leverage() * (cash / unit))
