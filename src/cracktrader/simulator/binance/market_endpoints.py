"""Binance spot's market data endpoints: what each takes, and what it answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cracktrader.domain.timeframe import Timeframe
from cracktrader.simulator.binance import codec
from cracktrader.simulator.binance.exchange_info import exchange_info, symbol_id
from cracktrader.simulator.binance.refusals import Refused, invalid_interval, invalid_symbol
from cracktrader.simulator.binance.rows import (
    agg_trade_object,
    book_ticker_object,
    depth_object,
    kline_row,
    statistics_object,
    trade_object,
)
from cracktrader.simulator.market_data import MarketData
from cracktrader.simulator.venue import Venue

Query = Mapping[str, str]

INTERVALS: Final = (
    *("1s", "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h"),
    *("1d", "3d", "1w", "1M"),
)
_DAY_MS: Final = 86_400_000
_WINDOWS: Final = {"m": 59, "h": 23, "d": 7}


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What an endpoint answers from."""

    venue: Venue
    now: int
    weight_limit: int
    ids: Mapping[str, str]
    """Binance's name of each symbol → ours."""


Answerer = Callable[[Context, Query], object]


def ping(_: Context, __: Query) -> object:
    """Answer that someone is there."""
    return {}


def server_time(context: Context, _: Query) -> object:
    """Answer the exchange's clock."""
    return {"serverTime": context.now}


def info(context: Context, query: Query) -> object:
    """Answer markets and their rules."""
    markets = [data.market for data in _several(context, query)]
    if query.get(codec.SYMBOL_STATUS.name, "TRADING") != "TRADING":
        markets = []
    return exchange_info(markets, now=context.now, weight_limit=context.weight_limit)


def klines(context: Context, query: Query) -> object:
    """Answer candles; the last one may still be forming."""
    interval = query[codec.INTERVAL.name]
    if interval not in INTERVALS:
        raise invalid_interval()
    if query.get(codec.TIME_ZONE.name, "0").lstrip("+-").strip("0:"):
        raise Refused(-1130, "Data sent for parameter 'timeZone' is not valid.")
    found = _one(context, query).klines(
        Timeframe.parse(interval),
        now=context.now,
        limit=codec.limit_of(query, default=500, largest=1000),
        start=codec.whole(query, codec.START_TIME),
        end=codec.whole(query, codec.END_TIME),
    )
    return list(map(kline_row, found))


def depth(context: Context, query: Query) -> object:
    """Answer the order book."""
    symbol = _one(context, query).symbol
    limit = codec.limit_of(query, default=100, largest=5000)
    return depth_object(context.venue.book(symbol, now=context.now, limit=limit))


def trades(context: Context, query: Query) -> object:
    """Answer the most recent trades."""
    limit = codec.limit_of(query, default=500, largest=1000)
    return list(map(trade_object, _one(context, query).recent_ticks(now=context.now, limit=limit)))


def historical_trades(context: Context, query: Query) -> object:
    """Answer trades from an id on, or the most recent."""
    limit = codec.limit_of(query, default=500, largest=1000)
    from_id = codec.whole(query, codec.FROM_ID)
    data = _one(context, query)
    if from_id is None:
        return list(map(trade_object, data.recent_ticks(now=context.now, limit=limit)))
    return list(map(trade_object, data.ticks_from(from_id, now=context.now, limit=limit)))


def agg_trades(context: Context, query: Query) -> object:
    """Answer trades by id, by time, or the most recent; each stands for itself."""
    limit = codec.limit_of(query, default=500, largest=1000)
    from_id = codec.whole(query, codec.FROM_ID)
    start = codec.whole(query, codec.START_TIME)
    end = codec.whole(query, codec.END_TIME)
    data = _one(context, query)
    if from_id is None:
        found = data.ticks_between(start, end, now=context.now, limit=limit)
    elif start is None and end is None:
        found = data.ticks_from(from_id, now=context.now, limit=limit)
    else:
        raise Refused(-1128, "Combination of optional parameters invalid.")
    return list(map(agg_trade_object, found))


