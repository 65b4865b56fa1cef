"""Caller: runs CCXT's methods with budget, pauses, breaker, and repetition of reads."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Final, TypeVar

from cracktrader.errors import BadRequestError, ExchangeError, UnsupportedError
from cracktrader.exchange.account import AccountLane
from cracktrader.exchange.breaker import Endpoint
from cracktrader.exchange.call import Call, HostPaused, Priority, current_call
from cracktrader.exchange.client import plug_in, require_credentials
from cracktrader.exchange.errors import CALL_ERRORS, translate
from cracktrader.exchange.key import ConnectionKey
from cracktrader.exchange.outcome import outcome_of
from cracktrader.exchange.permissions import METHODS
from cracktrader.exchange.retry import repeat_read
from cracktrader.exchange.sandbox import Permit
from cracktrader.loop import LoopThread
from cracktrader.observability.logs import bind, get_logger

T = TypeVar("T")

_log = get_logger(__name__)

# How long a call waits out a pause that its host asked for, before it gives up unsent. An
# order decided on minutes ago is worse than none; a download has all the time in the world.
_PATIENCE_S: Final = {
    Priority.CANCEL: 60.0,
    Priority.CREATE: 0.0,
    Priority.PRIVATE: 300.0,
    Priority.PUBLIC: 300.0,
    Priority.DOWNLOAD: float("inf"),
}
# What CCXT's `has` does not speak of.
_UNLISTED: Final = METHODS | {"loadMarkets"}


class Caller:
    """The only way to CCXT's methods; on the loop thread."""

    def __init__(
        self,
        client: Any,
        *,
        key: ConnectionKey,
        lane: AccountLane,
        permit: Permit,
        attempts: int,
        loop: LoopThread | None = None,
    ) -> None:
        self._client = client
        self._key = key
        self._lane = lane
        self._permit_request = permit
        self._attempts = attempts
        self._loop = loop
        self._trading = 0
        self._is_quiet = asyncio.Event()
        self._is_quiet.set()
        self._closing = asyncio.Lock()
        self._is_closed = False
        plug_in(client, lane.limiter)

    @property
    def is_closed(self) -> bool:
        return self._is_closed

    async def read(
        self,
        name: str,
        *args: Any,
        priority: Priority = Priority.PUBLIC,
        symbol: str | None = None,
        convert: Callable[[Any], T],
    ) -> T:
        """Call a method that changes nothing, as often as it takes.

        *name* is CCXT's camel-case name; *convert* makes our objects of the reply, and a reply
        that it cannot read counts as none.
        """
        with self._bound(symbol):
            method = self.require(name, is_private=priority < Priority.PUBLIC)
            endpoint = Endpoint.ACCOUNT if priority < Priority.PUBLIC else Endpoint.MARKET

            async def attempt() -> T:
                call = self._call(name, priority)
                try:
                    return convert(await self._run(call, method, args))
                except CALL_ERRORS as exc:
                    raise translate(exc, call, where=self._where(name, symbol)) from exc

            with self._lane.breaker.guard(endpoint):
                return await repeat_read(attempt, attempts=self._attempts)

    async def trade(
        self,
        name: str,
        *args: Any,
        priority: Priority,
        symbol: str | None,
        convert: Callable[[Any], T],
    ) -> T:
        """Call a method that trades, exactly once.

        Raises:
            OutcomeUnknown: if it may or may not have been carried out.
            CracktraderError: any other means that it was not.
        """
        with self._bound(symbol):
            method = self.require(name, is_private=True)
            _refuse_repetition(args)
            endpoint = Endpoint.CANCEL if priority is Priority.CANCEL else Endpoint.CREATE
            call = self._call(name, priority)
            with self._lane.breaker.guard(endpoint), self._under_way():
                try:
                    return convert(await self._run(call, method, args))
                except asyncio.CancelledError:
                    if call.sent:
                        # Whoever waited hears nothing of it, but the order may be there.
                        _log.warning("order.abandoned", call=name)
                    raise
                except Exception as exc:  # whatever it is, the order may be there
                    raise outcome_of(exc, call, where=self._where(name, symbol)) from exc

    async def close(self) -> None:
        """Let orders under way end, send nothing new, close the client. Safe to call twice."""
        self._is_closed = True
        async with self._closing:
            await self._is_quiet.wait()
            await self._client.close()

    async def _run(self, call: Call, method: Callable[..., Awaitable[Any]], args: Any) -> Any:
        while True:
            self._require_open()
            self._client.session = self._lane.wire.session()
            self._client.own_session = False
            self._client.ssl_context = self._lane.wire.ssl_context
            token = current_call.set(call)
            try:
                return await method(*args)
            except HostPaused as paused:
                is_begun = call.is_trading and call.sent > 0
                if is_begun or paused.remaining_s > _PATIENCE_S[call.priority]:
                    raise
                pause_s = paused.remaining_s
            finally:
                current_call.reset(token)
            await self._lane.sleep(pause_s)

    def _call(self, name: str, priority: Priority) -> Call:
        # Some exchanges list their markets on a web page.
        is_list = name == "loadMarkets"
        return Call(name=name, priority=priority, permit=self._permit, must_be_json=not is_list)

    def _permit(self, method: str, url: str, headers: Any) -> None:
        self._require_open()
        self._permit_request(method, url, headers)

    def require(self, name: str, *, is_private: bool) -> Callable[..., Awaitable[Any]]:
        """Return CCXT's method *name*, or say at once why it cannot be called.

        Raises:
            UnsupportedError: if the exchange has no such method.
            AuthenticationError: if it *is_private* and a credential is missing.
            ExchangeError: if the connection is closed.
            RuntimeError: on any thread but the loop's.
        """
        if self._loop is not None and not self._loop.is_current:
            raise RuntimeError("await a connection on its own loop: connection.loop.call(...)")
        self._require_open()
        if name not in _UNLISTED and not self._client.has.get(name):
            raise UnsupportedError(f"{self._key.exchange} does not offer {name}")
        if is_private:
            require_credentials(self._client, self._key, what=name)
        method: Callable[..., Awaitable[Any]] = getattr(self._client, name)
        return method

    def _require_open(self) -> None:
        if self._is_closed:
            raise ExchangeError(f"the connection to {self._key} is closed")

    def _where(self, name: str, symbol: str | None) -> str:
        return " ".join(filter(None, (self._key.exchange, name, symbol)))

    def _bound(self, symbol: str | None) -> AbstractContextManager[None]:
        return bind(exchange=self._key.exchange, account=self._key.account, symbol=symbol)

    @contextmanager
    def _under_way(self) -> Iterator[None]:
        self._trading += 1
        self._is_quiet.clear()
        try:
            yield
        finally:
            self._trading -= 1
            if self._trading == 0:
                self._is_quiet.set()


def _refuse_repetition(args: tuple[Any, ...]) -> None:
    if any(isinstance(each, dict) and each.get("maxRetriesOnFailure") for each in args):
        raise BadRequestError('"maxRetriesOnFailure" would send the order again; leave it out')
