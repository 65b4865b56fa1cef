"""CCXTStore: one account on one exchange, as Backtrader users expect it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from cracktrader.candles.download import DownloadOptions, ProgressCallback
from cracktrader.candles.settings import ArchiveSettings
from cracktrader.domain.candle import Candles
from cracktrader.domain.market import Market
from cracktrader.domain.timeframe import Timeframe
from cracktrader.errors import UnavailableError, did_you_mean
from cracktrader.exchange.given import GivenExchange
from cracktrader.exchange.key import DEFAULT_ACCOUNT
from cracktrader.exchange.lease import AnyConnection, ConnectionLease
from cracktrader.exchange.settings import ExchangeSettings
from cracktrader.feeds.cache import CandleCache, open_archive
from cracktrader.feeds.history import CandleHistory, History, HistoryRequest
from cracktrader.feeds.market_snapshot import MarketSnapshot
from cracktrader.feeds.options import parse_moment, parse_timeframe
from cracktrader.observability.logs import get_logger

if TYPE_CHECKING:
    from cracktrader.brokers.backtest import CCXTBackBroker
    from cracktrader.exchange.capabilities import Capabilities
    from cracktrader.exchange.registry import ConnectionRegistry
    from cracktrader.feeds.ccxt import CCXTDataFeed

_log = get_logger(__name__)

# Options of older versions that are accepted and have nothing to do.
_NEEDLESS: Final = {
    "cache_ttl": "closed candles never expire",
    "connection_pool_size": "sessions are always pooled",
    "streaming": "there are no streams in this version",
}


def _blocking(name: str) -> Callable[..., Any]:
    def call(self: CCXTStore, *args: Any, **kwargs: Any) -> Any:
        return self._lease.wait(lambda connection: getattr(connection, name)(*args, **kwargs))

    call.__name__ = name
    call.__doc__ = f"Call the exchange's {name} and wait; arguments and answer are CCXT's."
    return call


def _awaitable(name: str) -> Callable[..., Coroutine[Any, Any, Any]]:
    async def call(self: CCXTStore, *args: Any, **kwargs: Any) -> Any:
        return await self._lease.run(lambda connection: getattr(connection, name)(*args, **kwargs))

    call.__name__ = f"{name}_async"
    call.__doc__ = f"Await the exchange's {name}; arguments and answer are CCXT's."
    return call


class CCXTStore:
    """Hands out the candles, markets and calls of one account on one exchange.

    Nothing is asked of the exchange before it is needed. Stores of the same exchange,
    account, mode and instrument type share one connection; two accounts never do.

    Args:
        exchange: CCXT's id, e.g. ``"binance"``. A dict is taken as *config*, with the id under
            ``exchange``; an object with ``fetch_ohlcv`` as *exchange_instance*.
        sandbox: use the exchange's test network, or refuse to start.
        config: CCXT's names (``apiKey``, ``secret``, ``rateLimit`` ...) or ours
            (``rate_limit`` in requests per minute ...), also as ``{"binance": {...}}``.
        instrument_type: spot, margin, swap, future or option; spot unless said.
        cache_enabled: keep candles in the archive; otherwise in memory only.
        cache_dir: where the archive is; all projects of a user share one by default.
        exchange_instance: a client to use as it is, instead of one of ours.
        exchange_id: another name of *exchange*.
        account: one of the accounts in the settings, or in ``config["accounts"]``.
        settings: settings that were read before, instead of *config*.
        archive_settings: more about the archive than *cache_dir*.
        registry: who shares connections; the one of this process by default.
        on_progress: hears of downloads.
        needless: ``cache_ttl``, ``connection_pool_size`` and ``streaming`` of older versions
            have no effect; the log says so.
    """

    def __init__(  # noqa: PLR0913  (all but the first are keywords with a default)
        self,
        exchange: Any = None,
        *,
        sandbox: bool = False,
        config: Mapping[str, Any] | None = None,
        instrument_type: str | None = None,
        cache_enabled: bool | None = None,
        cache_dir: str | Path | None = None,
        exchange_instance: Any = None,
        exchange_id: str | None = None,
        account: str = DEFAULT_ACCOUNT,
        settings: ExchangeSettings | None = None,
        archive_settings: ArchiveSettings | None = None,
        registry: ConnectionRegistry | None = None,
        on_progress: ProgressCallback | None = None,
        **needless: Any,
    ) -> None:
        _require_needless(needless)
        who = exchange_id if exchange is None else exchange
        if exchange_id is not None and hasattr(exchange, "fetch_ohlcv"):
            who, exchange_instance = exchange_id, exchange
        given = GivenExchange.read(
            who, config, client=exchange_instance, account=account, settings=settings
        ).chosen(sandbox=sandbox, instrument_type=instrument_type)
        archiving = archive_settings or ArchiveSettings()
        archive = open_archive(archiving, cache_enabled=cache_enabled, cache_dir=cache_dir)
        self.exchange: Final = given.exchange
        self.archive_name: Final = given.archive_name
        self.instrument_type: Final[str] = given.settings.instrument_type
        self.sandbox: Final = given.settings.sandbox
        self.archive: Final = archive
        self.on_progress = on_progress
        self._lease = ConnectionLease(given, registry=registry)
        self._options = DownloadOptions(
            grace_ms=archiving.grace_ms, flush_interval_s=archiving.flush_interval_s
        )
        name, kind = self.archive_name, self.instrument_type
        self.cache: Final = CandleCache(archive, exchange=name, instrument_type=kind)
        self._snapshot: Final = MarketSnapshot(archive.storage, exchange=name, instrument_type=kind)

    def __repr__(self) -> str:
        return f"<CCXTStore {self._lease.given.key()}>"

    async def initialize(self) -> Self:
        """Connect and load the markets; from any event loop."""
        await self._lease.run(lambda connection: connection.load_markets())
        return self

    def start(self, data: object = None, broker: object = None) -> Self:
        """Connect, load the markets and wait for it. Does nothing if that was done."""
        self.markets()
        return self

    def connect(self) -> bool:
        """Connect, as `start`; always true, since what goes wrong is an error."""
        self.start()
        return True

    def close(self) -> None:
        """Give the connection back. Safe to call twice; whatever is asked later reconnects."""
        self._lease.close()

    disconnect = stop = close

    def is_connected(self) -> bool:
        """Whether a connection is open."""
        return self._lease.is_open

    def get_notifications(self) -> list[Any]:
        """Return what Cerebro should tell strategies: nothing, in a backtest."""
        return []

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return await self.initialize()

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await asyncio.to_thread(self.close)

    @staticmethod
    def reset_registry() -> None:
        """Close every connection of this process; for tests."""
        from cracktrader.exchange.registry import default_registry  # noqa: PLC0415

        default_registry().close()

    def candles(
        self,
        symbol: str,
        timeframe: str | Timeframe,
        start: Any,
        end: Any = None,
        *,
        download: bool = True,
        on_progress: ProgressCallback | None = None,
    ) -> Candles:
        """Return the closed candles that open in ``[start, end)``; from the archive if it can.

        *start* and *end* are ms UTC, datetimes, dates or ISO 8601 text.

        Raises:
            DataError: if there is not one; the message names what there is.
        """
        request = HistoryRequest(
            symbol=symbol,
            timeframe=parse_timeframe(str(timeframe)),
            start=parse_moment("start", start),
            end=parse_moment("end", end),
            download=download,
        )
        return self.history(request, on_progress=on_progress).candles

    def history(
        self, request: HistoryRequest, *, on_progress: ProgressCallback | None = None
    ) -> History:
        """Return the candles of *request*, and how far they are known."""
        history = CandleHistory(
            self.archive,
            exchange=self.archive_name,
            instrument_type=self.instrument_type,
            connect=self._connected_for,
            wait=lambda coroutine: self._lease.wait(lambda _: coroutine),
            options=self._options,
        )
        return history.load(request, on_progress=on_progress or self.on_progress)

    def market(self, symbol: str) -> Market:
        """Return what can be traded under *symbol*; loads the markets if that was not done.

        While the exchange cannot be reached, as the archive last heard of it, with a warning.

        Raises:
            BadRequestError: if there is no such market.
            UnavailableError: if the exchange cannot be reached and never could be.
        """
        if (known := self._snapshot.known(symbol)) is not None:
            return known
        try:
            return self._connected_for(symbol).market(symbol)
        except UnavailableError as exc:
            return self._snapshot.market_instead_of(exc, symbol)

    def markets(self) -> Mapping[str, Market]:
        """Return all markets of this instrument type."""
        markets = self._lease.wait(lambda connection: connection.load_markets())
        self._snapshot.save(markets)
        return markets

    def capabilities(self) -> Capabilities:
        """Return what the exchange can do, as far as CCXT knows."""
        return self._lease.open().capabilities()

    def fetch_ohlcv(
        self, symbol: str, timeframe: str = "1m", since: int | None = None, limit: int | None = None
    ) -> list[list[float]]:
        """Ask the exchange for one page of candles as CCXT's rows, the forming one included.

        Without *since* the latest ones. `candles` knows longer ranges, and remembers.
        """
        return self._lease.wait(lambda c: _fetch_rows(c, symbol, timeframe, since, limit))

    async def fetch_ohlcv_async(
        self, symbol: str, timeframe: str = "1m", since: int | None = None, limit: int | None = None
    ) -> list[list[float]]:
        """Await what `fetch_ohlcv` returns."""
        return await self._lease.run(lambda c: _fetch_rows(c, symbol, timeframe, since, limit))

    fetch_ticker = get_ticker = _blocking("fetch_ticker")
    fetch_order_book = get_order_book = _blocking("fetch_order_book")
    fetch_trades = _blocking("fetch_trades")
    fetch_balance = get_balance = _blocking("fetch_balance")
    fetch_positions = get_positions = _blocking("fetch_positions")
    fetch_order = _blocking("fetch_order")
    fetch_orders = _blocking("fetch_orders")
    fetch_open_orders = _blocking("fetch_open_orders")
    fetch_my_trades = _blocking("fetch_my_trades")
    fetch_trading_fees = _blocking("fetch_trading_fees")
    create_order = _blocking("create_order")
    cancel_order = _blocking("cancel_order")

    fetch_ticker_async = _awaitable("fetch_ticker")
    fetch_order_book_async = _awaitable("fetch_order_book")
    fetch_trades_async = _awaitable("fetch_trades")
    fetch_balance_async = _awaitable("fetch_balance")
    fetch_positions_async = _awaitable("fetch_positions")
    fetch_order_async = _awaitable("fetch_order")
    fetch_orders_async = _awaitable("fetch_orders")
    fetch_open_orders_async = _awaitable("fetch_open_orders")
    fetch_my_trades_async = _awaitable("fetch_my_trades")
    fetch_trading_fees_async = _awaitable("fetch_trading_fees")
    create_order_async = _awaitable("create_order")
    cancel_order_async = _awaitable("cancel_order")

    get_ohlcv = fetch_historical_ohlcv = fetch_ohlcv

    @property
    def _data_cache(self) -> CandleCache:
        return self.cache

    def getdata(self, symbol: str, **options: Any) -> CCXTDataFeed:
        """Return a feed of this store; *options* are those of `CCXTDataFeed`."""
        from cracktrader.feeds.ccxt import CCXTDataFeed  # noqa: PLC0415

        return CCXTDataFeed(self, symbol, **options)

    def getbroker(self, **options: Any) -> CCXTBackBroker:
        """Return a broker of this store; *options* are those of `BrokerFactory.create`."""
        from cracktrader.brokers.factory import BrokerFactory  # noqa: PLC0415

        return BrokerFactory.create(store=self, **options)

    def _connected_for(self, symbol: str) -> AnyConnection:
        """Return the connection once it knows its markets, *symbol* among them."""
        connection = self._lease.open()
        self.markets()
        connection.market(symbol)
        return connection


async def _fetch_rows(
    connection: AnyConnection, symbol: str, timeframe: str, since: int | None, limit: int | None
) -> list[list[float]]:
    parsed = parse_timeframe(timeframe)
    count = limit or connection.page_limit(parsed)
    if since is None:
        now_ms = await connection.server_time_ms()
        since = parsed.shift(parsed.floor(now_ms), 1 - count)
    candles = await connection.fetch_candles(symbol, parsed, since=since, limit=count)
    return candles.to_rows()


def _require_needless(options: Mapping[str, Any]) -> None:
    for name, value in options.items():
        if name not in _NEEDLESS:
            possible = CCXTStore.__init__.__kwdefaults__ or {}
            raise TypeError(f'CCXTStore has no option "{name}".{did_you_mean(name, possible)}')
        if value:
            _log.warning("store.option_ignored", option=name, reason=_NEEDLESS[name])
