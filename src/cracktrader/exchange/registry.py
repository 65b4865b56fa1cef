"""ConnectionRegistry: connections shared by reference count, on one loop thread."""

from __future__ import annotations

import asyncio
import atexit
import functools
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from cracktrader.domain.clock import Clock, SystemClock
from cracktrader.errors import ConfigError
from cracktrader.exchange.account import AccountLane
from cracktrader.exchange.call import Sleep
from cracktrader.exchange.caller import Caller
from cracktrader.exchange.client import make_client, rate_per_s
from cracktrader.exchange.connection import Connection
from cracktrader.exchange.hosts import HostGate
from cracktrader.exchange.ids import require_exchange_id
from cracktrader.exchange.key import ConnectionKey
from cracktrader.exchange.retry import log_retries
from cracktrader.exchange.settings import CREDENTIALS, ExchangeSettings
from cracktrader.loop import LoopThread

# Longer than any request may take: an order under way must come to its end.
_CLOSING_S: Final = 120.0
_AccountKey = tuple[str, str, str]
# Each connection of an account has its own.
_PER_CONNECTION: Final = frozenset({"options", "read_attempts"})


@dataclass(slots=True)
class _Entry:
    connection: Connection
    settings: ExchangeSettings
    users: int = 1


class ConnectionRegistry:
    """Hands out one connection per key, and closes it when its last user has gone.

    Safe to use from any thread but the loop's own. Pauses that a host asked for outlive the
    connections that met them.
    """

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        sleep: Sleep = asyncio.sleep,
        make_loop: Callable[[], LoopThread] = LoopThread,
    ) -> None:
        self._clock = clock or SystemClock()
        self._sleep = sleep
        self._make_loop = make_loop
        self._lock = threading.Lock()
        self._loop: LoopThread | None = None
        self._entries: dict[ConnectionKey, _Entry] = {}
        self._lanes: dict[_AccountKey, AccountLane] = {}
        self.hosts: Final = HostGate(self._clock)
        log_retries()

    @property
    def keys(self) -> tuple[ConnectionKey, ...]:
        """The keys of the open connections."""
        return tuple(self._entries)

    @property
    def loop(self) -> LoopThread:
        """The thread all connections run on; started when first needed."""
        with self._lock:
            return self._running_loop()

    def acquire(self, settings: ExchangeSettings, key: ConnectionKey) -> Connection:
        """Return the connection for *key*, new or shared; `release` it when done.

        Raises:
            ConfigError: if the exchange or account is unknown, or the same account is already
                open with other settings.
            UnsupportedError: if a sandbox is asked for that cannot be proven to be one.
        """
        require_exchange_id(key.exchange)
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None and not entry.connection.is_closed:
                _require_equal(key, entry.settings, settings)
                entry.users += 1
                return entry.connection
            connection = self._open(settings, key)
            self._entries[key] = _Entry(connection, settings)
            return connection

    def release(self, connection: Connection) -> None:
        """Give one use of *connection* back; the last one closes it. Releasing twice is safe.

        Raises:
            RuntimeError: on the loop's own thread, which it would have to wait for.
        """
        self._require_other_thread()
        with self._lock:
            entry = self._entries.get(connection.key)
            if entry is None or entry.connection is not connection:
                return
            entry.users -= 1
            if entry.users == 0:
                self._close(connection.key)

    def close(self) -> None:
        """Close every connection, whoever still uses it, then the thread. Safe to call twice."""
        self._require_other_thread()
        with self._lock:
            for key in tuple(self._entries):
                self._close(key)
            self._stop()

    def _open(self, settings: ExchangeSettings, key: ConnectionKey) -> Connection:
        for other, entry in self._entries.items():
            if other.account_key == key.account_key:
                _require_equal(key, entry.settings, settings, but=_PER_CONNECTION)
        client, permit = make_client(settings, key)
        loop = self._running_loop()
        lane = self._lanes.get(key.account_key)
        if lane is None:
            lane = self._lanes[key.account_key] = self._make_lane(client, settings)
        caller = Caller(
            client,
            key=key,
            lane=lane,
            permit=permit,
            attempts=settings.read_attempts,
            loop=loop,
        )
        return Connection(client, key=key, lane=lane, caller=caller, loop=loop)

    def _make_lane(self, client: Any, settings: ExchangeSettings) -> AccountLane:
        return AccountLane(
            client.id,
            rate_per_s=rate_per_s(client, settings),
            hosts=self.hosts,
            clock=self._clock,
            sleep=self._sleep,
            cafile=client.cafile,
        )

    def _close(self, key: ConnectionKey) -> None:
        connection = self._entries.pop(key).connection
        connection.loop.call(connection.close(), timeout_s=_CLOSING_S)
        if not any(other.account_key == key.account_key for other in self._entries):
            lane = self._lanes.pop(key.account_key)
            connection.loop.call(lane.close(), timeout_s=_CLOSING_S)
        if not self._entries:
            self._stop()

    def _require_other_thread(self) -> None:
        if self._loop is not None and self._loop.is_current:
            raise RuntimeError("release a connection from outside of its loop thread")

    def _running_loop(self) -> LoopThread:
        if self._loop is None or self._loop.is_closed:
            self._loop = self._make_loop()
        return self._loop

    def _stop(self) -> None:
        loop, self._loop = self._loop, None
        if loop is not None:
            loop.close()


@functools.cache
def default_registry() -> ConnectionRegistry:
    """Return the registry of this process; it closes itself when Python exits."""
    registry = ConnectionRegistry()
    atexit.register(registry.close)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=functools.partial(_forget, registry))
    return registry


def _forget(registry: ConnectionRegistry) -> None:
    # A forked process has no thread to run those connections on; it makes a registry of its own.
    default_registry.cache_clear()
    atexit.unregister(registry.close)


def _require_equal(
    key: ConnectionKey,
    there: ExchangeSettings,
    wanted: ExchangeSettings,
    *,
    but: frozenset[str] = frozenset(),
) -> None:
    # What the key itself tells apart may differ, and other accounts do not matter here.
    ignored = {"sandbox", "instrument_type", "accounts", *but, *CREDENTIALS}
    fields = [
        name
        for name in ExchangeSettings.model_fields
        if name not in ignored and getattr(there, name) != getattr(wanted, name)
    ]
    if there.account(key.account).credentials() != wanted.account(key.account).credentials():
        fields.append("credentials")
    if fields:
        raise ConfigError(
            f"{key} is already open with other settings ({', '.join(fields)}). Close it first, or "
            "give these settings an account name of their own"
        )
