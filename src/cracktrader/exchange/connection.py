"""Connection: one account on one exchange, one instrument type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from cracktrader.domain.candle import Candles
from cracktrader.domain.market import InstrumentType, Market
from cracktrader.domain.timeframe import Timeframe
from cracktrader.errors import BadRequestError, UnsupportedError
from cracktrader.exchange.account import AccountLane
from cracktrader.exchange.call import Priority
from cracktrader.exchange.caller import Caller
from cracktrader.exchange.capabilities import (
    Capabilities,
    page_limit_of,
    read_capabilities,
    timeframes_of,
)
from cracktrader.exchange.key import ConnectionKey
from cracktrader.exchange.markets import MarketList
from cracktrader.exchange.permissions import QUESTIONS
from cracktrader.exchange.server_time import ServerTime, TimeSource
from cracktrader.exchange.translate import to_candles, to_dict, to_list
from cracktrader.loop import LoopThread

__all__ = ["Connection", "ConnectionKey"]

T = TypeVar("T")
_Params = dict[str, Any] | None


class Connection:
    """Calls to one exchange; every coroutine runs on `loop` and nowhere else.

    Reads are repeated when that may help. Orders and cancels are sent exactly once; what
    cannot be proven refused raises `OutcomeUnknown`. Arguments and dicts are CCXT's.
    """

    def __init__(
        self,
        client: Any,
        *,
        key: ConnectionKey,
        lane: AccountLane,
        caller: Caller,
        loop: LoopThread,
    ) -> None:
        self.key: Final = key
        self.loop: Final = loop
        self._client = client
        self._caller = caller
        self._read = caller.read
        self._markets = MarketList(client, key=key, caller=caller)
        self._time = ServerTime(client, caller=caller, lane=lane, markets=self._markets)

    def __repr__(self) -> str:
        return f"<Connection {self.key}>"

    @property
    def exchange(self) -> str:
        """CCXT's id of the exchange."""
        return self.key.exchange

    @property
    def instrument_type(self) -> InstrumentType:
        return self.key.instrument_type

    @property
    def timeframes(self) -> tuple[str, ...]:
        """The candles the exchange serves, from short to long."""
        return timeframes_of(self._client)

    @property
    def is_closed(self) -> bool:
        return self._caller.is_closed or self.loop.is_closed

    @property
    def time_source(self) -> TimeSource | None:
        """Where the last `server_time_ms` came from; None before the first."""
        return self._time.source

    def page_limit(self, timeframe: Timeframe) -> int:
        """Return how many candles one request may ask for."""
        return page_limit_of(self._client, self.key.instrument_type)

    def capabilities(self) -> Capabilities:
        """Return what the exchange can do, as far as CCXT knows."""
        return read_capabilities(self._client, self.key.instrument_type)

    async def load_markets(self, *, reload: bool = False) -> Mapping[str, Market]:
        """Return the markets of this instrument type by symbol; asks the exchange once.

        Raises:
            UnsupportedError: if the exchange lists no such market.
        """
        return await self._markets.load(reload=reload)

    def market(self, symbol: str) -> Market:
        """Return one market; `load_markets` must have been awaited before.

        Raises:
            BadRequestError: if there is no such market of this instrument type.
        """
        return self._markets.get(symbol)

    async def fetch_candles(
        self,
        symbol: str,
        timeframe: Timeframe,
        *,
        since: int,
        limit: int,
        priority: Priority = Priority.DOWNLOAD,
    ) -> Candles:
        """Return up to *limit* candles from *since* (ms UTC) on, as the exchange sends them.

        The last one may still be forming.
        """
        _require_timeframe(timeframe, self.timeframes, self.exchange)
        await self._markets.require(symbol)
        args = (symbol, timeframe.name, since, limit)
        return await self._read(
            "fetchOHLCV", *args, priority=priority, symbol=symbol, convert=to_candles
        )

    async def server_time_ms(self) -> int:
        """Return the exchange's time, ms UTC.

        Of its clock where it has one to ask, else from the ``Date`` header of its last reply,
        else this machine's; `time_source` says which.
        """
        return await self._time.now_ms()

    async def fetch_ticker(self, symbol: str, params: _Params = None) -> dict[str, Any]:
        return await self._public(to_dict, "fetchTicker", symbol, params or {})

    async def fetch_order_book(
        self, symbol: str, limit: int | None = None, params: _Params = None
    ) -> dict[str, Any]:
        return await self._public(to_dict, "fetchOrderBook", symbol, limit, params or {})

    async def fetch_trades(
        self,
        symbol: str,
        since: int | None = None,
        limit: int | None = None,
        params: _Params = None,
    ) -> list[dict[str, Any]]:
        return await self._public(to_list, "fetchTrades", symbol, since, limit, params or {})

    async def fetch_balance(self, params: _Params = None) -> dict[str, Any]:
        return await self._private(to_dict, "fetchBalance", None, params or {})

    async def fetch_positions(
        self, symbols: list[str] | None = None, params: _Params = None
    ) -> list[dict[str, Any]]:
        """Return CCXT's positions.

        Raises:
            UnsupportedError: for spot, which knows balances only.
        """
        if self.instrument_type == "spot":
            raise UnsupportedError("a spot account has balances, not positions")
        return await self._private(to_list, "fetchPositions", None, symbols, params or {})

    async def fetch_order(
        self,
        exchange_order_id: str,
        symbol: str | None = None,
        params: _Params = None,
    ) -> dict[str, Any]:
        """Return one order by the exchange's id."""
        return await self._private(
            to_dict, "fetchOrder", symbol, exchange_order_id, symbol, params or {}
        )

    async def fetch_orders(
        self,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: _Params = None,
    ) -> list[dict[str, Any]]:
        """Return orders, open and closed, from *since* (ms UTC) on."""
        return await self._private(
            to_list, "fetchOrders", symbol, symbol, since, limit, params or {}
        )

    async def fetch_open_orders(
        self,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: _Params = None,
    ) -> list[dict[str, Any]]:
        return await self._private(
            to_list, "fetchOpenOrders", symbol, symbol, since, limit, params or {}
        )

    async def fetch_my_trades(
        self,
        symbol: str | None = None,
        since: int | None = None,
        limit: int | None = None,
        params: _Params = None,
    ) -> list[dict[str, Any]]:
        """Return the account's own fills from *since* (ms UTC) on."""
        return await self._private(
            to_list, "fetchMyTrades", symbol, symbol, since, limit, params or {}
        )

    async def fetch_trading_fees(self, params: _Params = None) -> dict[str, Any]:
        return await self._private(to_dict, "fetchTradingFees", None, params or {})

    async def may_withdraw(self) -> bool | None:
        """Whether the key may withdraw money, which trading never needs; None if nobody tells."""
        question = QUESTIONS.get(self.exchange)
        if question is None:
            return None
        return await self._private(question.may_withdraw, question.method, None)

    async def create_order(
        self,
        symbol: str,
        type: str,  # noqa: A002  (CCXT's)
        side: str,
        amount: float | str,
        price: float | str | None = None,
        params: _Params = None,
    ) -> dict[str, Any]:
        """Send an order, once.

        Raises:
            OutcomeUnknown: if it may or may not have arrived; any other error means not.
        """
        self._caller.require("createOrder", is_private=True)
        await self._markets.require(symbol)
        args = (symbol, type, side, amount, price, params or {})
        return await self._caller.trade(
            "createOrder", *args, priority=Priority.CREATE, symbol=symbol, convert=to_dict
        )

    async def cancel_order(
        self,
        exchange_order_id: str,
        symbol: str | None = None,
        params: _Params = None,
    ) -> dict[str, Any]:
        """Ask to cancel an order, once; no circuit breaker holds this back.

        Raises:
            OutcomeUnknown: if it may or may not have been canceled.
            OrderNotFound: if it is filled, canceled or was never there.
        """
        self._caller.require("cancelOrder", is_private=True)
        await self.load_markets()
        args = (exchange_order_id, symbol, params or {})
        return await self._caller.trade(
            "cancelOrder", *args, priority=Priority.CANCEL, symbol=symbol, convert=to_dict
        )

    async def close(self) -> None:
        """Let orders under way end, then close. Safe to call twice.

        Whoever acquired the connection from a registry releases it there instead.
        """
        await self._caller.close()

    async def _public(self, convert: Callable[[Any], T], name: str, symbol: str, *args: Any) -> T:
        self._caller.require(name, is_private=False)
        await self._markets.require(symbol)
        return await self._read(name, symbol, *args, symbol=symbol, convert=convert)

    async def _private(
        self, convert: Callable[[Any], T], name: str, symbol: str | None, *args: Any
    ) -> T:
        # Before anything is asked: without a key there is no point in loading markets.
        self._caller.require(name, is_private=True)
        await self.load_markets()
        return await self._read(
            name, *args, priority=Priority.PRIVATE, symbol=symbol, convert=convert
        )


def _require_timeframe(timeframe: Timeframe, offered: tuple[str, ...], exchange: str) -> None:
    if timeframe.name in offered:
        return
    if not offered:
        raise UnsupportedError(f"{exchange} serves no candles")
    raise BadRequestError(
        f'timeframe was "{timeframe}", which {exchange} does not serve. '
        f"Possible: {', '.join(offered)}"
    )
