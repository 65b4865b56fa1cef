"""A tiny HTTP server whose answers are scripted: bytes, statuses, silence, hang-ups."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web

from cracktrader.loop import LoopThread

MINUTE_MS = 60_000
START_MS = 1_678_492_800_000


@dataclass
class Reply:
    """One scripted answer; *body* is sent as it is if it is text."""

    body: Any = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    hang_s: float = 0.0
    hang_up: bool = False
    cut: bool = False


@dataclass
class Request:
    method: str
    path: str
    query: dict[str, str]
    body: str
    headers: dict[str, str]


EXCHANGE_INFO = {
    "timezone": "UTC",
    "serverTime": START_MS,
    "rateLimits": [],
    "symbols": [
        {
            "symbol": "BTCUSDT",
            "status": "TRADING",
            "baseAsset": "BTC",
            "quoteAsset": "USDT",
            "baseAssetPrecision": 8,
            "quotePrecision": 8,
            "quoteAssetPrecision": 8,
            "orderTypes": ["LIMIT", "MARKET"],
            "isSpotTradingAllowed": True,
            "permissions": ["SPOT"],
            "filters": [
                {
                    "filterType": "PRICE_FILTER",
                    "minPrice": "0.01",
                    "maxPrice": "1000000.00",
                    "tickSize": "0.01",
                },
                {
                    "filterType": "LOT_SIZE",
                    "minQty": "0.00001",
                    "maxQty": "9000.0",
                    "stepSize": "0.00001",
                },
                {"filterType": "NOTIONAL", "minNotional": "5.0", "maxNotional": "9000000.0"},
            ],
        }
    ],
}


def klines(since: int = START_MS, count: int = 3) -> list[list[Any]]:
    return [
        [opens, "1.0", "2.0", "0.5", "1.5", "10.0", opens + 59_999, "15.0", 3, "5.0", "7.5", "0"]
        for opens in range(since, since + count * MINUTE_MS, MINUTE_MS)
    ]


DEFAULTS: dict[str, Any] = {
    "exchangeInfo": EXCHANGE_INFO,
    "time": {"serverTime": START_MS},
    "klines": klines(),
    "account": {"balances": [{"asset": "USDT", "free": "100.0", "locked": "0.0"}]},
    "order": {"symbol": "BTCUSDT", "orderId": 1, "clientOrderId": "a", "status": "NEW"},
}


class ScriptedServer:
    """Answers Binance's paths with sane defaults, unless `script` says otherwise."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self._scripts: dict[str, list[Reply]] = {}
        self.on_request: Callable[[Request], None] = lambda _: None
        self._thread = LoopThread("scripted-server")
        self._runner: web.AppRunner | None = None
        self._held: list[asyncio.Event] = []

    def __enter__(self) -> Self:
        self._thread.call(self._start(), timeout_s=10)
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.call(self._stop(), timeout_s=10)
        self._thread.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def config(self) -> dict[str, Any]:
        """What points CCXT's Binance client here."""
        v3, sapi = f"{self.url}/api/v3", f"{self.url}/sapi/v1"
        return {
            "urls": {"api": {"public": v3, "private": v3, "sapi": sapi}},
            "options": {"fetchCurrencies": False},
            "enableRateLimit": False,
            "timeout": 2000,
        }

    def script(self, path: str, *replies: Reply) -> None:
        """Answer the next requests for *path* (its end) with *replies*, in order."""
        self._scripts.setdefault(path, []).extend(replies)

    def count(self, path: str = "") -> int:
        return sum(request.path.endswith(path) for request in self.requests)

    def counts(self) -> Counter[str]:
        return Counter(request.path for request in self.requests)

    async def _start(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", self._answer)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def _stop(self) -> None:
        for event in self._held:
            event.set()
        assert self._runner is not None
        await self._runner.cleanup()

    async def _answer(self, http: web.Request) -> web.StreamResponse:
        body = await http.text()
        request = Request(http.method, http.path, dict(http.query), body, dict(http.headers))
        self.requests.append(request)
        self.on_request(request)
        reply = self._next(http.path)
        if reply.hang_up or reply.cut:
            return await self._break_off(http, reply)
        if reply.hang_s:
            event = asyncio.Event()
            self._held.append(event)
            await asyncio.wait({asyncio.ensure_future(event.wait())}, timeout=reply.hang_s)
        text = reply.body if isinstance(reply.body, str) else json.dumps(reply.body)
        kind = "text/html" if text.startswith("<") else "application/json"
        return web.Response(
            text=text, status=reply.status, headers=reply.headers, content_type=kind
        )

    async def _break_off(self, http: web.Request, reply: Reply) -> web.StreamResponse:
        assert http.transport is not None
        if reply.cut:
            text = json.dumps(reply.body)
            head = ["HTTP/1.1 200 OK", "Content-Type: application/json"]
            head += [f"Content-Length: {len(text)}", "", ""]
            http.transport.write(("\r\n".join(head) + text[: len(text) // 2]).encode())
        http.transport.close()
        return web.Response()

    def _next(self, path: str) -> Reply:
        for end, replies in self._scripts.items():
            if path.endswith(end) and replies:
                return replies.pop(0)
        return Reply(body=DEFAULTS.get(path.rpartition("/")[2], {}))
