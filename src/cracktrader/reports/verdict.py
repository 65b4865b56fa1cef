"""The table a run is judged by, the same rows in the terminal and in the report."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from cracktrader.reports.metrics import Metrics
from cracktrader.reports.result import RunResult
from cracktrader.reports.returns import Performance
from cracktrader.reports.wording import NOTHING, duration, moment, money, percent, ratio


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line: *tone* is 1 for a gain, -1 for a loss, 0 for neither; *note* explains."""

    label: str
    value: str
    benchmark: str = ""
    note: str = ""
    tone: int = 0
    benchmark_tone: int = 0


_Figure = Callable[[Performance], float | None]
_DATE: Final = len("2023-03-14")
_Words = Callable[[float | None], str]


def _signed_percent(value: float | None) -> str:
    return percent(value, signed=True)


_RATIOS: Final[tuple[tuple[str, _Figure, _Words, str], ...]] = (
    ("Return", lambda p: p.return_, _signed_percent, ""),
    ("CAGR", lambda p: p.cagr, _signed_percent, "per year of 365 days"),
    ("Sharpe", lambda p: p.sharpe, ratio, "{periods}"),
    ("Sortino", lambda p: p.sortino, ratio, "{periods}"),
    ("Calmar", lambda p: p.calmar, ratio, "CAGR over max drawdown"),
    ("Volatility", lambda p: p.volatility, percent, "per year"),
    ("Max drawdown", lambda p: p.max_drawdown, percent, "{drawdown}"),
)


def rows(result: RunResult, metrics: Metrics) -> tuple[Row, ...]:
    """Return the verdict: label, value, buy and hold beside it."""
    return (
        *_performance_rows(result, metrics),
        *_activity_rows(metrics),
        *_trade_rows(result, metrics),
        *_cost_rows(result, metrics),
    )


def _performance_rows(result: RunResult, metrics: Metrics) -> Iterator[Row]:
    own, held, currency = metrics.performance, metrics.buy_and_hold, result.meta.currency
    yield Row(
        label="Final value",
        value=money(own.end_value, currency),
        benchmark=money(held.end_value, currency) if held else "",
        note=f"from {money(own.start_value, currency)}",
    )
    yield Row(
        label="Profit",
        value=money(own.profit, currency, signed=True),
        benchmark=money(held.profit, currency, signed=True) if held else "",
        tone=tone(own.profit),
        benchmark_tone=tone(held.profit) if held else 0,
    )
    notes = {"periods": _periods(own), "drawdown": _drawdown(own)}
    for label, figure, words, note in _RATIOS:
        value, other = figure(own), figure(held) if held else None
        yield Row(
            label=label,
            value=words(value),
            benchmark=words(other) if held else "",
            note=note.format(**notes),
            tone=tone(value) if label in {"Return", "CAGR"} else 0,
            benchmark_tone=tone(other) if label in {"Return", "CAGR"} else 0,
        )
    yield Row(
        label="Longest drawdown",
        value=duration(own.longest_under_water_ms),
        benchmark=duration(held.longest_under_water_ms) if held else "",
        note="time below an earlier peak",
    )


def _activity_rows(metrics: Metrics) -> Iterator[Row]:
    has_benchmark = metrics.buy_and_hold is not None
    yield Row(
        label="Exposure",
        value=percent(metrics.exposure, digits=1),
        benchmark=percent(1.0, digits=1) if has_benchmark else "",
        note="share of time in the market",
    )
    still_open = f"{metrics.open_trips} still open" if metrics.open_trips else ""
    yield Row(label="Trades", value=f"{metrics.trips.count:,}", note=still_open)


def _trade_rows(result: RunResult, metrics: Metrics) -> Iterator[Row]:
    trips, currency = metrics.trips, result.meta.currency
    yield Row(
        label="Win rate",
        value=percent(trips.win_rate, digits=1),
        note=f"{trips.wins:,} won, {trips.losses:,} lost" if trips.count else "",
    )
    no_loss = "no losing trade" if trips.count and not trips.losses else "won over lost money"
    yield Row(label="Profit factor", value=ratio(trips.profit_factor), note=no_loss)
    yield Row(
        label="Expectancy",
        value=money(trips.expectancy, currency, signed=True),
        note=f"per trade, {percent(trips.average_return, signed=True)} on average",
        tone=tone(trips.expectancy),
    )
    yield Row(
        label="Best / worst trade",
        value=f"{money(trips.best, signed=True)} / {money(trips.worst, currency, signed=True)}",
    )
    yield Row(label="Longest losing streak", value=f"{trips.longest_losing_streak:,} trades")
    yield Row(label="SQN", value=ratio(trips.sqn), note="System Quality Number")


def _cost_rows(result: RunResult, metrics: Metrics) -> Iterator[Row]:
    costs, currency = metrics.costs, result.meta.currency
    yield Row(label="Fees", value=money(costs.fees, currency))
    yield Row(
        label="Slippage paid",
        value=money(costs.slippage, currency),
        note="not told by the broker" if result.fills and costs.slippage is None else "",
    )
    if costs.spread:
        yield Row(label="Spread paid", value=money(costs.spread, currency))
    yield Row(
        label="Turnover",
        value=NOTHING
        if costs.turnover is None
        else f"{ratio(costs.turnover, digits=1)}\u00a0\u00d7",
        note="money traded over average equity",
    )


def tone(value: float | None) -> int:
    """Return 1 for a gain, -1 for a loss, 0 for neither."""
    return 0 if not value else 1 if value > 0 else -1


def _periods(own: Performance) -> str:
    kind = "daily" if own.periods_per_year == 365 else "per bar"
    return f"{kind}, {own.periods_per_year:g} a year"


def _drawdown(own: Performance) -> str:
    fall = own.drawdown
    if fall is None:
        return ""
    start = moment(fall.peak)[:_DATE]
    if fall.recovery is None:
        return f"{duration(fall.length_ms)}, since {start}"
    return f"{duration(fall.length_ms)}, {start} to {moment(fall.recovery)[:_DATE]}"
