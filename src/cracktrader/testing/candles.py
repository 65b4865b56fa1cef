"""Made-up candles, and exchanges that serve them in all the ways real ones do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np

from cracktrader.domain.candle import Candles
from cracktrader.domain.timeframe import Timeframe

ServingStyle = Literal["since", "window", "newest"]
"""From *since* on; only those of the next *limit* candle lengths; the newest, whatever asked."""


def random_walk(
    count: int, *, timeframe: str = "1m", start: int = 1_577_836_800_000, seed: int = 1
) -> Candles:
    """Return *count* candles of a seeded walk, prices to the cent, from *start* (ms UTC) on."""
    frame = Timeframe.parse(timeframe)
    rng = np.random.default_rng(seed)
    first = frame.ceil(start)
    stamps = frame.opens(first, frame.shift(first, count))
    close = np.round(20_000 * np.exp(np.cumsum(rng.normal(0, 5e-4, count))), 2)
    opened = np.round(np.append(20_000.0, close[:-1])[:count] + rng.normal(0, 0.5, count), 2)
    return Candles(
        timestamp=stamps,
        open=opened,
        high=np.round(np.maximum(opened, close) + rng.exponential(4, count), 2),
        low=np.round(np.minimum(opened, close) - rng.exponential(4, count), 2),
        close=close,
        volume=np.round(rng.exponential(3, count), 6),
    )


class FakeCandleSource:
    """Serves *candles* of one timeframe from memory, at a time that stands still.

    *alter* may change any answer: it is given the number of the request and the rows.
    """

    def __init__(
        self,
        candles: Candles,
        *,
        limit: int = 100,
        now_ms: int | None = None,
        style: ServingStyle = "since",
        alter: Callable[[int, Candles], Candles] | None = None,
    ) -> None:
        self.exchange = "fake"
        self.instrument_type = "spot"
        self.requests: list[int] = []
        """The *since* of every request so far."""
        self._candles, self._limit, self._style = candles, limit, style
        self._now_ms, self._alter = now_ms, alter

    def page_limit(self, timeframe: Timeframe) -> int:
        return self._limit

    async def server_time_ms(self) -> int:
        if self._now_ms is not None:
            return self._now_ms
        return int(self._candles.timestamp[-1]) + 10 * 86_400_000

    async def fetch_candles(
        self, symbol: str, timeframe: Timeframe, *, since: int, limit: int
    ) -> Candles:
        self.requests.append(since)
        rows = self._serve(timeframe, since, limit)
        return rows if self._alter is None else self._alter(len(self.requests), rows)

    def _serve(self, timeframe: Timeframe, since: int, limit: int) -> Candles:
        if self._style == "newest":
            return self._candles.take(slice(-limit, None))
        until = timeframe.shift(since, limit) if self._style == "window" else None
        return self._candles.between(since, until).take(slice(0, limit))
