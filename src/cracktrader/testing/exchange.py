"""A CCXT-like exchange in memory, to hand to a store as ``exchange_instance``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cracktrader.domain.candle import Candles

_FINAL_AFTER_MS = 10_000


class FakeExchange:
    """Serves candles by (symbol, timeframe), with plain methods as CCXT's synchronous clients.

    Its time stands still at *now_ms*; without one a while after the last candle has closed.
    """

    id = "fake"

    def __init__(
        self, candles: Mapping[tuple[str, str], Candles], *, now_ms: int | None = None
    ) -> None:
        self.calls: list[str] = []
        """The methods that were called so far."""
        self.timeframes = {timeframe: timeframe for _, timeframe in candles}
        self._candles = dict(candles)
        self._now_ms = now_ms

    def fetch_time(self) -> int:
        self.calls.append("fetch_time")
        if self._now_ms is not None:
            return self._now_ms
        stamps = [each.timestamp for each in self._candles.values()]
        return max(2 * int(each[-1]) - int(each[-2]) for each in stamps) + _FINAL_AFTER_MS

    def fetch_ohlcv(
        self, symbol: str, timeframe: str = "1m", since: int | None = None, limit: int | None = None
    ) -> list[list[float]]:
        self.calls.append("fetch_ohlcv")
        candles = self._candles.get((symbol, timeframe), Candles()).between(since, None)
        return candles.take(slice(0, limit)).to_rows()

    def fetch_ticker(self, symbol: str) -> dict[str, Any]:
        self.calls.append("fetch_ticker")
        last = [c.close[-1] for (name, _), c in self._candles.items() if name == symbol]
        return {"symbol": symbol, "last": float(last[0])}


class AsyncFakeExchange:
    """The same with coroutines, as CCXT's asynchronous clients."""

    id = "fake"

    def __init__(
        self, candles: Mapping[tuple[str, str], Candles], *, now_ms: int | None = None
    ) -> None:
        self._fake = FakeExchange(candles, now_ms=now_ms)
        self.timeframes = self._fake.timeframes
        self.calls = self._fake.calls

    async def fetch_time(self) -> int:
        return self._fake.fetch_time()

    async def fetch_ohlcv(
        self, symbol: str, timeframe: str = "1m", since: int | None = None, limit: int | None = None
    ) -> list[list[float]]:
        return self._fake.fetch_ohlcv(symbol, timeframe, since, limit)

    async def fetch_ticker(self, symbol: str) -> dict[str, Any]:
        return self._fake.fetch_ticker(symbol)
