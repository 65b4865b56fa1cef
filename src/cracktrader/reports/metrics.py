"""Measures a run: performance, trades, costs, exposure, buy and hold beside it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from cracktrader.domain.candle import BoolColumn, FloatColumn
from cracktrader.reports.records import FillRecord, Instrument, RoundTrip
from cracktrader.reports.result import RunResult
from cracktrader.reports.returns import Curve, Performance, monthly_returns, performance

_DUST: Final = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class TripStats:
    """What closed round trips earned, net of fees; None where nothing can be said.

    *profit_factor* is won over lost money, *sqn* Backtrader's System Quality Number.
    """

    count: int
    wins: int
    losses: int
    pnl: float
    fees: float
    win_rate: float | None
    profit_factor: float | None
    expectancy: float | None
    average_return: float | None
    average_win: float | None
    average_loss: float | None
    best: float | None
    worst: float | None
    average_bars: float | None
    longest_losing_streak: int
    sqn: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What trading cost. *turnover* is money traded over average equity; None if unknown."""

    fees: float
    slippage: float | None
    spread: float | None
    traded: float
    turnover: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """Every figure of a report. *exposure* is the share of bars that ended with a position."""

    performance: Performance
    buy_and_hold: Performance | None
    trips: TripStats
    open_trips: int
    costs: Costs
    exposure: float | None
    monthly: Mapping[tuple[int, int], float]
    by_symbol: Mapping[str, TripStats]
    by_side: Mapping[str, TripStats]
    by_exit: Mapping[str, TripStats]


def compute(result: RunResult) -> Metrics:
    """Measure *result*."""
    closed = [trip for trip in result.trips if not trip.is_open]
    curve, held = equity_curve(result), buy_and_hold_curve(result)
    return Metrics(
        performance=performance(curve),
        buy_and_hold=performance(held) if held else None,
        trips=trip_stats(closed),
        open_trips=len(result.trips) - len(closed),
        costs=_costs(result),
        exposure=_exposure(result),
        monthly=monthly_returns(curve),
        by_symbol=_grouped(closed, lambda trip: trip.symbol),
        by_side=_grouped(closed, lambda trip: trip.side),
        by_exit=_grouped(closed, lambda trip: trip.exit_reason),
    )


def equity_curve(result: RunResult) -> Curve:
    """Return the account's curve; where the value is no number, the last one stands."""
    return Curve(
        timestamp=result.equity.timestamp,
        value=_filled(result.equity.value, result.start_value),
        start_value=result.start_value,
        names_close=any(instrument.names_close for instrument in result.instruments),
    )


def buy_and_hold_curve(result: RunResult) -> Curve | None:
    """Return the curve of the same money put into every market at its first close, no fees.

    Each market gets an equal part; it stays cash until the market has its first candle.
    None without candles.
    """
    curve = equity_curve(result)
    markets: dict[str, Instrument] = {}
    for instrument in result.instruments:
        if len(instrument.candles):
            markets.setdefault(instrument.market, instrument)
    if not markets or not len(curve.value):
        return None
    growth = np.mean([_growth(instrument, curve) for instrument in markets.values()], axis=0)
    return Curve(
        timestamp=curve.timestamp,
        value=curve.start_value * growth,
        start_value=curve.start_value,
        names_close=curve.names_close,
    )


def _growth(instrument: Instrument, curve: Curve) -> FloatColumn:
    candles = instrument.candles
    last = np.searchsorted(candles.timestamp, curve.timestamp, side="right") - 1
    prices: FloatColumn = candles.close[np.maximum(last, 0)]
    known = np.flatnonzero((last >= 0) & (prices > 0))
    if not len(known):
        return np.ones(len(prices))
    growth: FloatColumn = prices / prices[known[0]]
    growth[: known[0]] = 1.0
    return _filled(growth, 1.0)


def _filled(values: FloatColumn, first: float) -> FloatColumn:
    """Return *values* with the last number wherever there is none, *first* before any."""
    is_number = np.isfinite(values)
    if is_number.all():
        return values
    last = np.maximum.accumulate(np.where(is_number, np.arange(len(values)), -1))
    return np.where(last >= 0, values[last], first)


def trip_stats(trips: Sequence[RoundTrip]) -> TripStats:
    """Measure closed round trips, in the order of their exits where that matters."""
    in_order = sorted(trips, key=lambda trip: (trip.exit_timestamp or 0, trip.number))
    profits = np.array([trip.pnl for trip in in_order], dtype=np.float64)
    won, lost = profits[profits > 0], profits[profits < 0]
    count = len(profits)
    return TripStats(
        count=count,
        wins=len(won),
        losses=len(lost),
        pnl=math.fsum(profits),
        fees=math.fsum(trip.fee for trip in in_order),
        win_rate=len(won) / count if count else None,
        profit_factor=math.fsum(won) / -math.fsum(lost) if len(lost) else None,
        expectancy=math.fsum(profits) / count if count else None,
        average_return=_mean([trip.return_ for trip in in_order]),
        average_win=_mean(won.tolist()),
        average_loss=_mean(lost.tolist()),
        best=float(profits.max()) if count else None,
        worst=float(profits.min()) if count else None,
        average_bars=_mean([trip.bars for trip in in_order]),
        longest_losing_streak=_longest_streak(profits < 0),
        sqn=_sqn(profits),
    )


def _sqn(profits: FloatColumn) -> float | None:
    deviation = float(profits.std()) if len(profits) > 1 else 0.0
    return math.sqrt(len(profits)) * float(profits.mean()) / deviation if deviation else None


def _longest_streak(losing: BoolColumn) -> int:
    longest = streak = 0
    for is_loss in losing.tolist():
        streak = streak + 1 if is_loss else 0
        longest = max(longest, streak)
    return longest


def _grouped(trips: Iterable[RoundTrip], key: Callable[[RoundTrip], str]) -> dict[str, TripStats]:
    groups: dict[str, list[RoundTrip]] = {}
    for trip in trips:
        groups.setdefault(key(trip), []).append(trip)
    return {name: trip_stats(groups[name]) for name in sorted(groups)}


def _costs(result: RunResult) -> Costs:
    fills, values = result.fills, result.equity.value
    traded = math.fsum(fill.cost for fill in fills)
    average = float(values.mean()) if len(values) else result.start_value
    return Costs(
        fees=math.fsum(fill.fee for fill in fills),
        slippage=_total([fill.slippage for fill in fills]),
        spread=_total([fill.spread for fill in fills]),
        traded=traded,
        turnover=traded / average if average > 0 else None,
    )


def _total(amounts: Sequence[float | None]) -> float | None:
    told = [amount for amount in amounts if amount is not None]
    # A part of the truth would look like the whole.
    return math.fsum(told) if told and len(told) == len(amounts) else None


def _exposure(result: RunResult) -> float | None:
    times = result.equity.timestamp
    if not len(times):
        return None
    held = np.zeros(len(times), dtype=np.bool_)
    by_symbol: dict[str, list[FillRecord]] = {}
    for fill in result.fills:
        by_symbol.setdefault(fill.symbol, []).append(fill)
    for fills in by_symbol.values():
        # A flat first row stands for the time before the first fill.
        sizes = np.array([0.0, *(abs(fill.position) for fill in fills)])
        stamps = np.array([fill.timestamp for fill in fills], dtype=np.int64)
        rows = np.searchsorted(stamps, times, side="right")
        held |= (sizes > _DUST * sizes.max())[rows]
    return float(held.mean())


def _mean(numbers: Sequence[float]) -> float | None:
    return math.fsum(numbers) / len(numbers) if numbers else None
