"""Sizes, positions and orders without float dust.

Floats make ``0.1 + 0.2 - 0.3`` a position of 5.6e-17. Here a remainder that small, compared
with the largest size held since flat, counts as zero, so that positions and trades close.
"""

from __future__ import annotations

import copy
import functools
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
        self._peak = abs(size)

    def clone(self) -> DustlessPosition:
        return copy.copy(self)

    def pseudoupdate(self, size: float, price: float) -> tuple[float, float, float, float]:
        return self.clone().update(size, price)

    def update(
        self, size: float, price: float, dt: Any = None
    ) -> tuple[float, float, float, float]:
        """Add *size*; a remainder that is dust is executed along with it."""
        reduces = self.size * size < 0
        if reduces and abs(self.size + size) <= max(self.dust, DUST * self._peak):
            size = -self.size
        before = self.size
        result = super().update(size, price, dt)
        keeps_side = before * self.size > 0
        self._peak = max(self._peak, abs(self.size)) if keeps_side else abs(self.size)
        return result


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
