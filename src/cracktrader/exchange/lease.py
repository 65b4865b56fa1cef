"""ConnectionLease: a connection that is opened when first needed and can be given back."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

from cracktrader.exchange.connection import Connection
from cracktrader.exchange.given import GivenExchange
from cracktrader.exchange.injected import InjectedConnection
from cracktrader.exchange.registry import ConnectionRegistry, default_registry

T = TypeVar("T")
AnyConnection = Connection | InjectedConnection

# Downloads of years take hours; requests end by their own timeouts long before.
_PATIENCE_S: Final = 7 * 86_400.0


class ConnectionLease:
    """One use of a shared connection, or of a given client; from any thread."""

    def __init__(self, given: GivenExchange, *, registry: ConnectionRegistry | None = None) -> None:
        self.given: Final = given
        self._registry = registry
        self._lock = threading.Lock()
        self._connection: AnyConnection | None = None

    @property
    def is_open(self) -> bool:
        """Whether there is a connection that was not closed."""
        connection = self._connection
        return connection is not None and not connection.is_closed

    def open(self) -> AnyConnection:
        """Return the connection; a new use of it if there is none or somebody closed it."""
        with self._lock:
            if self._connection is None or self._connection.is_closed:
                self._connection = self._acquire()
            return self._connection

    def wait(self, call: Callable[[AnyConnection], Coroutine[Any, Any, T]]) -> T:
        """Run a coroutine of the connection and wait for its result."""
        connection = self.open()
        return connection.loop.call(call(connection), timeout_s=_PATIENCE_S)

    async def run(self, call: Callable[[AnyConnection], Coroutine[Any, Any, T]]) -> T:
        """Await a coroutine of the connection from any event loop."""
        connection = await asyncio.to_thread(self.open)
        return await asyncio.wrap_future(connection.loop.submit(call(connection)))

    def close(self) -> None:
        """Give the connection back. Safe to call twice; `open` takes it again."""
        with self._lock:
            connection, self._connection = self._connection, None
        if isinstance(connection, InjectedConnection):
            connection.loop.close()
        elif connection is not None:
            self._shared.release(connection)

    @property
    def _shared(self) -> ConnectionRegistry:
        return self._registry or default_registry()

    def _acquire(self) -> AnyConnection:
        given = self.given
        if given.client is None:
            return self._shared.acquire(given.settings, given.key())
        return InjectedConnection(
            given.client,
            exchange=given.exchange,
            instrument_type=given.settings.instrument_type,
        )

    def __getstate__(self) -> dict[str, Any]:
        # Another process opens its own, for candles and markets; secrets do not travel.
        return {"given": self.given.without_credentials()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["given"])  # type: ignore[misc]