def average_price(context: Context, query: Query) -> object:
    """Answer the average price of the last five minutes."""
    data = _one(context, query)
    found = data.statistics(5 * 60_000, now=context.now)
    last = data.last_tick(context.now)
    closed = last.timestamp if last is not None else context.now
    return {"mins": 5, "price": codec.text_of(found.average), "closeTime": closed}


def day_ticker(context: Context, query: Query) -> object:
    """Answer the statistics of the last 24 hours."""
    return _per_symbol(
        context, query, lambda data: _statistics(context, query, data, window_ms=_DAY_MS)
    )


def window_ticker(context: Context, query: Query) -> object:
    """Answer the statistics of a window of the asker's choice."""
    if not query.keys() & {codec.SYMBOL.name, codec.SYMBOLS.name}:
        raise Refused(-1102, "Param 'symbol' or 'symbols' must be sent, but both were empty/null!")
    window_ms = _window_ms(query.get(codec.WINDOW_SIZE.name, "1d"))
    return _per_symbol(
        context,
        query,
        lambda data: _statistics(context, query, data, window_ms=window_ms, is_rolling=True),
    )


def price_ticker(context: Context, query: Query) -> object:
    """Answer the last price."""

    def answer(data: MarketData) -> object:
        price = data.last_price(context.now) or 0.0
        return {"symbol": symbol_id(data.market), "price": codec.text_of(price)}

    return _per_symbol(context, query, answer)


def book_ticker(context: Context, query: Query) -> object:
    """Answer the best bid and ask."""

    def answer(data: MarketData) -> object:
        book = context.venue.book(data.symbol, now=context.now, limit=1)
        return {"symbol": symbol_id(data.market), **book_ticker_object(book)}

    return _per_symbol(context, query, answer)


def _statistics(
    context: Context, query: Query, data: MarketData, *, window_ms: int, is_rolling: bool = False
) -> object:
    kind = query.get(codec.TYPE.name, "FULL")
    if kind not in {"FULL", "MINI"}:
        raise Refused(-1139, "Invalid ticker type.")
    found = data.statistics(window_ms, now=context.now)
    book = None if is_rolling else context.venue.book(data.symbol, now=context.now, limit=1)
    last = data.last_tick(context.now)
    return {
        "symbol": symbol_id(data.market),
        **statistics_object(found, last=last, book=book, is_mini=kind == "MINI"),
    }


def _window_ms(size: str) -> int:
    try:
        timeframe = Timeframe.parse(size)
    except ValueError:
        timeframe = None
    if timeframe is None or timeframe.count > _WINDOWS.get(timeframe.unit, 0):
        raise Refused(-1130, "Data sent for parameter 'windowSize' is not valid.")
    return timeframe.duration_ms


def _per_symbol(context: Context, query: Query, answer: Callable[[MarketData], object]) -> object:
    found = [answer(data) for data in _several(context, query)]
    return found[0] if codec.SYMBOL.name in query else found


def _several(context: Context, query: Query) -> Sequence[MarketData]:
    if codec.SYMBOL.name in query:
        if codec.SYMBOLS.name in query:
            raise Refused(-1128, "Combination of optional parameters invalid.")
        return [_one(context, query)]
    if codec.SYMBOLS.name not in query:
        return list(context.venue.prices.values())
    names = json.loads(query[codec.SYMBOLS.name])
    if len(set(names)) < len(names):
        raise Refused(-1151, "Symbol is present multiple times in the list.")
    return [_named(context, name) for name in names]


def _one(context: Context, query: Query) -> MarketData:
    return _named(context, query[codec.SYMBOL.name])


def _named(context: Context, name: str) -> MarketData:
    if name not in context.ids:
        raise invalid_symbol()
    return context.venue.prices[context.ids[name]]
