"""Trades to candles, and candles to longer candles. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from cracktrader.domain.candle import Candles, FloatColumn, IntColumn
from cracktrader.domain.timeframe import Timeframe
from cracktrader.domain.trade import Trade


def aggregate_candles(
    candles: Candles,
    source: Timeframe,
    target: Timeframe,
    *,
    start: int | None = None,
    end: int | None = None,
    include_partial: bool = False,
) -> Candles:
    """Build candles of *target* from ordered ones of *source*.

    Args:
        candles: what was seen; a missing value counts for nothing.
        source: the timeframe of *candles*.
        target: the timeframe to build.
        start: since when *candles* are complete, ms UTC; the first candle's open if None.
        end: until when they are, ms UTC, exclusive; the last candle's close if None.
        include_partial: also return the candles that reach beyond *start* or *end*.

    Raises:
        ValueError: if *target* is not made of whole candles of *source*, or *candles* are
            not in order.
    """
    if not source.divides(target):
        raise ValueError(f"candles of {target} cannot be built from those of {source}")
    if not len(candles):
        return candles
    require_order(candles.timestamp)
    built = _reduce(
        _bucket_starts(target, candles.timestamp),
        opens=target.floors(candles.timestamp),
        prices=(candles.open, candles.high, candles.low, candles.close),
        volume=candles.volume,
    )
    if include_partial:
        return built
    first = int(candles.timestamp[0]) if start is None else start
    last = source.close_of(int(candles.timestamp[-1])) if end is None else end
    return _whole(built, target, first, last)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trades:
    """Public trades as columns: time (ms UTC), price, amount in base currency."""

    timestamp: IntColumn
    price: FloatColumn
    amount: FloatColumn

    @classmethod
    def from_rows(cls, rows: Iterable[Trade]) -> Trades:
        """Build the columns from single trades."""
        listed = list(rows)
        return cls(
            timestamp=np.array([trade.timestamp for trade in listed], dtype=np.int64),
            price=np.array([trade.price for trade in listed], dtype=np.float64),
            amount=np.array([trade.amount for trade in listed], dtype=np.float64),
        )


def candles_from_trades(
    trades: Trades,
    timeframe: Timeframe,
    *,
    start: int | None = None,
    end: int | None = None,
    include_partial: bool = False,
) -> Candles:
    """Build candles from trades in any order.

    Trades of the same millisecond count in the order given. Where nobody traded there is no
    candle. *start* and *end* say between when all trades are known (ms UTC): by default from
    the first to the last trade, so that the first and the last candle are left out unless
    *include_partial*.
    """
    if not len(trades.timestamp):
        return Candles()
    order = np.argsort(trades.timestamp, kind="stable")
    stamps, prices = trades.timestamp[order], trades.price[order]
    built = _reduce(
        _bucket_starts(timeframe, stamps),
        opens=timeframe.floors(stamps),
        prices=(prices, prices, prices, prices),
        volume=trades.amount[order],
    )
    if include_partial:
        return built
    first = int(stamps[0]) if start is None else start
    last = int(stamps[-1]) if end is None else end
    return _whole(built, timeframe, first, last)


def require_order(timestamp: IntColumn) -> None:
    """Refuse timestamps that do not increase.

    Raises:
        ValueError: naming the first one that does not.
    """
    wrong = np.flatnonzero(timestamp[1:] <= timestamp[:-1])
    if len(wrong):
        raise ValueError(
            f"candles must be in order, each once; row {int(wrong[0]) + 1} "
            f"({int(timestamp[wrong[0] + 1])}) is not"
        )


def _bucket_starts(timeframe: Timeframe, stamps: IntColumn) -> IntColumn:
    buckets = timeframe.floors(stamps)
    return np.flatnonzero(np.append(True, buckets[1:] != buckets[:-1]))


def _reduce(
    starts: IntColumn,
    *,
    opens: IntColumn,
    prices: tuple[FloatColumn, FloatColumn, FloatColumn, FloatColumn],
    volume: FloatColumn,
) -> Candles:
    first, high, low, last = prices
    ends = np.append(starts[1:], len(opens)) - 1
    return Candles(
        timestamp=opens[starts],
        open=first[starts],
        high=np.fmax.reduceat(high, starts),
        low=np.fmin.reduceat(low, starts),
        close=last[ends],
        volume=np.add.reduceat(np.nan_to_num(volume), starts),
    )


def _whole(built: Candles, timeframe: Timeframe, start: int, end: int) -> Candles:
    return built.take((built.timestamp >= start) & (timeframe.closes(built.timestamp) <= end))
