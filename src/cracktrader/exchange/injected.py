"""InjectedConnection: a client somebody made, real or fake, in the place of a Connection."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Final, cast

from cracktrader.domain.candle import Candles
from cracktrader.domain.clock import Clock, SystemClock
from cracktrader.domain.market import InstrumentType, Market
from cracktrader.domain.timeframe import Timeframe
from cracktrader.errors import BadRequestError, DataError, UnsupportedError, did_you_mean
from cracktrader.exchange.capabilities import (
    Capabilities,
    page_limit_of,
    read_capabilities,
    timeframes_of,
)
from cracktrader.exchange.translate import is_of_type, to_candles, to_market
from cracktrader.loop import LoopThread

_TICK_SIZE: Final = 4


class InjectedConnection:
    """Speaks to any object with CCXT's methods, be they plain or coroutines.

    The object is used as it is: no retries, budget or breaker of ours around it, and it is
    left open for whoever made it.
    """

    def __init__(
        self,
        client: Any,
        *,
        exchange: str,
        instrument_type: str = "spot",
        clock: Clock | None = None,
        loop: LoopThread | None = None,
    ) -> None:
        self.exchange: Final = exchange
        self.instrument_type: Final = instrument_type
        self.loop: Final = loop or LoopThread("cracktrader-injected")
        self._client = client
        self._clock = clock or SystemClock()
        self._markets: Mapping[str, Market] | None = None

    @property
    def timeframes(self) -> tuple[str, ...]:
        """What the object says that it serves; nothing if it does not say."""
        return timeframes_of(self._client) if hasattr(self._client, "timeframes") else ()

    @property
    def is_closed(self) -> bool:
        return self.loop.is_closed

    def page_limit(self, timeframe: Timeframe) -> int:
        """Return how many candles one request may ask for."""
        return page_limit_of(self._client, cast("InstrumentType", self.instrument_type))

    def capabilities(self) -> Capabilities:
        """Return what the exchange can do.

        Raises:
            UnsupportedError: if the object does not say, as only CCXT's clients do.
        """
        if not hasattr(self._client, "has"):
            raise UnsupportedError(
                f"the given {type(self._client).__name__} does not say what it can do"
            )
        return read_capabilities(self._client, cast("InstrumentType", self.instrument_type))

    async def load_markets(self, *, reload: bool = False) -> Mapping[str, Market]:
        """Return the markets the object lists; none if it has no such list."""
        if self._markets is None or reload:
            listed: Mapping[str, Any] = {}
            if hasattr(self._client, "load_markets"):
                listed = await self._run("load_markets") or {}
            self._markets = self._to_markets(listed or getattr(self._client, "markets", None) or {})
        return self._markets

    def market(self, symbol: str) -> Market:
        """Return one market; without a list of markets any ``BASE/QUOTE`` is one, without rules.

        Raises:
            BadRequestError: if there is no such market.
        """
        if self._markets:
            if symbol in self._markets:
                return self._markets[symbol]
            hint = did_you_mean(symbol, self._markets)
            raise BadRequestError(f'symbol was "{symbol}", which {self.exchange} lacks.{hint}')
        base, _, quote = symbol.partition("/")
        if not base or not quote:
            raise BadRequestError(f'symbol was "{symbol}"; use a form like BTC/USDT')
        kind = cast("InstrumentType", self.instrument_type)
        return Market(symbol=symbol, base=base, quote=quote.partition(":")[0], type=kind)

    async def fetch_candles(
        self, symbol: str, timeframe: Timeframe, *, since: int, limit: int
    ) -> Candles:
        """Return up to *limit* candles from *since* (ms UTC) on.

        Raises:
            DataError: if the object's rows are no candles.
        """
        rows = await self._run("fetch_ohlcv", symbol, timeframe.name, since, limit)
        try:
            return to_candles(rows)
        except (TypeError, ValueError) as exc:
            raise DataError(f"{self.exchange} gave something else for {symbol}: {exc}") from exc

    async def server_time_ms(self) -> int:
        """Return the object's time, ms UTC, or this machine's if it has none."""
        for name in ("fetch_time", "milliseconds"):
            if hasattr(self._client, name):
                return int(await self._run(name))
        return self._clock.time_ms()

    async def close(self) -> None:
        """Do nothing: the object is its maker's to close."""

    def __getattr__(self, name: str) -> Callable[..., Coroutine[Any, Any, Any]]:
        if name.startswith("_"):
            raise AttributeError(name)

        async def call(*args: Any, **kwargs: Any) -> Any:
            return await self._run(name, *args, **kwargs)

        return call

    async def _run(self, name: str, *args: Any, **kwargs: Any) -> Any:
        method = getattr(self._client, name, None)
        if method is None:
            raise UnsupportedError(f"the given {type(self._client).__name__} has no {name}")
        answer = method(*args, **kwargs)
        return await answer if inspect.isawaitable(answer) else answer

    def _to_markets(self, listed: Mapping[str, Any]) -> Mapping[str, Market]:
        mode = getattr(self._client, "precisionMode", _TICK_SIZE)
        kind = cast("InstrumentType", self.instrument_type)
        found = {
            symbol: to_market(entry, precision_mode=mode)
            for symbol, entry in listed.items()
            if is_of_type(entry, kind)
        }
        return {symbol: market for symbol, market in found.items() if market is not None}
