"""Config → a wired session; the only place that knows every part."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from cracktrader.errors import (
    ConfigError,
    CracktraderError,
    DataError,
    StrategyError,
    UnsupportedError,
    did_you_mean,
)

if TYPE_CHECKING:
    from cracktrader.brokers.backtest import CCXTBackBroker
    from cracktrader.candles.archive import Archive
    from cracktrader.cerebro.cerebro import Cerebro
    from cracktrader.config import Config
    from cracktrader.domain.market import InstrumentType
    from cracktrader.exchange.connection import Connection
    from cracktrader.exchange.settings import ExchangeSettings
    from cracktrader.feeds.ccxt import CCXTDataFeed
    from cracktrader.reports.result import RunResult
    from cracktrader.store import CCXTStore

MODES: Final = ("backtest", "paper", "sandbox", "live")
# What `exchange()` hands to the store rather than to the exchange's settings.
_STORE_OPTIONS: Final = frozenset({"account", "cache_dir", "cache_enabled", "exchange_instance"})
_CONTAINERS: Final = ("store_options", "store_kwargs")
_SPELLINGS: Final = {"passphrase": "password"}


def open_archive(config: Config) -> Archive:
    """Return the archive the settings name."""
    from cracktrader.candles.archive import Archive

    data = config.settings.data
    return Archive(data.cache_dir, lock_timeout_s=data.lock_timeout_s)


def open_store(
    config: Config, exchange: str, *, instrument_type: InstrumentType | None = None
) -> CCXTStore:
    """Return a store of *exchange* as the settings describe it; not connected yet."""
    from cracktrader.store import CCXTStore

    return CCXTStore(
        exchange,
        settings=config.exchange(exchange),
        archive_settings=config.settings.data,
        instrument_type=instrument_type,
    )


@contextlib.contextmanager
def connected(
    config: Config, exchange: str, instrument_type: InstrumentType | None = None
) -> Iterator[Connection]:
    """Lend a connection to *exchange* as the settings describe it."""
    from cracktrader.exchange.ids import require_exchange_id
    from cracktrader.exchange.key import ConnectionKey
    from cracktrader.exchange.registry import default_registry

    settings = config.exchange(exchange)
    key = ConnectionKey(
        exchange=require_exchange_id(exchange),
        mode="sandbox" if settings.sandbox else "live",
        instrument_type=instrument_type or settings.instrument_type,
    )
    registry = default_registry()
    connection = registry.acquire(settings, key)
    try:
        yield connection
    finally:
        registry.release(connection)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPlan:
    """What to run. *config* is kept with the result, to run it again; *currency* is of cash."""

    strategy: type[Any]
    params: Mapping[str, Any] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)
    currency: str = ""


def run_backtest(plan: RunPlan, *, feeds: Mapping[str, Any], broker: Any) -> RunResult:
    """Run the strategy over *feeds* (by name, shortest timeframe first) and measure it.

    Raises:
        StrategyError: if the strategy raised; its own exception is the cause.
        DataError: if there are fewer candles than the strategy needs to begin.
    """
    from cracktrader.cerebro.cerebro import Cerebro
    from cracktrader.reports.provenance import RunMeta
    from cracktrader.reports.recorder import RunRecorder
    from cracktrader.reports.result import RunResult

    cerebro = Cerebro(stdstats=False)
    for name, feed in feeds.items():
        cerebro.adddata(feed, name=name)
    cerebro.setbroker(broker)
    cerebro.addstrategy(plan.strategy, **plan.params)
    cerebro.addanalyzer(RunRecorder, _name="recorder")
    try:
        (strategy,) = cerebro.run()
    except CracktraderError:
        raise
    except (Exception, SystemExit) as exc:
        if isinstance(exc, IndexError):
            # What Backtrader's indicators raise if there are fewer bars than they need.
            for candidate in cerebro.runningstrats:
                _require_enough_bars(candidate, cause=exc)
        what = f"{type(exc).__name__}: {exc}" if str(exc) else type(exc).__name__
        raise StrategyError(f"{plan.strategy.__name__} could not run: {what}") from exc
    _require_enough_bars(strategy)
    meta = RunMeta.of(strategy, config=dict(plan.config), currency=plan.currency)
    return RunResult.from_recorder(strategy.analyzers.recorder, meta)


def _require_enough_bars(strategy: Any, *, cause: Exception | None = None) -> None:
    needs = strategy._minperiods  # noqa: SLF001  (Backtrader's only way)
    for feed, needed in zip(strategy.datas, needs, strict=False):
        bars, name = feed.buflen(), feed._name  # noqa: SLF001
        if bars < needed:
            raise DataError(
                f"{type(strategy).__name__} needs {needed:,} bars of {name} before its "
                f"first decision, and there are {bars:,}; start earlier or use shorter periods"
            ) from cause


class Session:
    """One exchange in one mode: hands out feeds, a broker, and a Cerebro that has both."""

    def __init__(self, store: CCXTStore, *, mode: str = "backtest") -> None:
        self.store = store
        self.mode = mode

    def __repr__(self) -> str:
        return f"<Session {self.store.exchange} ({self.mode}, {self.store.instrument_type})>"

    @property
    def name(self) -> str:
        """CCXT's id of the exchange."""
        return self.store.exchange

    def feed(self, symbol: str, timeframe: str = "1h", **options: Any) -> CCXTDataFeed:
        """Return the candles of one market; *options* are those of `CCXTDataFeed`."""
        from cracktrader.feeds.ccxt import CCXTDataFeed

        return CCXTDataFeed(self.store, symbol, **{"ccxt_timeframe": timeframe, **options})

    def feeds(self, wanted: Iterable[Mapping[str, Any] | str]) -> list[CCXTDataFeed]:
        """Return a feed for each symbol, or mapping of `feed`'s arguments."""
        return [self.feed(each) if isinstance(each, str) else self.feed(**each) for each in wanted]

    def broker(self, **options: Any) -> CCXTBackBroker:
        """Return the mode's broker; *options* are those of `BrokerFactory.create`."""
        from cracktrader.brokers.factory import BrokerFactory

        return BrokerFactory.create(options.pop("mode", self.mode), self.store, **options)

    def cerebro(self, **options: Any) -> Cerebro:
        """Return a Cerebro that trades with this session's `broker(**options)`."""
        from cracktrader.cerebro.cerebro import Cerebro

        cerebro = Cerebro()
        cerebro.setbroker(self.broker(**options))
        return cerebro

    def close(self) -> None:
        """Give the connection back. Safe to call twice."""
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def exchange(
    name: str,
    mode: str = "backtest",
    *,
    config: Config | None = None,
    instrument_type: InstrumentType | None = None,
    sandbox: bool | None = None,
    **options: Any,
) -> Session:
    """Open a session, which its `close` or a ``with`` block ends.

    Args:
        name: CCXT's id of the exchange.
        mode: only ``backtest`` in this version.
        config: the settings; those of files and environment if None.
        instrument_type: spot, margin, swap, future or option.
        sandbox: use the exchange's test network.
        options: the exchange's settings, in our spelling or CCXT's (``api_key`` or ``apiKey``,
            ``secret``, ``rate_limit`` ...), and ``account``, ``cache_dir``, ``cache_enabled``.

    Raises:
        ConfigError: if the exchange, the mode or an option is unknown.
        UnsupportedError: if the mode is not in this version.
    """
    _require_backtest(mode)
    from cracktrader.config import load_config
    from cracktrader.store import CCXTStore

    for container in _CONTAINERS:
        options.update(options.pop(container, None) or {})
    store_options = {key: options.pop(key) for key in _STORE_OPTIONS & set(options)}
    effective = config or load_config()
    if "cache_dir" not in store_options:
        store_options["archive_settings"] = effective.settings.data
    given = {**(options.pop("config_overrides", None) or {}), **options}
    store = CCXTStore(
        name,
        sandbox=bool(sandbox),
        instrument_type=instrument_type,
        settings=_with_options(effective.exchange(name), given),
        **store_options,
    )
    return Session(store, mode=mode)


def _with_options(settings: ExchangeSettings, options: Mapping[str, Any]) -> ExchangeSettings:
    """Lay *options* over *settings*."""
    from cracktrader.exchange.settings import ExchangeSettings

    spelt = {_SPELLINGS.get(key, key): value for key, value in options.items()}
    given = ExchangeSettings.from_ccxt(spelt)
    return settings.model_copy(update={key: getattr(given, key) for key in given.model_fields_set})


def _require_backtest(mode: str) -> None:
    if mode not in MODES:
        raise ConfigError(f'mode was "{mode}"; use "backtest".{did_you_mean(mode, MODES)}')
    if mode != "backtest":
        raise UnsupportedError(f'mode "{mode}" is not in this version; use "backtest"')
