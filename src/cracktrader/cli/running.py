"""Feeds, broker and progress of a backtest, from an exchange's candles or a file's."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cracktrader.bootstrap import RunPlan, connected, open_store, run_backtest
from cracktrader.cli.choices import (
    choose_exchange,
    choose_type,
    read_timeframes,
    require_symbols,
)
from cracktrader.cli.costs import USUAL_FEE, Costs, make_broker
from cracktrader.cli.downloads import DownloadWatch
from cracktrader.cli.exits import UsageError
from cracktrader.cli.file_candles import FileCandles
from cracktrader.cli.moments import iso_moment, parse_range, show_moment
from cracktrader.cli.options import Market, Reporting
from cracktrader.cli.progress import Step, progress
from cracktrader.domain.market import InstrumentType
from cracktrader.domain.timeframe import Timeframe
from cracktrader.feeds.ccxt import CCXTDataFeed

if TYPE_CHECKING:
    from cracktrader.config import Config
    from cracktrader.reports.result import RunResult
    from cracktrader.store import CCXTStore

_DEFAULT_SINCE: Final = "90d"
_ANSWER_S: Final = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What a backtest runs on; *facts* say where it comes from."""

    feeds: Mapping[str, CCXTDataFeed]
    broker: Any
    facts: Mapping[str, Any]


@contextlib.contextmanager
def from_exchange(market: Market, costs: Costs, config: Config) -> Iterator[Inputs]:
    """Take candles, fees and rules from an exchange; what the archive has is not asked for."""
    exchange = choose_exchange(market.exchange, config)
    symbols = require_symbols(market.symbol)
    timeframes = read_timeframes(market.timeframe or ("1h",))
    kind = choose_type(market.type, exchange, config)
    store = open_store(config, exchange, instrument_type=kind)
    try:
        start, end = parse_range(
            market.since or _DEFAULT_SINCE,
            market.until,
            now_ms=lambda: server_time_ms(config, exchange, kind),
        )
        broker = make_broker(costs, config.settings.backtest, store=store, fallback_fee=exchange)
        facts = {"exchange": store.archive_name, "instrument_type": kind}
        feeds = _make_feeds(store, symbols, timeframes, (start, end))
        yield Inputs(feeds=feeds, broker=broker, facts=facts)
    finally:
        store.close()


@contextlib.contextmanager
def from_file(path: Path, market: Market, costs: Costs, config: Config) -> Iterator[Inputs]:
    """Take candles from a file; fees are those said, or of the exchange said, or the usual."""
    if len(market.symbol) > 1:
        raise UsageError(f"a file holds one market, but --symbol names {', '.join(market.symbol)}")
    candles = FileCandles.read(path)
    symbols = market.symbol or (path.stem,)
    timeframes = read_timeframes(market.timeframe or (candles.timeframe.name,))
    start, end = parse_range(market.since, market.until, now_ms=lambda: candles.end)
    if end <= candles.start:
        raise UsageError(
            f"--until {market.until} is before the first candle of the file, "
            f"{show_moment(candles.start)}"
        )
    broker = make_broker(
        costs, config.settings.backtest, store=None, fallback_fee=market.exchange or USUAL_FEE
    )
    span = (candles.start if start is None else start, end)
    feeds = _make_feeds(candles, symbols, timeframes, span)
    yield Inputs(feeds=feeds, broker=broker, facts={"candles": path.name})


def run_watched(
    strategy: type[Any], params: Mapping[str, Any], inputs: Inputs, *, quiet: bool
) -> RunResult:
    """Load the candles, run the strategy, and show how far both are."""
    watch, feeds = DownloadWatch(), inputs.feeds
    with progress(watch.steps, quiet=quiet):
        for feed in feeds.values():
            feed.p.on_progress = watch
            _ = feed.candles
    plan = RunPlan(
        strategy=strategy,
        params=params,
        config={**inputs.facts, **_facts(inputs)},
        currency=_currency(feeds),
    )
    longest = max(feeds.values(), key=lambda feed: len(feed.candles))
    total = len(longest.candles)

    def poll() -> Sequence[Step]:
        return [Step(label=strategy.__name__, done=len(longest), total=total)]

    with progress(poll, quiet=quiet):
        return run_backtest(plan, feeds=feeds, broker=inputs.broker)


def prints_aside(common: Reporting) -> contextlib.AbstractContextManager[object]:
    """Send what a strategy prints to stderr if stdout is to be JSON and nothing else."""
    return contextlib.redirect_stdout(sys.stderr) if common.json else contextlib.nullcontext()


def server_time_ms(config: Config, exchange: str, kind: InstrumentType) -> int:
    """Return the exchange's own time: a local exchange may live in another year."""
    with connected(config, exchange, kind) as connection:
        return connection.loop.call(connection.server_time_ms(), timeout_s=_ANSWER_S)


def _make_feeds(
    store: CCXTStore | FileCandles,
    symbols: Sequence[str],
    timeframes: Sequence[Timeframe],
    span: tuple[int | None, int | None],
) -> dict[str, CCXTDataFeed]:
    """Return feeds by name, the shortest timeframe first, as Backtrader wants them."""
    feeds = {}
    for timeframe in timeframes:
        for symbol in symbols:
            name = symbol if len(timeframes) == 1 else f"{symbol} {timeframe}"
            options: dict[str, Any] = {"ccxt_timeframe": timeframe.name}
            options["fromdate"], options["todate"] = span
            feeds[name] = CCXTDataFeed(store, symbol, **options)
    return feeds


def _facts(inputs: Inputs) -> dict[str, Any]:
    """Return what must be known to run it again; no path and no clock of this machine."""
    reports = [feed.report for feed in inputs.feeds.values() if feed.report is not None]
    broker = inputs.broker.p
    return {
        "symbols": sorted({report.symbol for report in reports}),
        "timeframes": sorted({report.timeframe for report in reports}),
        "since": iso_moment(min(report.start for report in reports)),
        "until": iso_moment(max(report.end for report in reports)),
        "cash": broker.cash,
        "half_spread_bps": broker.half_spread_bps,
        "slippage": dict(broker.slippage or {}),
        "rules": broker.rules,
    }


def _currency(feeds: Mapping[str, CCXTDataFeed]) -> str:
    quotes = {feed.symbol.partition("/")[2].partition(":")[0] for feed in feeds.values()}
    return quotes.pop() if len(quotes) == 1 else ""
