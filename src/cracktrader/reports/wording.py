"""Numbers and times as people read them, the same in the terminal and in the report."""

from __future__ import annotations

import datetime as dt
from typing import Final

NOTHING: Final = "\u2013"
# A number stays on one line with its unit.
NBSP: Final = "\u00a0"
_MINUS: Final = "\u2212"
_SECOND, _MINUTE, _HOUR, _DAY = 1_000, 60_000, 3_600_000, 86_400_000


def percent(fraction: float | None, *, signed: bool = False, digits: int = 2) -> str:
    """Return ``12.34 %`` for 0.1234; huge ones without decimals."""
    if fraction is None:
        return NOTHING
    value = fraction * 100
    return f"{_number(value, digits if abs(value) < 10_000 else 0, signed=signed)}{NBSP}%"


def ratio(value: float | None, *, digits: int = 2) -> str:
    """Return a plain number, thousands separated."""
    return NOTHING if value is None else _number(value, digits, signed=False)


def money(value: float | None, currency: str = "", *, signed: bool = False) -> str:
    """Return an amount with two decimals, more if it is small, and its currency."""
    if value is None:
        return NOTHING
    text = _number(value, 2 if abs(value) >= 1 or not value else _digits_of(value), signed=signed)
    return f"{text} {currency}" if currency else text


def duration(milliseconds: int | None) -> str:
    """Return the two largest units: ``3 d 4 h``, ``12 min``."""
    if milliseconds is None:
        return NOTHING
    for unit, name, smaller, smaller_name in (
        (_DAY, "d", _HOUR, "h"),
        (_HOUR, "h", _MINUTE, "min"),
        (_MINUTE, "min", _SECOND, "s"),
    ):
        if milliseconds >= unit:
            whole, rest = divmod(milliseconds, unit)
            part = rest // smaller
            return f"{whole:,} {name} {part} {smaller_name}" if part else f"{whole:,} {name}"
    return f"{milliseconds // _SECOND} s"


def moment(timestamp: int | None) -> str:
    """Return ``2023-03-14 12:05`` UTC, with seconds only where there are some."""
    if timestamp is None:
        return NOTHING
    time = dt.datetime.fromtimestamp(timestamp / 1000, tz=dt.UTC)
    return time.strftime("%Y-%m-%d %H:%M:%S" if time.second else "%Y-%m-%d %H:%M")


def _number(value: float, digits: int, *, signed: bool) -> str:
    text = f"{abs(value):,.{digits}f}"
    if float(text.replace(",", "")) == 0:
        return text
    return f"{_MINUS if value < 0 else '+' if signed else ''}{text}"


def _digits_of(value: float) -> int:
    # Two significant digits: 0.00012 BTC must not read 0.00.
    exponent = int(f"{value:e}".partition("e")[2])
    return min(1 - exponent, 12) if exponent < -1 else 2
