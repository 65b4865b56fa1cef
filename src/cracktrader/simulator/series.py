"""Candles with what Binance tells beside them, and longer candles made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np

from cracktrader.candles.aggregate import aggregate_candles
from cracktrader.domain.candle import Candle, Candles, FloatColumn, IntColumn
from cracktrader.domain.timeframe import Timeframe
from cracktrader.simulator.listing import DECIMALS
from cracktrader.simulator.ticks import Tick

_LEAST_TAKEN: Final = 0.3
_TAKEN_SPREAD: Final = 0.4


class Kline(NamedTuple):
    """A candle with its trades counted; *taken* is what takers bought, in base currency."""

    timestamp: int
    close_timestamp: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    quote_volume: float
    trades: int
    taken: float
    quote_taken: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Candles of one timeframe, in order, with the number of trades in each.

    Quote volume and takers' volume are estimates: the candles don't tell them.
    """

    timeframe: Timeframe
    candles: Candles
    counts: IntColumn

    def longer(self, timeframe: Timeframe) -> Series:
        """Return candles of *timeframe*, which this series' timeframe must divide."""
        if timeframe == self.timeframe or not len(self.candles):
            return self
        built = aggregate_candles(self.candles, self.timeframe, timeframe, include_partial=True)
        # The exchange adds decimals; adding floats leaves dust that no exchange serves.
        volume = np.round(built.volume, DECIMALS).astype(np.float64)
        starts = np.searchsorted(self.candles.timestamp, built.timestamp)
        return Series(
            timeframe=timeframe,
            candles=replace(built, volume=volume),
            counts=np.add.reduceat(self.counts, starts),
        )

    def klines(self, rows: slice) -> list[Kline]:
        """Return the chosen rows."""
        chosen = self.candles.take(rows)
        quote, taken = _estimates(chosen)
        columns = (
            chosen.timestamp,
            self.timeframe.closes(chosen.timestamp),
            *(getattr(chosen, name) for name in ("open", "high", "low", "close", "volume")),
            quote,
            self.counts[rows],
            taken,
            np.round(quote * _taken_share(chosen), DECIMALS),
        )
        return list(map(Kline._make, zip(*(c.tolist() for c in columns), strict=True)))


def series_of_ticks(
    ticks: Sequence[Tick], timeframe: Timeframe, *, opens: IntColumn, previous: float | None
) -> Series:
    """Sort *ticks* into candles that open at *opens*; one without trades repeats the last price.

    *previous* is the price before the first of them; without it there is no candle until the
    first trade.
    """
    rows, counts = [], []
    place = 0
    for opened, closed in zip(opens.tolist(), timeframe.closes(opens).tolist(), strict=True):
        begin = place
        while place < len(ticks) and ticks[place].timestamp < closed:
            place += 1
        row = candle_of_ticks(ticks[begin:place], opened, previous=previous)
        if row is not None:
            rows.append(row)
            counts.append(place - begin)
            previous = row.close
    return Series(
        timeframe=timeframe,
        candles=Candles.from_rows(rows),
        counts=np.array(counts, dtype=np.int64),
    )


def candle_of_ticks(
    ticks: Sequence[Tick], timestamp: int, *, previous: float | None
) -> Candle | None:
    """Return the candle *ticks* make; without any, a flat one at *previous* if that is known."""
    if ticks:
        prices = [tick.price for tick in ticks]
        high, low = float(max(prices)), float(min(prices))
        volume = float(sum(tick.amount for tick in ticks))
        return Candle(timestamp, float(prices[0]), high, low, float(prices[-1]), volume)
    if previous is None:
        return None
    return Candle(timestamp, previous, previous, previous, previous, 0.0)


def _estimates(candles: Candles) -> tuple[FloatColumn, FloatColumn]:
    typical = (candles.open + candles.high + candles.low + candles.close) / 4
    quote = np.round(typical * candles.volume, DECIMALS)
    return quote, np.round(candles.volume * _taken_share(candles), DECIMALS)


def _taken_share(candles: Candles) -> FloatColumn:
    """Takers buy more of a candle that closes near its high."""
    span = candles.high - candles.low
    place = np.divide(
        candles.close - candles.low, span, out=np.full(len(span), 0.5), where=span > 0
    )
    return np.asarray(_LEAST_TAKEN + _TAKEN_SPREAD * place, dtype=np.float64)
