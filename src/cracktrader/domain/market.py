"""A Market: precision, limits, and rounding to them."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from typing import Final, Literal

from cracktrader.domain.trade import Side

InstrumentType = Literal["spot", "margin", "swap", "future", "option"]
INSTRUMENT_TYPES: Final[tuple[InstrumentType, ...]] = ("spot", "margin", "swap", "future", "option")


class Rounding(enum.Enum):
    """Which way a number may move."""

    DOWN = ROUND_FLOOR
    UP = ROUND_CEILING
    NEAREST = ROUND_HALF_EVEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Precision:
    """The grid a number must lie on: a step, or a count of significant digits, or neither."""

    step: Decimal | None = None
    significant_digits: int | None = None

    def __post_init__(self) -> None:
        if self.step is not None and self.step <= 0:
            raise ValueError(f"a step must be positive, was {self.step}")
        if self.significant_digits is not None and self.significant_digits < 1:
            raise ValueError(f"significant digits must be 1 or more, was {self.significant_digits}")

    def round(self, value: Decimal, rounding: Rounding) -> Decimal:
        """Return the number on the grid next to *value*, in the given direction."""
        step = self._step_at(value)
        if step is None:
            return value
        return (value / step).to_integral_value(rounding=rounding.value) * step

    def holds(self, value: Decimal) -> bool:
        """Whether *value* lies on the grid."""
        return self.round(value, Rounding.NEAREST) == value

    def _step_at(self, value: Decimal) -> Decimal | None:
        if self.step is not None:
            return self.step
        if self.significant_digits is None or not value:
            return None
        return Decimal(1).scaleb(value.adjusted() - self.significant_digits + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Smallest and largest allowed value; None where the exchange gives none."""

    min: Decimal | None = None
    max: Decimal | None = None

    def broken_by(self, value: Decimal) -> str | None:
        """Say how *value* breaks the limits, or None."""
        if self.min is not None and value < self.min:
            return f"{value} is below the minimum {self.min}"
        if self.max is not None and value > self.max:
            return f"{value} is above the maximum {self.max}"
        return None


_FREE: Final = Precision()
_UNLIMITED: Final = Limits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """What can be traded under one symbol, and the rules an order for it must keep.

    Amounts are in base currency (contracts for derivatives), prices in quote currency, fees
    a fraction of the cost (0.001 = 0.1 %; negative is a rebate), None where unknown.
    """

    symbol: str
    base: str
    quote: str
    type: InstrumentType = "spot"
    settle: str | None = None
    is_active: bool = True
    is_linear: bool | None = None
    contract_size: Decimal = Decimal(1)
    amount_precision: Precision = _FREE
    price_precision: Precision = _FREE
    amount_limits: Limits = _UNLIMITED
    price_limits: Limits = _UNLIMITED
    cost_limits: Limits = _UNLIMITED
    maker: Decimal | None = None
    taker: Decimal | None = None

    def round_amount(self, amount: Decimal | float) -> Decimal:
        """Return *amount* on the exchange's grid, never more than asked (towards zero)."""
        exact = to_decimal(amount)
        rounded = self.amount_precision.round(abs(exact), Rounding.DOWN)
        return rounded.copy_sign(exact)

    def round_price(self, price: Decimal | float, side: Side) -> Decimal:
        """Return *price* on the grid, never worse than asked: buys down, sells up."""
        rounding = Rounding.DOWN if side == "buy" else Rounding.UP
        return self.price_precision.round(to_decimal(price), rounding)

    def refusal(self, amount: Decimal, price: Decimal) -> str | None:
        """Say why the exchange would refuse *amount* at *price*, or None if it would not.

        The first word is a stable reason code: ``amount_step``, ``price_step``,
        ``amount_limit``, ``price_limit`` or ``cost_limit``.
        """
        amount = abs(amount)
        if amount == 0 or not self.amount_precision.holds(amount):
            return f"amount_step: {amount} is no multiple of {self.amount_precision.step}"
        if not self.price_precision.holds(price):
            return f"price_step: {price} is no multiple of {self.price_precision.step}"
        checks = (
            ("amount_limit", self.amount_limits, amount),
            ("price_limit", self.price_limits, price),
            ("cost_limit", self.cost_limits, self.cost(amount, price)),
        )
        for code, limits, value in checks:
            if reason := limits.broken_by(value):
                return f"{code}: {reason}"
        return None

    def cost(self, amount: Decimal, price: Decimal) -> Decimal:
        """Return what *amount* at *price* is worth: quote currency; base for inverse contracts."""
        if self.is_linear is False:
            return amount * self.contract_size / price
        return amount * self.contract_size * price


def to_decimal(number: Decimal | float) -> Decimal:
    """Return the decimal a person reads: 0.1 becomes 0.1, not 0.1000000000000000055.

    Raises:
        ValueError: if *number* is not finite.
    """
    exact = number if isinstance(number, Decimal) else Decimal(repr(float(number)))
    if not exact.is_finite():
        raise ValueError(f"a finite number is needed, was {number}")
    return exact
