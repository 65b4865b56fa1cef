"""Looks at each configured exchange: reachable, clock, credentials."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from cracktrader.bootstrap import connected
from cracktrader.cli.checks import Check
from cracktrader.cli.exits import exit_code, one_line
from cracktrader.errors import AuthenticationError, CracktraderError, UnsupportedError

if TYPE_CHECKING:
    from cracktrader.config import Config
    from cracktrader.domain.clock import Clock
    from cracktrader.exchange.connection import Connection

# A doctor who lets patients wait for minutes is no use: one try, briefly.
_TIMEOUT_MS: Final = 5_000
_PATIENCE_S: Final = 60.0
_GOOD_OFFSET_MS: Final = 500
_LARGEST_OFFSET_MS: Final = 5_000


def check_exchanges(config: Config, clock: Clock) -> Iterator[Check]:
    """Ask every configured exchange for its time, its markets and, with a key, the balance."""
    if not config.settings.exchange:
        yield Check(
            name="exchanges",
            verdict="ok",
            message="none configured; public candles need no section in the settings",
        )
    impatient = _impatient(config)
    for name in sorted(config.settings.exchange):
        try:
            with connected(impatient, name) as connection:
                is_local = config.exchange(name).is_local
                yield from _check_one(connection, clock, is_local=is_local)
                if config.exchange(name).credentials():
                    yield check_credentials(connection)
        except CracktraderError as exc:
            yield _failure(name, exc, advice="see the exchange's status page, and your network")


def _check_one(connection: Connection, clock: Clock, *, is_local: bool) -> Iterator[Check]:
    name = connection.exchange
    asked = clock.time_ms()
    theirs = _call(connection, connection.server_time_ms())
    answered = clock.time_ms()
    offset_ms = theirs - (asked + answered) // 2
    source = "local exchange" if is_local else connection.time_source or ""
    yield check_offset(name, offset_ms, source=source)
    markets = _call(connection, connection.load_markets())
    message = f"reachable in {answered - asked:,} ms, {len(markets):,} markets"
    yield Check(name=name, verdict="ok", message=message)


def check_offset(name: str, offset_ms: int, *, source: str) -> Check:
    """Judge how far this machine's clock is from the exchange's."""
    label = f"{name} clock"
    if source == "local exchange":
        return Check(name=label, verdict="ok", message="a local exchange has its own time")
    if source == "local":
        return Check(name=label, verdict="ok", message="the exchange does not tell its time")
    message = f"{offset_ms:+,} ms from ours"
    if abs(offset_ms) <= _GOOD_OFFSET_MS + (1_000 if source == "header" else 0):
        return Check(name=label, verdict="ok", message=message)
    advice = "let the system set its clock (systemd-timesyncd, chrony); orders need it"
    verdict: Any = "warn" if abs(offset_ms) <= _LARGEST_OFFSET_MS else "fail"
    return Check(name=label, verdict=verdict, message=message, advice=advice)


def check_credentials(connection: Connection) -> Check:
    """Use the key for what changes nothing, and judge it."""
    name = f"{connection.exchange} key"
    try:
        _call(connection, connection.fetch_balance())
    except UnsupportedError:
        return Check(name=name, verdict="warn", message="the balance cannot be asked for")
    except AuthenticationError as exc:
        return _failure(name, exc, advice="check key, secret, permissions and IP allow-list")
    except CracktraderError as exc:
        return _failure(name, exc, advice="try again later")
    return judge_key(name, may_withdraw=_may_withdraw(connection))


def _may_withdraw(connection: Connection) -> bool | None:
    try:
        found: bool | None = _call(connection, connection.may_withdraw())
    except CracktraderError:
        # A local exchange and some sub-accounts do not tell; the key itself was accepted.
        return None
    return found


def judge_key(name: str, *, may_withdraw: bool | None) -> Check:
    """Judge a key that was accepted by whether money can be withdrawn with it."""
    message = "accepted; the balance can be read"
    if may_withdraw:
        return Check(
            name=name,
            verdict="warn",
            message=f"{message}, and money can be withdrawn with it",
            advice="make a key without that permission: trading never needs it",
        )
    if may_withdraw is None:
        return Check(name=name, verdict="ok", message=f"{message} (withdrawals: not told)")
    return Check(name=name, verdict="ok", message=f"{message}, nothing can be withdrawn with it")


def _failure(name: str, error: CracktraderError, *, advice: str) -> Check:
    return Check(
        name=name, verdict="fail", message=one_line(error), advice=advice, code=exit_code(error)
    )


def _call(connection: Connection, coro: Any) -> Any:
    return connection.loop.call(coro, timeout_s=_PATIENCE_S)


def _impatient(config: Config) -> Config:
    exchanges = {
        name: settings.model_copy(
            update={"read_attempts": 1, "timeout": min(settings.timeout, _TIMEOUT_MS)}
        )
        for name, settings in config.settings.exchange.items()
    }
    settings = config.settings.model_copy(update={"exchange": exchanges})
    return dataclasses.replace(config, settings=settings)
