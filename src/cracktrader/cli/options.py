"""Options that several commands share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

from cyclopts import Group, Parameter

_GENERAL: Final = Group("General options", sort_key=100)


@Parameter(name="*", group=_GENERAL)
@dataclass(frozen=True, kw_only=True)
class Common:
    """What every command understands."""

    config: Annotated[tuple[Path, ...], Parameter(name=("--config", "-c"), negative="")] = ()
    """Configuration file to read instead of those found by place; repeatable, the last wins."""
    verbose: Annotated[int, Parameter(name=("--verbose", "-v"), count=True)] = 0
    """Show progress messages; -vv adds details and tracebacks."""
    quiet: Annotated[bool, Parameter(name=("--quiet", "-q"), negative="")] = False
    """Only errors and the result."""


@Parameter(name="*", group=_GENERAL)
@dataclass(frozen=True, kw_only=True)
class Reporting(Common):
    """What every command that reports something understands."""

    json: Annotated[bool, Parameter(negative="")] = False
    """Print JSON on stdout instead of a table."""


COMMON: Final = Common()
REPORTING: Final = Reporting()


@Parameter(name="*", group=Group("Market", sort_key=1))
@dataclass(frozen=True, kw_only=True)
class Market:
    """Which candles, and when."""

    exchange: Annotated[str | None, Parameter(name=("--exchange", "-e"))] = None
    """CCXT's id, e.g. binance; may be left out if the settings name exactly one."""
    symbol: Annotated[tuple[str, ...], Parameter(name=("--symbol", "-s"))] = ()
    """Such as BTC/USDT; repeatable."""
    timeframe: Annotated[tuple[str, ...], Parameter(name=("--timeframe", "-t"))] = ()
    """Length of a candle: 1m, 15m, 1h, 1d, 1w, 1M; repeatable."""
    type: str | None = None
    """Instrument type: spot, swap, future; default: as the settings say, else spot."""
    since: str | None = None
    """Start: a date (UTC), or an age like 90d."""
    until: str | None = None
    """End, not included: a date (UTC), or an age; default: now."""


MARKET: Final = Market()
