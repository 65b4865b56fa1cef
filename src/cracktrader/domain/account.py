"""Balances and positions as the sum of fills.

Nothing here is ever set: an account is folded from fills and transfers, each counted
once however often it is reported.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType

from cracktrader.domain.trade import Side

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fee:
    """What one fill cost; *amount* in units of *currency*, negative for a rebate."""

    currency: str
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """A part of an order that was executed.

    (exchange, symbol, trade_id) names it: the same fill may be reported any number of times.
    """

    exchange: str
    symbol: str
    trade_id: str
    side: Side
    amount: Decimal
    price: Decimal
    timestamp: int
    fee: Fee | None = None
    is_maker: bool | None = None
    client_order_id: str | None = None
    exchange_order_id: str | None = None

    def __post_init__(self) -> None:
        if self.amount <= 0:
            raise ValueError(f"a fill has a positive amount, was {self.amount}")

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells this fill from any other."""
        return self.exchange, self.symbol, self.trade_id

    @property
    def signed_amount(self) -> Decimal:
        """The amount, negative for a sale."""
        return self.amount if self.side == "buy" else -self.amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """What is held of one symbol: signed amount and the average price it was entered at."""

    symbol: str
    amount: Decimal = _ZERO
    average: Decimal = _ZERO
    realized: Decimal = _ZERO
    """Profit of the closed parts in quote currency, before fees."""

    def after(self, fill: Fill) -> Position:
        """Return the position once *fill* is counted."""
        old, change = self.amount, fill.signed_amount
        new = old + change
        closed = min(abs(old), abs(change)) if old * change < 0 else _ZERO
        gain = (fill.price - self.average) * closed
        return Position(
            symbol=self.symbol,
            amount=new,
            average=self._average_after(new, fill),
            realized=self.realized + (gain if old > 0 else -gain),
        )

    def _average_after(self, new: Decimal, fill: Fill) -> Decimal:
        if new == 0:
            return _ZERO
        if self.amount * fill.signed_amount >= 0:
            held = abs(self.amount)
            return (held * self.average + fill.amount * fill.price) / abs(new)
        crossed = (new > 0) != (self.amount > 0)
        return fill.price if crossed else self.average


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Spot balances and positions of one account, and the keys of the fills they came from."""

    balances: Mapping[str, Decimal] = field(default_factory=lambda: MappingProxyType({}))
    positions: Mapping[str, Position] = field(default_factory=lambda: MappingProxyType({}))
    seen: frozenset[tuple[str, str, str]] = frozenset()

    def with_balance(self, currency: str, change: Decimal) -> Account:
        """Return the account after a deposit (positive) or a withdrawal."""
        balances = dict(self.balances)
        balances[currency] = balances.get(currency, _ZERO) + change
        return Account(balances=balances, positions=self.positions, seen=self.seen)

    def after(self, fills: Iterable[Fill]) -> Account:
        """Return the account once *fills* are counted; a fill seen before changes nothing.

        Symbols must be spot (``BASE/QUOTE``): each fill moves both balances, and its fee the
        balance of the fee's own currency.
        """
        balances, positions, seen = dict(self.balances), dict(self.positions), set(self.seen)
        for fill in fills:
            if fill.key in seen:
                continue
            seen.add(fill.key)
            for currency, change in _moves(fill):
                balances[currency] = balances.get(currency, _ZERO) + change
            position = positions.get(fill.symbol, Position(symbol=fill.symbol))
            positions[fill.symbol] = position.after(fill)
        return Account(balances=balances, positions=positions, seen=frozenset(seen))


def _moves(fill: Fill) -> Iterable[tuple[str, Decimal]]:
    base, _, quote = fill.symbol.partition("/")
    if not quote or ":" in quote:
        raise ValueError(f'"{fill.symbol}" is not a spot symbol like BTC/USDT')
    yield base, fill.signed_amount
    yield quote, -fill.signed_amount * fill.price
    if fill.fee is not None:
        yield fill.fee.currency, -fill.fee.amount
