"""The venue's words as Binance's JSON rows and objects."""

from __future__ import annotations

from decimal import Decimal

from cracktrader.simulator.binance.codec import text_of, text_of_decimal
from cracktrader.simulator.book import Book, Level
from cracktrader.simulator.market_data import Statistics
from cracktrader.simulator.series import Kline
from cracktrader.simulator.ticks import Tick

_NO_LEVEL: Level = (Decimal(0), Decimal(0))


def kline_row(kline: Kline) -> list[object]:
    """Return one row of klines."""
    return [
        kline.timestamp,
        text_of(kline.open),
        text_of(kline.high),
        text_of(kline.low),
        text_of(kline.close),
        text_of(kline.volume),
        kline.close_timestamp - 1,
        text_of(kline.quote_volume),
        kline.trades,
        text_of(kline.taken),
        text_of(kline.quote_taken),
        "0",
    ]


def trade_object(tick: Tick) -> dict[str, object]:
    """Return one trade of trades and historicalTrades."""
    return {
        "id": tick.id,
        "price": text_of_decimal(tick.price),
        "qty": text_of_decimal(tick.amount),
        "quoteQty": text_of_decimal(tick.price * tick.amount),
        "time": tick.timestamp,
        "isBuyerMaker": tick.is_buyer_maker,
        "isBestMatch": True,
    }


def agg_trade_object(tick: Tick) -> dict[str, object]:
    """Return one trade of aggTrades."""
    return {
        "a": tick.id,
        "p": text_of_decimal(tick.price),
        "q": text_of_decimal(tick.amount),
        "f": tick.id,
        "l": tick.id,
        "T": tick.timestamp,
        "m": tick.is_buyer_maker,
        "M": True,
    }


def depth_object(book: Book) -> dict[str, object]:
    """Return the answer of depth."""
    return {
        "lastUpdateId": book.update_id,
        "bids": [list(map(text_of_decimal, level)) for level in book.bids],
        "asks": [list(map(text_of_decimal, level)) for level in book.asks],
    }


def book_ticker_object(book: Book) -> dict[str, str]:
    """Return best bid and ask, zeros where there is none."""
    bid = book.bids[0] if book.bids else _NO_LEVEL
    ask = book.asks[0] if book.asks else _NO_LEVEL
    names = ("bidPrice", "bidQty", "askPrice", "askQty")
    return dict(zip(names, map(text_of_decimal, (*bid, *ask)), strict=True))


def statistics_object(
    found: Statistics, *, last: Tick | None, book: Book | None, is_mini: bool
) -> dict[str, object]:
    """Return a ticker; *book* only for the 24 h ticker."""
    kline = found.kline
    changes: dict[str, object] = {
        "priceChange": text_of(round(kline.close - kline.open, 8)),
        "priceChangePercent": f"{_percent(kline):.3f}",
        "weightedAvgPrice": text_of(found.average),
    }
    instant: dict[str, object] = {}
    if book is not None:
        amount = last.amount if last is not None else Decimal(0)
        instant = {
            "prevClosePrice": text_of(found.previous_close),
            "lastQty": text_of_decimal(amount),
            **book_ticker_object(book),
        }
    return {
        **({} if is_mini else changes | instant),
        "openPrice": text_of(kline.open),
        "highPrice": text_of(kline.high),
        "lowPrice": text_of(kline.low),
        "lastPrice": text_of(kline.close),
        "volume": text_of(kline.volume),
        "quoteVolume": text_of(kline.quote_volume),
        "openTime": found.start,
        "closeTime": found.end,
        "firstId": found.first_id if kline.trades else -1,
        "lastId": found.first_id + kline.trades - 1 if kline.trades else -1,
        "count": kline.trades,
    }


def _percent(kline: Kline) -> float:
    return (kline.close - kline.open) / kline.open * 100 if kline.open else 0.0
