"""Published fees per exchange, from a table that says where each came from."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import Any, Final

from cracktrader.errors import ConfigError, did_you_mean

_TABLE: Final = "fee_presets.toml"
# Futures with an expiry cost what perpetuals cost; margin trades are spot trades.
_ALIASES: Final = {"future": "swap", "margin": "spot"}


@dataclass(frozen=True, slots=True, kw_only=True)
class FeePreset:
    """What an account of the lowest tier pays, as fractions of the cost."""

    exchange: str
    maker: float
    taker: float
    source: str
    """Where the exchange publishes it."""
    checked: str
    """What the rates were compared with when they were entered."""


def preset_names() -> tuple[str, ...]:
    """Return the exchanges that the table knows."""
    return tuple(sorted(_load_table()))


def load_preset(exchange: str, instrument_type: str = "spot") -> FeePreset:
    """Return the fees of *exchange*.

    Raises:
        ConfigError: if the table has no such exchange or instrument type.
    """
    table = _load_table()
    if exchange not in table:
        raise ConfigError(
            f'no fee preset "{exchange}".{did_you_mean(exchange, table)} '
            f"There are: {', '.join(table)}"
        )
    row = table[exchange]
    fees = row.get(_ALIASES.get(instrument_type, instrument_type))
    if not isinstance(fees, dict):
        raise ConfigError(f'the fee preset "{exchange}" has no fees for "{instrument_type}"')
    return FeePreset(exchange=exchange, source=row["source"], checked=row["checked"], **fees)


@functools.cache
def _load_table() -> dict[str, dict[str, Any]]:
    return tomllib.loads(resources.files(__package__).joinpath(_TABLE).read_text("utf-8"))
