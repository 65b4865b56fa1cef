"""What a reader must know before believing a result: few trades, gaps, outliers, refusals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from cracktrader.candles.gaps import find_gaps
from cracktrader.candles.quality import inspect
from cracktrader.domain.timeframe import Timeframe
from cracktrader.reports.metrics import Metrics, equity_curve
from cracktrader.reports.records import Instrument, OrderRecord
from cracktrader.reports.result import RunResult
from cracktrader.reports.returns import DAY_MS
from cracktrader.reports.wording import duration, moment, percent

FEWEST_TRADES: Final = 30
_FEWEST_DAYS: Final = 90
_REFUSED: Final = ("Margin", "Rejected")


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFacts:
    """What the candles of one instrument cover; *missing* is None if that cannot be told."""

    symbol: str
    timeframe: str
    candles: int
    first: int | None
    last: int | None
    missing: int | None
    largest_gap_ms: int
    no_trades: int
    outliers: int


def findings(result: RunResult, metrics: Metrics) -> tuple[str, ...]:
    """Return every reason for doubt, as sentences; the run's own warnings come first."""
    return (
        *result.meta.warnings,
        *_about_the_sample(result, metrics),
        *_about_costs(result, metrics),
        *_about_orders(result, metrics),
        *(line for instrument in result.instruments for line in _about_data(instrument)),
    )


def data_facts(instrument: Instrument) -> DataFacts:
    """Look through the candles of *instrument*."""
    candles, times = instrument.candles, instrument.candles.timestamp
    missing: int | None = None
    largest = outliers = 0
    timeframe = _timeframe(instrument)
    if timeframe is not None and len(times) and bool(np.all(np.diff(times) > 0)):
        gaps = find_gaps(candles, timeframe)
        missing = sum(gap.candles for gap in gaps)
        largest = max((gap.end - gap.start for gap in gaps), default=0)
        outliers = int(inspect(candles, timeframe).is_outlier.sum())
    return DataFacts(
        symbol=instrument.symbol,
        timeframe=instrument.timeframe,
        candles=len(candles),
        first=int(times[0]) if len(times) else None,
        last=int(times[-1]) if len(times) else None,
        missing=missing,
        largest_gap_ms=largest,
        no_trades=int((candles.volume == 0).sum()),
        outliers=outliers,
    )


def _timeframe(instrument: Instrument) -> Timeframe | None:
    try:
        return Timeframe.parse(instrument.timeframe)
    except ValueError:
        return None


def _about_the_sample(result: RunResult, metrics: Metrics) -> Iterator[str]:
    count, span = metrics.trips.count, equity_curve(result).span_ms
    if not count:
        yield "No trade was closed: nothing can be said about the strategy."
    elif count < FEWEST_TRADES:
        words = _counted(count, "closed trade", "closed trades")
        yield f"Only {words}: fewer than {FEWEST_TRADES} prove little."
    if span < _FEWEST_DAYS * DAY_MS:
        yield (
            f"The run covers {duration(span)}: yearly figures (CAGR, Sharpe, Sortino, Calmar, "
            "volatility) are extrapolated from little."
        )
    if result.meta.is_in_sample:
        yield "In-sample only: the parameters were chosen on the same data."
    if metrics.open_trips:
        words = _counted(metrics.open_trips, "position was", "positions were")
        yield (
            f"{words} still open at the end: in the value of the account, not in the trade figures."
        )


def _about_costs(result: RunResult, metrics: Metrics) -> Iterator[str]:
    if result.fills and not metrics.costs.fees:
        yield "No fees were charged: set the commission of your exchange."


def _about_orders(result: RunResult, metrics: Metrics) -> Iterator[str]:
    refused = sum(order.status in _REFUSED for order in result.orders)
    if refused:
        share = percent(refused / len(result.orders), digits=0)
        total = _counted(len(result.orders), "order", "orders")
        yield f"{refused:,} of {total} ({share}) {'was' if refused == 1 else 'were'} refused."
    if count := ambiguous_exits(result):
        yield (
            f"{_counted(count, 'exit is', 'exits are')} ambiguous: within that bar the price also "
            "reached the other leg of the bracket. Finer candles would decide."
        )
    if unknown := int((~np.isfinite(result.equity.value)).sum()):
        yield (
            f"After {_counted(unknown, 'bar', 'bars')} the account's value is no number: "
            "a price is missing there."
        )
    if metrics.performance.end_value < 0:
        yield "The account went below zero: no exchange would have allowed that."


def ambiguous_exits(result: RunResult) -> int:
    """Count filled bracket legs whose sibling's price lies within the same bar."""
    families: dict[int, list[OrderRecord]] = {}
    for order in result.orders:
        if order.parent is not None and order.price is not None:
            families.setdefault(order.parent, []).append(order)
    filled_at = {fill.order: fill.timestamp for fill in result.fills}
    instruments = {instrument.symbol: instrument for instrument in result.instruments}
    return sum(
        _reached(instruments.get(other.symbol), filled_at[order.number], other.price)
        for family in families.values()
        for order, other in _filled_and_sibling(family)
    )


def _filled_and_sibling(
    family: Iterable[OrderRecord],
) -> Iterator[tuple[OrderRecord, OrderRecord]]:
    legs = list(family)
    for order in legs:
        if order.filled:
            yield from ((order, other) for other in legs if not other.filled)


def _reached(instrument: Instrument | None, timestamp: int, price: float | None) -> bool:
    if instrument is None or price is None:
        return False
    candles = instrument.candles
    row = int(np.searchsorted(candles.timestamp, timestamp))
    if row >= len(candles) or candles.timestamp[row] != timestamp:
        return False
    return bool(candles.low[row] <= price <= candles.high[row])


def _about_data(instrument: Instrument) -> Iterator[str]:
    facts = data_facts(instrument)
    name = f"{facts.symbol} {facts.timeframe}"
    if not facts.candles:
        yield f"{name}: the run kept no candles, so there is no chart and no buy and hold."
    if facts.missing:
        yield (
            f"{name}: {_counted(facts.missing, 'candle is', 'candles are')} missing, the longest "
            f"gap is {duration(facts.largest_gap_ms)}."
        )
    if facts.outliers:
        words = _counted(
            facts.outliers, "candle looks like an outlier", "candles look like outliers"
        )
        yield f"{name}: {words}."


def _counted(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"


def covered(result: RunResult) -> str:
    """Return the time the run covers, for people."""
    times = result.equity.timestamp
    if not len(times):
        return "no bars"
    return f"{moment(int(times[0]))} to {moment(int(times[-1]))} UTC"
