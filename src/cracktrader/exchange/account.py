"""What all connections of one account share: budget, HTTP session, circuit breaker."""

from __future__ import annotations

import asyncio
from typing import Final

from cracktrader.domain.clock import Clock
from cracktrader.exchange.breaker import CircuitBreaker
from cracktrader.exchange.call import Sleep
from cracktrader.exchange.hosts import HostGate
from cracktrader.exchange.http import Wire
from cracktrader.exchange.limiter import RateLimiter


class AccountLane:
    """One budget, one session and one breaker; two accounts never share a lane."""

    def __init__(
        self,
        exchange: str,
        *,
        rate_per_s: float,
        hosts: HostGate,
        clock: Clock,
        sleep: Sleep = asyncio.sleep,
        cafile: str | None = None,
    ) -> None:
        self.limiter: Final = RateLimiter(rate_per_s=rate_per_s, clock=clock, sleep=sleep)
        self.wire: Final = Wire(hosts=hosts, clock=clock, cafile=cafile)
        self.breaker: Final = CircuitBreaker(exchange, clock=clock)
        self.clock: Final = clock
        self.sleep: Final = sleep

    async def close(self) -> None:
        """Close the session; whoever waits for the budget is cancelled. Safe to call twice."""
        await self.limiter.close()
        await self.wire.close()
