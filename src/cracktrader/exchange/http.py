"""Wire: one HTTP session per account, and the one place every request passes."""

from __future__ import annotations

import functools
import ssl
from typing import Final

import aiohttp
from aiohttp import ClientHandlerType, ClientRequest, ClientResponse, ClientSession

from cracktrader.domain.clock import Clock
from cracktrader.exchange.call import HostPaused, current_call
from cracktrader.exchange.hosts import HostGate, date_ms
from cracktrader.observability.logs import get_logger

_log = get_logger(__name__)
# Raised while connecting, before the first byte of the request.
_NEVER_LEFT: Final = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
_REFUSALS: Final = frozenset({403, 418, 429, 503})


class Wire:
    """The session that all connections of one account share.

    Its middleware runs before each request that really leaves, so also before those that
    aiohttp sends on its own: a redirect, or a GET, PUT or DELETE repeated because a kept
    connection had died. That is how a paused host hears nothing, a sandbox never speaks to
    production, and no order or cancel leaves twice.
    """

    def __init__(self, *, hosts: HostGate, clock: Clock, cafile: str | None = None) -> None:
        self._hosts = hosts
        self._clock = clock
        self._cafile = cafile
        self._session: ClientSession | None = None
        self._server_time: tuple[int, float] | None = None

    @property
    def ssl_context(self) -> ssl.SSLContext:
        """What is trusted: the certificates that CCXT ships, wherever this runs."""
        return _trust(self._cafile)

    def session(self) -> ClientSession:
        """Return the session, opened on first use; only on the loop."""
        if self._session is None or self._session.closed:
            connector = aiohttp.TCPConnector(ssl=self.ssl_context)
            self._session = ClientSession(connector=connector, middlewares=(self._pass,))
        return self._session

    def server_time_ms(self) -> int | None:
        """Return the time by the last ``Date`` header, to the second; None before any."""
        if self._server_time is None:
            return None
        then_ms, at_s = self._server_time
        return then_ms + int((self._clock.monotonic_s() - at_s) * 1000)

    async def close(self) -> None:
        """Close the session. Safe to call twice."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _pass(self, request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        call = current_call.get()
        host = request.url.authority
        remaining_s = self._hosts.remaining_s(host)
        if remaining_s > 0:
            raise HostPaused(host, remaining_s)
        call.permit(request.method, str(request.url), request.headers)
        call.leave()
        try:
            response = await handler(request)
        except _NEVER_LEFT:
            call.stay()
            raise
        self._note_date(response)
        await self._observe(host, response)
        return response

    def _note_date(self, response: ClientResponse) -> None:
        then_ms = date_ms(response.headers.get("Date", ""))
        if then_ms is not None:
            self._server_time = (then_ms, self._clock.monotonic_s())

    async def _observe(self, host: str, response: ClientResponse) -> None:
        # The body stays cached in the response, so CCXT reads it again.
        body = await response.text(errors="replace") if response.status in _REFUSALS else ""
        pause_s = self._hosts.observe(host, response.status, response.headers, body)
        if pause_s > 0:
            _log.warning("host.paused", host=host, status=response.status, pause_s=pause_s)


@functools.cache
def _trust(cafile: str | None) -> ssl.SSLContext:
    # Some 20 ms each, and nobody changes it.
    return ssl.create_default_context(cafile=cafile)
