"""Reads one page of an exchange's candles: what is final, what it proves, where to go on. Pure.

Exchanges differ in all of it: some give the candles from *since* on, some those of a window,
some only the newest whatever was asked; the forming candle may be there or not; rows repeat,
come in any order, lie outside of the request or have no values. Nothing here counts rows:
time decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from cracktrader.candles.manifest import Range
from cracktrader.candles.merge import merge_candles
from cracktrader.domain.candle import PRICE_COLUMNS, BoolColumn, Candles
from cracktrader.domain.timeframe import Timeframe

# A candle that is not there this long after it closed will not come: nobody traded.
ABSENCE_SETTLES_MS: Final = 120_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """What was asked: candles that open in ``[since, end)``, *limit* at a time, at *now_ms*."""

    timeframe: Timeframe
    since: int
    end: int
    limit: int
    now_ms: int
    grace_ms: int = 0

    @property
    def window_end(self) -> int:
        """Where a page of *limit* candles without holes would end."""
        return min(self.end, self.timeframe.shift(self.timeframe.floor(self.since), self.limit))

    @property
    def reaches_live_edge(self) -> bool:
        """Whether nothing but this page lies between *since* and the present."""
        newest = self.timeframe.floor(self.now_ms)
        return self.window_end >= self.end and self.end >= newest


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What an answer says."""

    candles: Candles
    """Final candles of the requested range, in order."""
    claim: Range
    """Opens about which all is known now; empty if nothing is."""
    next_since: int
    """Where to go on; the request's end if there is nothing more to ask."""
    is_empty: bool = False
    """No row at all."""
    is_stale: bool = False
    """Rows, but none of them as late as asked for."""
    unconfirmed: Range | None = None
    """Opens of which the exchange gave nothing, perhaps because it keeps only the newest."""
    without_price: int = 0
    """Rows that had a timestamp and no price; they count as candles without trades."""


def read_page(request: PageRequest, rows: Candles) -> Page:
    """Judge the answer to *request*."""
    if not len(rows):
        start = request.timeframe.floor(request.since)
        claim = (start, max(start, _settled(request, request.window_end)))
        return Page(candles=rows, claim=claim, next_since=request.window_end, is_empty=True)
    ordered = merge_candles(rows)
    wanted = ordered.take(ordered.timestamp >= request.since)
    if not len(wanted):
        nothing = (request.since, request.since)
        return Page(candles=wanted, claim=nothing, next_since=request.since, is_stale=True)
    unconfirmed = _doubtful_start(request, wanted, is_full=len(ordered) >= request.limit)
    # More rows than a page holds: what lies behind its end may be from anywhere.
    return _judge(request, wanted.take(slice(0, request.limit)), unconfirmed)


def _judge(request: PageRequest, wanted: Candles, unconfirmed: Range | None) -> Page:
    asked = wanted.take(wanted.timestamp < request.end)
    final = asked.take(_is_final(request, asked, int(wanted.timestamp[-1])))
    has_price = ~np.isnan(np.stack([getattr(final, n) for n in PRICE_COLUMNS])).all(axis=0)
    known_until = request.since
    if len(final):
        known_until = close_of(request.timeframe, int(final.timestamp[-1]))
    if len(final) < len(asked) or int(wanted.timestamp[-1]) >= request.end:
        next_since = request.end
    else:
        next_since = min(known_until, request.end)
    absent_until = known_until
    if len(final) == len(asked) and next_since >= request.end:
        absent_until = max(known_until, _settled(request, request.end))
    start = unconfirmed[1] if unconfirmed else request.timeframe.floor(request.since)
    end = max(start, request.timeframe.floor(min(absent_until, request.end)))
    return Page(
        candles=final.take(has_price),
        claim=(start, end),
        next_since=next_since,
        unconfirmed=unconfirmed,
        without_price=int((~has_price).sum()),
    )


def close_of(timeframe: Timeframe, opened: int) -> int:
    """Return when a candle closes, even if it does not open where it should."""
    if timeframe.is_calendar:
        return timeframe.close_of(timeframe.ceil(opened))
    return opened + timeframe.duration_ms


def _is_final(request: PageRequest, candles: Candles, newest: int) -> BoolColumn:
    """Whether each candle can no longer change: a newer one began, or its grace is over."""
    timeframe = request.timeframe
    grace = min(request.grace_ms, timeframe.duration_ms // 2)
    sure_before = max(request.now_ms - grace, min(newest, request.now_ms))
    closes = [close_of(timeframe, int(opened)) for opened in candles.timestamp[-2:]]
    is_final = np.ones(len(candles), dtype=np.bool_)
    # Earlier ones have two newer candles behind them.
    is_final[-2:] = [close <= sure_before for close in closes]
    return is_final


def _settled(request: PageRequest, end: int) -> int:
    settled = request.timeframe.floor(request.now_ms - ABSENCE_SETTLES_MS)
    return min(end, settled)


def _doubtful_start(request: PageRequest, wanted: Candles, *, is_full: bool) -> Range | None:
    """Return what was skipped if this exchange may give its newest candles whatever one asks."""
    timeframe, first = request.timeframe, int(wanted.timestamp[0])
    skipped = (first - request.since) // timeframe.duration_ms
    newest = timeframe.shift(timeframe.floor(request.now_ms), -2)
    if skipped < 1 or int(wanted.timestamp[-1]) < newest:
        return None
    if not is_full and skipped <= request.limit:
        return None
    return timeframe.floor(request.since), timeframe.floor(min(first, request.end))
