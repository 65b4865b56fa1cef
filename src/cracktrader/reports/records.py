"""What a run leaves behind: orders, fills, round trips, equity, instruments.

Times are int ms UTC as Backtrader has them: a bar is named by its own ``datetime``, which is
the candle's close for this framework's feeds. Money is in the account's currency, amounts in
units of the instrument, everything called return or excursion is a fraction (0.01 = 1 %).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from cracktrader.domain.candle import Candles, FloatColumn, IntColumn
from cracktrader.domain.trade import Side


@dataclass(frozen=True, slots=True, kw_only=True)
class FillRecord:
    """A part of an order that was executed.

    *closed* and *opened* are signed and add up to the executed size; *pnl* is gross;
    *position* is the signed size held afterwards; *slippage* and *spread* (paid, in money) are
    None if the broker does not tell them.
    """

    order: int
    symbol: str
    timestamp: int
    side: Side
    amount: float
    price: float
    closed: float
    opened: float
    fee: float
    closed_fee: float
    pnl: float
    position: float
    multiplier: float = 1.0
    slippage: float | None = None
    spread: float | None = None

    @property
    def cost(self) -> float:
        """What was traded, in money, always positive."""
        return self.amount * self.price * self.multiplier


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderEvent:
    """One status an order was reported in."""

    order: int
    timestamp: int
    status: str
    filled: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRecord:
    """An order as it was asked for and what became of it.

    *number* counts orders within the run from 1; *type* and *status* are Backtrader's words.
    """

    number: int
    symbol: str
    side: Side
    type: str
    amount: float
    price: float | None
    limit_price: float | None
    created: int
    status: str
    filled: float
    average: float | None
    fee: float
    reason: str = ""
    parent: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundTrip:
    """From flat to flat in one instrument; still open if it has no exit.

    *pnl* is net of *fee*; of an open trip it is what was realised so far. *amount* is all that
    was entered. *adverse* and *favorable* are the worst and best price seen, against the entry.
    """

    number: int
    symbol: str
    side: str
    amount: float
    entry_timestamp: int
    entry_price: float
    entry_order: int
    pnl: float
    gross_pnl: float
    fee: float
    return_: float
    bars: int
    entry_reason: str = ""
    exit_timestamp: int | None = None
    exit_price: float | None = None
    exit_order: int | None = None
    exit_reason: str = ""
    slippage: float | None = None
    adverse: float | None = None
    favorable: float | None = None

    @property
    def is_open(self) -> bool:
        """Whether the run ended before the position was closed."""
        return self.exit_timestamp is None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Equity:
    """Cash and value of the account after each bar, one row per time, rising."""

    timestamp: IntColumn = field(default_factory=lambda: np.empty(0, np.int64))
    cash: FloatColumn = field(default_factory=lambda: np.empty(0))
    value: FloatColumn = field(default_factory=lambda: np.empty(0))

    def __len__(self) -> int:
        return len(self.timestamp)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Instrument:
    """What was traded or watched, with its candles named by Backtrader's bar time.

    *symbol* is unique within the run; *market* is what two timeframes of one market share.
    *names_close* says that a bar's time is the candle's close, not its open.
    """

    symbol: str
    market: str
    timeframe: str
    candles: Candles
    names_close: bool = False
