import pytest
from tests.unit.simulator.market import MINUTE, START, make_market

from cracktrader.errors import ConfigError
from cracktrader.simulator.venue import Venue

VENUE = Venue([make_market(), make_market(60, symbol="ETH/BTC", start=START + 600 * MINUTE)])


def test_it_lists_what_it_has_candles_of():
    assert VENUE.symbols == ("BTC/USDT", "ETH/BTC")
    assert [market.symbol for market in VENUE.markets] == ["BTC/USDT", "ETH/BTC"]
    assert VENUE.currencies == ["BTC", "ETH", "USDT"]
    assert VENUE.prices["ETH/BTC"].symbol == "ETH/BTC"


def test_it_knows_from_when_to_when():
    assert (VENUE.start, VENUE.end) == (START, START + 660 * MINUTE)


def test_an_exchange_without_markets_is_refused():
    with pytest.raises(ConfigError, match="at least one symbol"):
        Venue([])


def test_the_book_is_around_the_last_price():
    book = VENUE.book("BTC/USDT", now=VENUE.end, limit=1)
    price = VENUE.prices["BTC/USDT"].last_price(VENUE.end)
    assert price in {float(book.bids[0][0]), float(book.asks[0][0])}


def test_there_is_no_book_before_the_first_trade():
    book = VENUE.book("ETH/BTC", now=START, limit=1)
    assert (book.bids, book.asks) == ((), ())
