"""Config → a wired session; the only place that knows every part."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from cracktrader.config import Config, load_config
from cracktrader.errors import ConfigError, DataError, UnsupportedError, did_you_mean

if TYPE_CHECKING:
    from cracktrader.brokers.backtest import CCXTBackBroker
    from cracktrader.candles.archive import Archive
    from cracktrader.cerebro.cerebro import Cerebro
    from cracktrader.domain.market import InstrumentType
    from cracktrader.exchange.connection import Connection
    from cracktrader.feeds.ccxt import CCXTDataFeed
    from cracktrader.reports.result import RunResult
    from cracktrader.store import CCXTStore

MODES: Final = ("backtest", "paper", "sandbox", "live")
_STORE_OPTIONS: Final = ("sandbox", "instrument_type", "cache_enabled", "cache_dir", "account")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPlan:
    """What to run. *config* is kept with the result, to run it again; *currency* is of cash."""

    strategy: type[Any]
    params: Mapping[str, Any] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)
    currency: str = ""


def open_archive(config: Config) -> Archive:
    """Return the archive the settings name."""
    from cracktrader.candles.archive import Archive  # noqa: PLC0415  (pyarrow)

    data = config.settings.data
    return Archive(data.cache_dir, lock_timeout_s=data.lock_timeout_s)


@contextlib.contextmanager
def connected(
    config: Config, exchange: str, instrument_type: InstrumentType | None = None
) -> Iterator[Connection]:
    """Lend a connection to *exchange* as the settings describe it."""
    from cracktrader.exchange.key import ConnectionKey  # noqa: PLC0415  (ccxt)
    from cracktrader.exchange.registry import default_registry  # noqa: PLC0415

    settings = config.exchange(exchange)
    key = ConnectionKey(
        exchange=exchange,
        mode="sandbox" if settings.sandbox else "live",
        instrument_type=instrument_type or settings.instrument_type,
    )
    registry = default_registry()
    connection = registry.acquire(settings, key)
    try:
        yield connection
    finally:
        registry.release(connection)


def run_backtest(plan: RunPlan, *, feeds: Mapping[str, Any], broker: Any) -> RunResult:
    """Run the strategy over *feeds* (by name, shortest timeframe first) and measure it.

    Raises:
        StrategyError: if the strategy raised; its own exception is the cause.
        DataError: if there are no candles.
    """
    from cracktrader.cerebro.cerebro import Cerebro  # noqa: PLC0415  (backtrader)
    from cracktrader.reports.provenance import RunMeta  # noqa: PLC0415
    from cracktrader.reports.recorder import RunRecorder  # noqa: PLC0415
    from cracktrader.reports.result import RunResult  # noqa: PLC0415

    cerebro = Cerebro(stdstats=False)
    for name, feed in feeds.items():
        cerebro.adddata(feed, name=name)
    cerebro.setbroker(broker)
    cerebro.addstrategy(plan.strategy, **plan.params)
    cerebro.addanalyzer(RunRecorder, _name="recorder")
    finished = cerebro.run()
    if not any(len(feed) for feed in feeds.values()):
        raise DataError(f"there are no candles of {', '.join(feeds)} in that time")
    strategy = finished[0]
    meta = RunMeta.of(strategy, config=dict(plan.config), currency=plan.currency)
    return RunResult.from_recorder(strategy.analyzers.recorder, meta)
