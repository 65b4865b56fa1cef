"""One symbol's market at any moment: candles so far, the forming one, trades, last price."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, takewhile
from typing import Final

import numpy as np

from cracktrader.domain.candle import Candles
from cracktrader.domain.market import Market
from cracktrader.domain.timeframe import Timeframe
from cracktrader.simulator.listing import DECIMALS, infer_timeframe, market_of, require_sound
from cracktrader.simulator.series import Kline, Series, candle_of_ticks, series_of_ticks
from cracktrader.simulator.ticks import Tick, draw_ticks, mixed, tick_counts

_TICKS_KEPT: Final = 4096
_NOTHING: Final = Kline(0, 0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0, 0.0, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """What happened in a rolling window that ends now."""

    start: int
    end: int
    kline: Kline
    previous_close: float = 0.0
    first_id: int = 0

    @property
    def average(self) -> float:
        """Average price weighted by volume; the last price without volume."""
        if not self.kline.volume:
            return self.kline.close
        return round(self.kline.quote_volume / self.kline.volume, DECIMALS)


class MarketData:
    """Prices of one symbol as a function of time: nothing after *now* shows in any answer.

    *candles* are the truth: a closed one is served as it is, trades inside it are drawn from
    *seed* so that they rebuild it. Pure: *now* is always an argument.
    """

    def __init__(
        self,
        symbol: str,
        candles: Candles,
        *,
        timeframe: Timeframe | None = None,
        seed: int = 0,
        market: Market | None = None,
    ) -> None:
        self.timeframe = timeframe if timeframe is not None else infer_timeframe(symbol, candles)
        require_sound(symbol, candles, self.timeframe)
        self.symbol = symbol
        self.market = market if market is not None else market_of(symbol, candles)
        self.start = int(candles.timestamp[0])
        self.end = self.timeframe.close_of(int(candles.timestamp[-1]))
        self.seed = mixed(seed, *symbol.encode())
        counts = tick_counts(candles, self.timeframe, seed=self.seed)
        self._base = Series(timeframe=self.timeframe, candles=candles, counts=counts)
        self._stamps = candles.timestamp
        self._first_ids = np.concatenate([[1], 1 + np.cumsum(counts)])
        self._busy = np.flatnonzero(counts)
        self._longer = lru_cache(maxsize=None)(self._base.longer)
        self._ticks = lru_cache(maxsize=_TICKS_KEPT)(self._draw)

    def klines(
        self,
        timeframe: Timeframe,
        *,
        now: int,
        limit: int,
        start: int | None = None,
        end: int | None = None,
    ) -> list[Kline]:
        """Return candles with ``start <= open <= end``; the last one may still be forming.

        With *start* the first *limit* of them, without it the last.
        """
        until = now if end is None else min(now, end)
        if not self.timeframe.divides(timeframe):
            return self._klines_of_ticks(timeframe, now, (start, until), limit)
        series = self._longer(timeframe)
        stamps = series.candles.timestamp
        first = 0 if start is None else int(np.searchsorted(stamps, start))
        stop = int(np.searchsorted(stamps, until, side="right"))
        if start is None:
            first = max(first, stop - limit)
        stop = min(stop, first + limit)
        if first >= stop:
            return []
        opened = int(stamps[stop - 1])
        if timeframe.close_of(opened) <= now:
            return series.klines(slice(first, stop))
        forming = self._so_far(opened, now).longer(timeframe)
        return series.klines(slice(first, stop - 1)) + forming.klines(slice(None))

    def last_price(self, now: int) -> float | None:
        """Return the last price paid, or None before the first trade."""
        place = self._place(now)
        if place < 0:
            return None
        if self.timeframe.close_of(int(self._stamps[place])) <= now:
            return float(self._base.candles.close[place])
        ticks = self._seen(place, now)
        return float(ticks[-1].price) if ticks else self._previous_close(place)

    def last_tick(self, now: int) -> Tick | None:
        """Return the last trade, or None before the first."""
        return next(self._backwards(now), None)

    def recent_ticks(self, *, now: int, limit: int) -> list[Tick]:
        """Return the last *limit* trades, oldest first."""
        return list(islice(self._backwards(now), limit))[::-1]

    def ticks_from(self, tick_id: int, *, now: int, limit: int) -> list[Tick]:
        """Return *limit* trades from the one with *tick_id* on."""
        place = int(np.searchsorted(self._first_ids, tick_id, side="right")) - 1
        wanted = (t for t in self._forwards(max(place, 0), now) if t.id >= tick_id)
        return list(islice(wanted, limit))

    def ticks_between(
        self, start: int | None, end: int | None, *, now: int, limit: int
    ) -> list[Tick]:
        """Return trades in ``[start, end]``: with *start* the first *limit*, without the last."""
        until = now if end is None else min(now, end)
        if start is None:
            return self.recent_ticks(now=until, limit=limit)
        wanted = (t for t in self._forwards(self._place(start), until) if t.timestamp >= start)
        return list(islice(wanted, limit))

    def statistics(self, window_ms: int, *, now: int) -> Statistics:
        """Return what happened in the last *window_ms*; zeros before the first trade.

        The window's start is rounded up to a candle's open: the oldest candle in it is whole.
        """
        place = self._place(now)
        if self.last_price(now) is None:
            return Statistics(start=now - window_ms, end=now, kline=_NOTHING)
        since = min(self.timeframe.ceil(now - window_ms), int(self._stamps[place]))
        first = int(np.searchsorted(self._stamps, since))
        total = _folded(self._so_far(since, now).klines(slice(None)))
        before = self._previous_close(first)
        return Statistics(
            start=now - window_ms,
            end=now,
            kline=total,
            previous_close=total.open if before is None else before,
            first_id=int(self._first_ids[first]),
        )

    def _place(self, now: int) -> int:
        """Return the position of the candle that opened last, -1 before the first."""
        return int(np.searchsorted(self._stamps, now, side="right")) - 1

    def _previous_close(self, place: int) -> float | None:
        return float(self._base.candles.close[place - 1]) if place > 0 else None

    def _so_far(self, since: int, now: int) -> Series:
        """Return the base candles from *since* on, the last one as far as it has come."""
        place = self._place(now)
        first = int(np.searchsorted(self._stamps, since))
        rows = slice(first, place + 1)
        candles, counts = self._base.candles.take(rows), self._base.counts[rows]
        if self.timeframe.close_of(int(self._stamps[place])) > now:
            seen = self._seen(place, now)
            opened = int(self._stamps[place])
            forming = candle_of_ticks(seen, opened, previous=self._previous_close(place))
            last = Candles.from_rows([forming] if forming is not None else [])
            candles = Candles.concat([candles.take(slice(0, -1)), last])
            counts = np.append(counts[:-1], [len(seen)] if forming is not None else [])
        return Series(timeframe=self.timeframe, candles=candles, counts=counts.astype(np.int64))

    def _klines_of_ticks(
        self, timeframe: Timeframe, now: int, bounds: tuple[int | None, int], limit: int
    ) -> list[Kline]:
        start, until = bounds
        if until < self.start or (start is not None and start > min(until, self.end)):
            return []
        newest = timeframe.floor(min(until, self.end - 1))
        oldest = timeframe.shift(newest, 1 - limit) if start is None else timeframe.ceil(start)
        oldest = max(oldest, timeframe.floor(self.start))
        newest = min(newest, timeframe.shift(oldest, limit - 1))
        opens = timeframe.opens(oldest, newest + 1)
        if not len(opens):
            return []
        seen_until = min(now, timeframe.close_of(newest) - 1)
        ticks = [
            t for t in self._forwards(self._place(oldest), seen_until) if t.timestamp >= oldest
        ]
        previous = self.last_price(oldest - 1)
        series = series_of_ticks(ticks, timeframe, opens=opens, previous=previous)
        return series.klines(slice(None))

    def _draw(self, place: int) -> tuple[Tick, ...]:
        candle = next(iter(self._base.candles.take(slice(place, place + 1))))
        return draw_ticks(
            candle,
            duration_ms=self.timeframe.close_of(candle.timestamp) - candle.timestamp,
            count=int(self._base.counts[place]),
            first_id=int(self._first_ids[place]),
            seed=self.seed,
        )

    def _seen(self, place: int, now: int) -> list[Tick]:
        return list(takewhile(lambda tick: tick.timestamp <= now, self._ticks(place)))

    def _backwards(self, now: int) -> Iterator[Tick]:
        stop = int(np.searchsorted(self._busy, self._place(now), side="right"))
        for index in range(stop - 1, -1, -1):
            yield from reversed(self._seen(int(self._busy[index]), now))

    def _forwards(self, place: int, now: int) -> Iterator[Tick]:
        for index in range(int(np.searchsorted(self._busy, place)), len(self._busy)):
            busy = int(self._busy[index])
            if self._stamps[busy] > now:
                return
            yield from self._seen(busy, now)


def _folded(klines: list[Kline]) -> Kline:
    first, last = klines[0], klines[-1]
    return Kline(
        timestamp=first.timestamp,
        close_timestamp=last.close_timestamp,
        open=first.open,
        high=max(k.high for k in klines),
        low=min(k.low for k in klines),
        close=last.close,
        volume=round(sum(k.volume for k in klines), DECIMALS),
        quote_volume=round(sum(k.quote_volume for k in klines), DECIMALS),
        trades=sum(k.trades for k in klines),
        taken=round(sum(k.taken for k in klines), DECIMALS),
        quote_taken=round(sum(k.quote_taken for k in klines), DECIMALS),
    )
