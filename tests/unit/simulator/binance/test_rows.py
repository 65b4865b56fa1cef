from decimal import Decimal

from cracktrader.simulator.binance.rows import (
    agg_trade_object,
    book_ticker_object,
    depth_object,
    kline_row,
    statistics_object,
    trade_object,
)
from cracktrader.simulator.book import Book
from cracktrader.simulator.market_data import Statistics
from cracktrader.simulator.series import Kline
from cracktrader.simulator.ticks import Tick

KLINE = Kline(60_000, 120_000, 1.0, 3.0, 0.5, 2.0, 10.0, 15.0, 4, 6.0, 9.0)
TICK = Tick(9, 61_000, Decimal("1.50"), Decimal("0.3"), is_buyer_maker=True)
BOOK = Book(
    bids=((Decimal("1.5"), Decimal(2)),), asks=((Decimal("1.6"), Decimal(3)),), update_id=12
)


def test_a_kline_closes_a_millisecond_before_the_next_opens():
    assert kline_row(KLINE) == [
        *(60_000, "1.00000000", "3.00000000", "0.50000000", "2.00000000", "10.00000000"),
        *(119_999, "15.00000000", 4, "6.00000000", "9.00000000", "0"),
    ]


def test_trades():
    assert trade_object(TICK) == {
        "id": 9,
        "price": "1.50000000",
        "qty": "0.30000000",
        "quoteQty": "0.45000000",
        "time": 61_000,
        "isBuyerMaker": True,
        "isBestMatch": True,
    }
    aggregated = agg_trade_object(TICK)
    assert (aggregated["a"], aggregated["f"], aggregated["l"]) == (9, 9, 9)
    assert (aggregated["p"], aggregated["T"], aggregated["m"]) == ("1.50000000", 61_000, True)


def test_books():
    assert depth_object(BOOK) == {
        "lastUpdateId": 12,
        "bids": [["1.50000000", "2.00000000"]],
        "asks": [["1.60000000", "3.00000000"]],
    }
    assert book_ticker_object(BOOK)["askPrice"] == "1.60000000"
    assert book_ticker_object(Book())["bidQty"] == "0.00000000"


def ticker(**options):
    found = Statistics(start=0, end=120_000, kline=KLINE, previous_close=0.9, first_id=7)
    return statistics_object(found, **{"last": TICK, "book": BOOK, "is_mini": False, **options})


def test_a_full_ticker():
    found = ticker()
    assert (found["priceChange"], found["priceChangePercent"]) == ("1.00000000", "100.000")
    assert (found["weightedAvgPrice"], found["prevClosePrice"]) == ("1.50000000", "0.90000000")
    assert (found["lastQty"], found["bidPrice"]) == ("0.30000000", "1.50000000")
    assert (found["firstId"], found["lastId"], found["count"]) == (7, 10, 4)


def test_a_small_ticker_leaves_out_what_can_be_computed():
    assert not {"priceChange", "bidPrice", "lastQty"} & ticker(is_mini=True).keys()


def test_a_rolling_ticker_has_no_book():
    found = ticker(book=None)
    assert "priceChange" in found
    assert not {"bidPrice", "prevClosePrice"} & found.keys()


def test_a_ticker_before_the_first_trade_is_zeros():
    nothing = Statistics(start=0, end=1, kline=Kline(*[0] * 11))
    found = statistics_object(nothing, last=None, book=Book(), is_mini=False)
    assert (found["lastPrice"], found["lastQty"]) == ("0.00000000", "0.00000000")
    assert (found["firstId"], found["lastId"], found["priceChangePercent"]) == (-1, -1, "0.000")
