"""Checks the parameters given to a strategy against those it declares.

A declared default tells the type: ``fast = 10`` takes whole numbers, ``stop = 0.02`` any
number, ``name = "x"`` text, ``None`` anything. Text, as from a command line, is converted.
"""

from __future__ import annotations

import ast
import contextlib
import datetime as dt
import math
import warnings
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any, Final, TypeVar

from cracktrader.errors import ConfigError, did_you_mean
from cracktrader.observability.redact import is_secret_name

_TRUE: Final = frozenset({"1", "true", "yes", "on"})
_FALSE: Final = frozenset({"0", "false", "no", "off"})
_NONE: Final = frozenset({"", "none", "null"})
_LONGEST_SHOWN: Final = 40
_Moment = TypeVar("_Moment", dt.datetime, dt.date, dt.time)


class _Misfit(Exception):
    """Says what would have fitted."""


def coerce_params(declared: Mapping[str, object], given: Mapping[str, object]) -> dict[str, object]:
    """Return *given* with each value in the type of its declared default.

    Raises:
        ConfigError: if a parameter is not declared, or its value does not fit.
    """
    return {name: _coerced(name, value, declared) for name, value in given.items()}


def _coerced(name: str, value: object, declared: Mapping[str, object]) -> object:
    if name not in declared:
        known = ", ".join(declared) or "none"
        hint = did_you_mean(name, declared) or f" It declares: {known}."
        raise ConfigError(f'the strategy has no parameter "{name}".{hint}')
    try:
        return _convert(value, declared[name])
    except _Misfit as exc:
        expected = str(exc)
    # A misplaced secret must not come back in an error.
    shown = "something else" if is_secret_name(name) else _shown(value)
    raise ConfigError(f'parameter "{name}" must be {expected}, was {shown}')


def _convert(value: object, default: object) -> object:
    if default is None:
        return _guess(value)
    for kind, convert in _CONVERSIONS.items():
        if isinstance(default, kind):
            return convert(value, default)
    if isinstance(value, str):
        raise _Misfit(f"a {type(default).__name__}, which only Python code can give")
    return value


def _to_bool(value: object, _default: object) -> bool:
    word = str(value).strip().lower()
    if isinstance(value, bool | int | str) and word in _TRUE | _FALSE:
        return word in _TRUE
    raise _Misfit("true or false")


def _to_int(value: object, default: object) -> int:
    expected = f'a whole number like {default} (a default of "{default}.0" would allow fractions)'
    if isinstance(value, str):
        # Not by way of float, which rounds beyond 2**53.
        with contextlib.suppress(ValueError):
            return int(value)
    number = _number(value, expected)
    if not number.is_integer():
        raise _Misfit(expected)
    return value if isinstance(value, int) else int(number)


def _to_float(value: object, default: object) -> float:
    return _number(value, f"a number like {default}")


def _number(value: object, expected: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise _Misfit(expected)
    try:
        number = float(value)
    except (ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise _Misfit(expected)
    return number


def _to_decimal(value: object, default: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise _Misfit(f"a number like {default}")
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        number = Decimal("nan")
    if not number.is_finite():
        raise _Misfit(f"a number like {default}")
    return number


def _to_text(value: object, _default: object) -> str:
    if not isinstance(value, str):
        raise _Misfit("text")
    return value


def _to_enum(value: object, default: Enum) -> Enum:
    members = list(type(default))
    for member in members:
        if any(value == known for known in (member, member.name, member.value)):
            return member
    raise _Misfit(f"one of {', '.join(member.name for member in members)}")


def _to_datetime(value: object, default: dt.datetime) -> dt.datetime:
    moment = _parsed(value, dt.datetime, f"a time like {default.isoformat()}")
    # Backtrader compares with naive UTC: both must be of one kind.
    if (moment.tzinfo is None) != (default.tzinfo is None):
        zone = "without" if default.tzinfo is None else "with"
        raise _Misfit(f"a time {zone} a time zone, like {default.isoformat()}")
    return moment


def _to_date(value: object, default: dt.date) -> dt.date:
    return _parsed(value, dt.date, f"a date like {default.isoformat()}")


def _to_time(value: object, default: dt.time) -> dt.time:
    return _parsed(value, dt.time, f"a time of day like {default.isoformat()}")


def _parsed(value: object, kind: type[_Moment], expected: str) -> _Moment:
    if isinstance(value, kind) and type(value) is kind:
        return value
    try:
        return kind.fromisoformat(str(value))
    except ValueError:
        raise _Misfit(expected) from None


def _to_sequence(value: object, default: tuple[object, ...] | list[object]) -> object:
    items = _items(value)
    kinds = {type(item) for item in default}
    if len(kinds) == 1:
        items = [_convert(item, default[0]) for item in items]
    elif isinstance(value, str):
        items = [_guess(item) for item in items]
    return type(default)(items) if type(default) in {tuple, list} else items


def _items(value: object) -> list[object]:
    if isinstance(value, list | tuple):
        return list(value)
    if not isinstance(value, str):
        raise _Misfit("a list like 1,2,3")
    text = value.strip()
    if text[:1] in {"(", "["}:
        found = _literal(text)
        if not isinstance(found, list | tuple):
            raise _Misfit("a list like 1,2,3")
        return list(found)
    return [item.strip() for item in text.split(",") if item.strip()]


def _guess(value: object) -> object:
    """Return what text looks like: a number, true or false, nothing, a list, or text."""
    if not isinstance(value, str):
        return value
    word = value.strip().lower()
    if word in _NONE:
        return None
    if word in {"true", "false"}:
        return word == "true"
    found = _literal(value.strip())
    return value if found is None else found


def _literal(text: str) -> object:
    try:
        with warnings.catch_warnings():
            # Python warns of text that is almost a number, such as "1if".
            warnings.simplefilter("ignore")
            return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None


def _shown(value: object) -> str:
    text = " ".join(str(value).split())
    shown = text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
    return f'"{shown}"' if isinstance(value, str) else f"{shown} ({type(value).__name__})"


# In this order: a bool is an int too, and a datetime a date.
_CONVERSIONS: Final[dict[type, Callable[[Any, Any], object]]] = {
    Enum: _to_enum,
    bool: _to_bool,
    int: _to_int,
    float: _to_float,
    str: _to_text,
    Decimal: _to_decimal,
    dt.datetime: _to_datetime,
    dt.date: _to_date,
    dt.time: _to_time,
    tuple: _to_sequence,
    list: _to_sequence,
}
