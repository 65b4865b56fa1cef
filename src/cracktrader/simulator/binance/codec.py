"""Query strings to arguments, numbers to Binance's decimal strings."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from urllib.parse import parse_qsl

import orjson

from cracktrader.simulator.binance.refusals import Refused
from cracktrader.simulator.listing import DECIMALS

_QUANTUM: Final = Decimal(1).scaleb(-DECIMALS)
_LARGEST: Final = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Param:
    """A query parameter: its name and the characters Binance allows in it."""

    name: str
    legal: str
    is_mandatory: bool = False


_SYMBOL_CHARS: Final = "[A-Z0-9-_.]{1,20}"
_NUMBER: Final = "^[0-9]{1,20}$"
_WORD: Final = "^[a-zA-Z0-9_:+-]{1,20}$"

SYMBOL: Final = Param("symbol", f"^{_SYMBOL_CHARS}$", is_mandatory=True)
SYMBOL_OPTIONAL: Final = Param("symbol", f"^{_SYMBOL_CHARS}$")
SYMBOLS: Final = Param("symbols", rf'^\["{_SYMBOL_CHARS}"(,"{_SYMBOL_CHARS}"){{0,}}\]$')
INTERVAL: Final = Param("interval", "^[0-9a-zA-Z]{1,10}$", is_mandatory=True)
START_TIME: Final = Param("startTime", _NUMBER)
END_TIME: Final = Param("endTime", _NUMBER)
LIMIT: Final = Param("limit", _NUMBER)
FROM_ID: Final = Param("fromId", _NUMBER)
TIME_ZONE: Final = Param("timeZone", "^[0-9:+-]{1,6}$")
TYPE: Final = Param("type", _WORD)
WINDOW_SIZE: Final = Param("windowSize", _WORD)
SYMBOL_STATUS: Final = Param("symbolStatus", _WORD)
PERMISSIONS: Final = Param("permissions", r'^[A-Z0-9_,"\[\]]{1,300}$')
SHOW_PERMISSION_SETS: Final = Param("showPermissionSets", "^(true|false)$")


def parse_query(query: str, params: Sequence[Param]) -> dict[str, str]:
    """Read a query string for an endpoint that knows *params*.

    Raises:
        Refused: with Binance's code for whatever is wrong with it.
    """
    pairs = parse_qsl(query, keep_blank_values=True, errors="replace")
    sent = dict(pairs)
    if len(sent) < len(pairs):
        raise Refused(-1101, "Duplicate values for a parameter detected.")
    for param in params:
        _require_legal(param, sent)
    if unread := sent.keys() - {param.name for param in params}:
        read = len(sent) - len(unread)
        raise Refused(
            -1104,
            f"Not all sent parameters were read; read '{read}' parameter(s) but was sent"
            f" '{len(sent)}'.",
        )
    return sent


def _require_legal(param: Param, sent: Mapping[str, str]) -> None:
    text = sent.get(param.name)
    if param.is_mandatory and not text:
        raise Refused(
            -1102,
            f"Mandatory parameter '{param.name}' was not sent, was empty/null, or malformed.",
        )
    if text is None:
        return
    if not text:
        raise Refused(-1105, f"Parameter '{param.name}' was empty.")
    if re.fullmatch(param.legal[1:-1], text, re.ASCII) is None:
        raise Refused(
            -1100,
            f"Illegal characters found in parameter '{param.name}';"
            f" legal range is '{param.legal}'.",
        )


def whole(query: Mapping[str, str], param: Param) -> int | None:
    """Return a parameter as a number, None if it was not sent.

    Raises:
        Refused: if it does not fit into 64 bits.
    """
    text = query.get(param.name)
    if text is None:
        return None
    number = int(text)
    if number > _LARGEST:
        raise Refused(-1108, f"Parameter '{param.name}' overflowed.")
    return number


def limit_of(query: Mapping[str, str], *, default: int, largest: int) -> int:
    """Return how many rows are wanted; like Binance, more than *largest* gives *largest*.

    Raises:
        Refused: if it is 0.
    """
    limit = whole(query, LIMIT)
    if limit == 0:
        raise Refused(-1130, "Data sent for parameter 'limit' is not valid.")
    return default if limit is None else min(limit, largest)


def json_bytes(content: object) -> bytes:
    """Return *content* as Binance sends it."""
    return orjson.dumps(content)


def text_of(number: float) -> str:
    """Return a float with eight decimals, or with as many more as it takes to be exact."""
    text = f"{number:.8f}"
    return text if float(text) == number else format(Decimal(repr(number)), "f")


def text_of_decimal(number: Decimal) -> str:
    """Return a decimal with at least eight decimals."""
    exponent = int(number.as_tuple().exponent)
    return format(number if exponent <= -DECIMALS else number.quantize(_QUANTUM), "f")
