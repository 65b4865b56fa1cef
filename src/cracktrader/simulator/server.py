"""The local exchange's sockets: HTTP on loopback around a protocol without I/O."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import Counter
from collections.abc import Mapping
from typing import Final

from aiohttp import web

from cracktrader.domain.clock import Clock
from cracktrader.simulator.faults import FaultScript, spoiled
from cracktrader.simulator.wire import Answer, Protocol, Request

_BACKLOG: Final = 128
_SHUTDOWN_S: Final = 0.1


class Server:
    """Serves a protocol over HTTP; lives on the event loop that starts it."""

    def __init__(self, protocol: Protocol, faults: FaultScript, clock: Clock) -> None:
        self._protocol = protocol
        self._clock = clock
        self._faults = faults
        self._counts: Counter[str] = Counter()
        self._last_good: dict[str, Answer] = {}
        self._runner: web.ServerRunner | None = None
        self._stopping = asyncio.Event()

    @property
    def requests(self) -> Mapping[str, int]:
        """How many requests came so far, by path."""
        return dict(self._counts)

    async def start(self, listener: socket.socket) -> None:
        """Begin to answer what connects to *listener*."""
        self._stopping.clear()
        # A request whose client has gone is not worth finishing, least of all a hanging one.
        server = web.Server(self._handle, handler_cancellation=True, access_log=None)
        self._runner = web.ServerRunner(server, shutdown_timeout=_SHUTDOWN_S)
        await self._runner.setup()
        await web.SockSite(self._runner, listener, backlog=_BACKLOG).start()

    async def close(self) -> None:
        """Drop every connection and stop. Safe to call twice."""
        self._stopping.set()
        if self._runner is not None:
            runner, self._runner = self._runner, None
            await runner.cleanup()

    async def _handle(self, http: web.BaseRequest) -> web.StreamResponse:
        path = http.path
        self._counts[path] += 1
        fault = self._faults.next_for(path)
        request = Request(
            method=http.method,
            path=path,
            query=http.rel_url.raw_query_string,
            headers={name.lower(): value for name, value in http.headers.items()},
        )
        answer = self._protocol(request)
        if fault is None:
            if answer.status == 200:
                self._last_good[path] = answer
            return _response(answer)
        if fault.kind == "hang":
            await self._stopping.wait()
        if fault.kind in {"hang", "reset"}:
            reset(http.transport)
        previous, now_ms = self._last_good.get(path), self._clock.time_ms()
        return _response(spoiled(answer, fault, previous=previous, now_ms=now_ms))


def reset(transport: asyncio.Transport | None) -> None:
    """Drop a connection the hard way; None, of a client that is gone, is left alone."""
    if transport is None:
        return
    # Lingering for no time makes the kernel send a reset instead of a polite goodbye.
    linger = struct.pack("ii", 1, 0)
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    transport.abort()


def _response(answer: Answer) -> web.Response:
    return web.Response(
        status=answer.status,
        body=answer.body,
        headers=answer.headers,
        content_type=answer.content_type,
        charset="utf-8",
    )
