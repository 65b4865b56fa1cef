"""Turns words of the command line into exchanges and timeframes, or says what is possible."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from cracktrader.cli.exits import UsageError
from cracktrader.domain.market import INSTRUMENT_TYPES, InstrumentType
from cracktrader.domain.timeframe import Timeframe
from cracktrader.errors import ConfigError, did_you_mean

if TYPE_CHECKING:
    from cracktrader.config import Config

# Candles of a local exchange and of a test network are kept under names that end so.
OTHER_ORIGINS: Final = frozenset({"local", "sandbox"})


@contextlib.contextmanager
def typed_by_user() -> Iterator[None]:
    """Turn a ConfigError about a word of the command line into a UsageError.

    Exit code 3 says that a file must be edited; here it is the command.
    """
    try:
        yield
    except ConfigError as exc:
        raise UsageError(str(exc)) from exc


def choose_exchange(given: str | None, config: Config) -> str:
    """Return the exchange that is meant: *given*, or the only one in the settings.

    Raises:
        UsageError: if CCXT has none of that name, or it is not clear which.
    """
    configured = sorted(config.settings.exchange)
    if given is None:
        if len(configured) == 1:
            return configured[0]
        known = f" The settings name {', '.join(configured)}." if configured else ""
        raise UsageError(f"which exchange? Say --exchange, e.g. --exchange binance.{known}")
    exchange, name = _read_origin(given, config)
    if name != config.exchange(exchange).archive_name(exchange):
        raise UsageError(
            f'"{name}" is what the archive calls candles of another place than the real '
            f"{exchange}; the settings do not lead there. Give those that do, with -c"
        )
    return exchange


def choose_origin(given: str | None, config: Config) -> tuple[str, str]:
    """Return the exchange that is meant, and the archive's name for candles of it.

    *given* may be such a name itself: ``binance-local``, ``binance-sandbox``.

    Raises:
        UsageError: if CCXT has none of that name, or it is not clear which.
    """
    if given is None:
        exchange = choose_exchange(given, config)
        return exchange, config.exchange(exchange).archive_name(exchange)
    return _read_origin(given, config)


def choose_type(given: str | None, exchange: str, config: Config) -> InstrumentType:
    """Return the instrument type that is meant: *given*, or what the settings say.

    Raises:
        UsageError: if there is no such type.
    """
    if given is None:
        return config.exchange(exchange).instrument_type
    if given not in INSTRUMENT_TYPES:
        hint = did_you_mean(given, INSTRUMENT_TYPES)
        raise UsageError(f'type was "{given}"; use {", ".join(INSTRUMENT_TYPES)}.{hint}')
    return given


def read_timeframes(words: Iterable[str]) -> list[Timeframe]:
    """Return timeframes from short to long, each once.

    Raises:
        UsageError: if a word is none.
    """
    try:
        found = {Timeframe.parse(word) for word in words}
    except ValueError as exc:
        raise UsageError(str(exc)) from None
    return sorted(found, key=lambda each: each.duration_ms)


def require_symbols(symbols: tuple[str, ...]) -> tuple[str, ...]:
    """Return *symbols*, each once.

    Raises:
        UsageError: if there is none.
    """
    if not symbols:
        raise UsageError("which market? Say --symbol, e.g. --symbol BTC/USDT")
    return tuple(dict.fromkeys(symbols))


def _read_origin(given: str, config: Config) -> tuple[str, str]:
    from cracktrader.exchange.ids import require_exchange_id

    bare, dash, place = given.strip().lower().rpartition("-")
    if dash and place in OTHER_ORIGINS:
        with typed_by_user():
            exchange = require_exchange_id(bare)
        return exchange, f"{exchange}-{place}"
    with typed_by_user():
        exchange = require_exchange_id(given)
    return exchange, config.exchange(exchange).archive_name(exchange)
