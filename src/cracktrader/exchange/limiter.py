"""RateLimiter: one account's budget, spent in order of priority."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from typing import Final

from cracktrader.domain.clock import Clock
from cracktrader.exchange.call import Priority, Sleep


class RateLimiter:
    """A leaky bucket with a priority queue in front of it, on one event loop.

    CCXT's own bucket is alike but first come, first served: a cancel would wait behind five
    hundred pages of candles. A call may leave while nothing is owed, and then owes its cost;
    so over any span the costs sum to at most rate x span, one burst and one call.
    """

    def __init__(
        self, *, rate_per_s: float, clock: Clock, sleep: Sleep = asyncio.sleep, burst: float = 1.0
    ) -> None:
        """Start with a full bucket.

        *rate_per_s* is the cost paid off per second, ``inf`` for no limit; *burst* the cost
        that may be saved up while nothing is called.
        """
        if rate_per_s <= 0:
            raise ValueError(f"a rate must be above 0, was {rate_per_s}")
        self.rate_per_s: Final = rate_per_s
        self._clock = clock
        self._sleep = sleep
        self._burst = burst
        self._credit = burst
        self._at_s = clock.monotonic_s()
        self._order = itertools.count()
        self._queue: list[tuple[Priority, int, float, asyncio.Future[None]]] = []
        self._pump: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        """How many calls wait for their turn."""
        return sum(not future.done() for *_, future in self._queue)

    async def acquire(self, cost: float, priority: Priority) -> None:
        """Wait until a call of *cost* may leave; cheaper and later calls never overtake."""
        future = asyncio.get_running_loop().create_future()
        heapq.heappush(self._queue, (priority, next(self._order), cost, future))
        if self._pump is None or self._pump.done():
            self._pump = asyncio.create_task(self._serve())
        await future

    async def close(self) -> None:
        """Stop serving; whoever still waits is cancelled."""
        for *_, future in self._queue:
            future.cancel()
        self._queue.clear()
        if self._pump is not None:
            self._pump.cancel()
            await asyncio.gather(self._pump, return_exceptions=True)

    async def _serve(self) -> None:
        while self._queue:
            debt_s = self._debt_s()
            if debt_s > 0:
                await self._sleep(debt_s)
                continue  # someone more urgent may have come meanwhile
            _, _, cost, future = heapq.heappop(self._queue)
            if not future.done():  # its caller may have been cancelled while it waited
                self._credit -= cost
                future.set_result(None)
            # The caller runs now, and may put its next call ahead of what waits.
            await asyncio.sleep(0)

    def _debt_s(self) -> float:
        now_s = self._clock.monotonic_s()
        earned = (now_s - self._at_s) * self.rate_per_s if now_s > self._at_s else 0.0
        self._at_s = now_s
        self._credit = min(self._credit + earned, self._burst)
        return max(-self._credit, 0.0) / self.rate_per_s
