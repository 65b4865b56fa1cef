"""What the charts draw, as plain columns; long series thinned without losing extremes."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from cracktrader.domain.candle import COLUMNS, PRICE_COLUMNS, Candles, FloatColumn, IntColumn
from cracktrader.reports.metrics import buy_and_hold_curve, equity_curve
from cracktrader.reports.records import Instrument, RoundTrip
from cracktrader.reports.result import RunResult
from cracktrader.reports.returns import underwater

MAX_CANDLES: Final = 100_000
"""In one report, all instruments together."""
MAX_POINTS: Final = 4_000
"""Of the equity curve."""
TRIP_COLUMNS: Final = (
    "number",
    "instrument",
    "side",
    "entry",
    "entry_price",
    "exit",
    "exit_price",
    "amount",
    "pnl",
    "return",
    "bars",
    "fee",
    "adverse",
    "favorable",
    "entry_reason",
    "exit_reason",
    "entry_candle",
    "exit_candle",
)


def figures(result: RunResult) -> dict[str, Any]:
    """Return everything the charts and the trade list of a report show; times in seconds."""
    share = MAX_CANDLES // max(len(result.instruments), 1)
    thinned = [thin_candles(instrument, share) for instrument in result.instruments]
    numbers = {instrument.symbol: n for n, instrument in enumerate(result.instruments)}
    trips = [
        _trip(trip, numbers[trip.symbol], thinned[numbers[trip.symbol]], result)
        for trip in result.trips
        if trip.symbol in numbers
    ]
    return {
        "currency": result.meta.currency,
        "equity": equity_points(result),
        "instruments": [
            _instrument(instrument, candles)
            for instrument, candles in zip(result.instruments, thinned, strict=True)
        ],
        "trip_columns": list(TRIP_COLUMNS),
        "trips": trips,
    }


def equity_points(result: RunResult, limit: int = MAX_POINTS) -> dict[str, list[Any]]:
    """Return equity, buy and hold, and drawdown at the same times."""
    curve, held = equity_curve(result), buy_and_hold_curve(result)
    rows = extreme_rows(curve.value, limit)
    seconds = curve.timestamp[rows] // 1000
    # Charts want rising times; bars under a second share one.
    keep = np.append(seconds[1:] != seconds[:-1], [True] * bool(len(seconds))).astype(np.bool_)
    rows = rows[keep]
    return {
        "time": seconds[keep].tolist(),
        "value": curve.value[rows].tolist(),
        "held": held.value[rows].round(8).tolist() if held else [],
        "drawdown": underwater(curve)[rows].round(8).tolist(),
    }


def extreme_rows(values: FloatColumn, limit: int) -> IntColumn:
    """Return at most *limit* row numbers that keep the lowest and highest of every stretch."""
    count = len(values)
    if count <= limit:
        return np.arange(count)
    edges = np.linspace(0, count, limit // 2, dtype=np.int64)
    chosen = {0, count - 1}
    for start, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        stretch = values[start:end]
        chosen.update((start + int(stretch.argmin()), start + int(stretch.argmax())))
    return np.array(sorted(chosen), dtype=np.int64)


def thin_candles(instrument: Instrument, limit: int) -> Candles:
    """Merge neighbouring candles until at most *limit* are left; drop those without a price."""
    candles = instrument.candles
    complete = np.logical_and.reduce([np.isfinite(getattr(candles, n)) for n in PRICE_COLUMNS])
    if not complete.all():
        candles = candles.take(complete)
    size = -(-len(candles) // limit)
    if size <= 1:
        return candles
    starts = np.arange(0, len(candles), size)
    ends = np.append(starts[1:], len(candles)) - 1
    return Candles(
        timestamp=candles.timestamp[ends if instrument.names_close else starts],
        open=candles.open[starts],
        high=np.maximum.reduceat(candles.high, starts),
        low=np.minimum.reduceat(candles.low, starts),
        close=candles.close[ends],
        volume=np.add.reduceat(np.nan_to_num(candles.volume), starts),
    )


def _instrument(instrument: Instrument, candles: Candles) -> dict[str, Any]:
    seconds = candles.timestamp // 1000
    rising = np.append(seconds[1:] > seconds[:-1], [True] * bool(len(seconds))).astype(np.bool_)
    candles = candles.take(rising)
    merged = -(-len(instrument.candles) // max(len(candles), 1))
    return {
        "symbol": instrument.symbol,
        "timeframe": instrument.timeframe,
        "merged": merged if len(candles) else 1,
        "digits": price_digits(candles.close),
        "time": (candles.timestamp // 1000).tolist(),
        **{name: getattr(candles, name).tolist() for name in COLUMNS[1:]},
    }


def price_digits(prices: FloatColumn) -> int:
    """Return how many decimals the prices use, at least 2 and at most 10."""
    sample = prices[:: max(len(prices) // 200, 1)].tolist()
    used = (len(f"{price:.10f}".rstrip("0").partition(".")[2]) for price in sample)
    return max(2, *used, 0)


def _trip(trip: RoundTrip, number: int, candles: Candles, result: RunResult) -> list[Any]:
    names_close = result.instruments[number].names_close
    exit_time = trip.exit_timestamp
    return [
        trip.number,
        number,
        trip.side,
        trip.entry_timestamp // 1000,
        trip.entry_price,
        None if exit_time is None else exit_time // 1000,
        trip.exit_price,
        trip.amount,
        trip.pnl,
        trip.return_,
        trip.bars,
        trip.fee,
        trip.adverse,
        trip.favorable,
        trip.entry_reason,
        trip.exit_reason,
        _candle_at(candles.timestamp, trip.entry_timestamp, names_close=names_close),
        None
        if exit_time is None
        else _candle_at(candles.timestamp, exit_time, names_close=names_close),
    ]


def _candle_at(times: IntColumn, timestamp: int, *, names_close: bool) -> int | None:
    """Return the row of the candle that holds *timestamp*."""
    if not len(times):
        return None
    side = int(np.searchsorted(times, timestamp, side="left" if names_close else "right"))
    return min(max(side if names_close else side - 1, 0), len(times) - 1)
