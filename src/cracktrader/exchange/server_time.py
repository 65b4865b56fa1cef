"""ServerTime: what time it is at the exchange, and how we know."""

from __future__ import annotations

from typing import Any, Literal

from cracktrader.errors import UnsupportedError
from cracktrader.exchange.account import AccountLane
from cracktrader.exchange.caller import Caller
from cracktrader.exchange.markets import MarketList
from cracktrader.observability.logs import get_logger

_log = get_logger(__name__)

TimeSource = Literal["exchange", "header", "local"]


class ServerTime:
    """The exchange's clock; else the ``Date`` of its last reply; else this machine's."""

    def __init__(
        self, client: Any, *, caller: Caller, lane: AccountLane, markets: MarketList
    ) -> None:
        self._client = client
        self._caller = caller
        self._lane = lane
        self._markets = markets
        self.source: TimeSource | None = None

    async def now_ms(self) -> int:
        """Return ms UTC; `source` then says where it came from."""
        if self._client.has.get("fetchTime"):
            try:
                now_ms = await self._caller.read("fetchTime", convert=int)
            except UnsupportedError:
                pass  # promised, but not on this test network or for this type
            else:
                return self._from("exchange", now_ms)
        if self._lane.wire.server_time_ms() is None:
            await self._markets.load()
        header_ms = self._lane.wire.server_time_ms()
        if header_ms is not None:
            return self._from("header", header_ms)
        return self._from("local", self._lane.clock.time_ms())

    def _from(self, source: TimeSource, now_ms: int) -> int:
        if source != self.source:
            _log.debug("server_time.found", source=source)
        self.source = source
        return now_ms
