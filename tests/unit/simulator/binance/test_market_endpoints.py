import pytest
from tests.unit.simulator.market import MINUTE, START, make_market

from cracktrader.simulator.binance import market_endpoints as endpoints
from cracktrader.simulator.binance.market_endpoints import INTERVALS, Context
from cracktrader.simulator.binance.refusals import Refused
from cracktrader.simulator.venue import Venue

VENUE = Venue([make_market(), make_market(60, symbol="ETH/BTC", start=START + 600 * MINUTE)])
IDS = {"BTCUSDT": "BTC/USDT", "ETHBTC": "ETH/BTC"}


def context(now=VENUE.end):
    return Context(venue=VENUE, now=now, weight_limit=6000, ids=IDS)


def code(answerer, **query):
    with pytest.raises(Refused) as caught:
        answerer(context(), query)
    return caught.value.code


@pytest.mark.parametrize("interval", INTERVALS)
def test_every_interval_of_binances_is_served(interval):
    found = endpoints.klines(context(), {"symbol": "BTCUSDT", "interval": interval})
    assert found
    assert all(len(row) == 12 for row in found)


@pytest.mark.parametrize("interval", ["7m", "1y", "1D", "60"])
def test_no_other_interval_is(interval):
    assert code(endpoints.klines, symbol="BTCUSDT", interval=interval) == -1120


def test_only_utc_is_spoken():
    query = {"symbol": "BTCUSDT", "interval": "1d"}
    assert endpoints.klines(context(), {**query, "timeZone": "00:00"})
    assert code(endpoints.klines, **query, timeZone="8") == -1130


def test_an_unlisted_symbol_is_refused_everywhere():
    for answerer in (
        *(endpoints.klines, endpoints.depth, endpoints.trades, endpoints.agg_trades),
        *(endpoints.historical_trades, endpoints.average_price, endpoints.day_ticker),
        *(endpoints.price_ticker, endpoints.book_ticker, endpoints.window_ticker, endpoints.info),
    ):
        assert code(answerer, symbol="NOPE", interval="1m") == -1121


def test_one_symbol_gives_an_object_and_several_a_list():
    assert endpoints.price_ticker(context(), {"symbol": "ETHBTC"})["symbol"] == "ETHBTC"
    both = endpoints.price_ticker(context(), {})
    assert [ticker["symbol"] for ticker in both] == ["BTCUSDT", "ETHBTC"]
    chosen = endpoints.price_ticker(context(), {"symbols": '["ETHBTC"]'})
    assert [ticker["symbol"] for ticker in chosen] == ["ETHBTC"]


def test_symbols_that_make_no_sense():
    assert code(endpoints.price_ticker, symbols='["ETHBTC","ETHBTC"]') == -1151
    assert code(endpoints.price_ticker, symbols='["NOPE"]') == -1121
    assert code(endpoints.price_ticker, symbol="ETHBTC", symbols='["ETHBTC"]') == -1128


def test_depth_has_a_hundred_levels_unless_told_otherwise():
    assert len(endpoints.depth(context(), {"symbol": "BTCUSDT"})["asks"]) == 100
    assert len(endpoints.depth(context(), {"symbol": "BTCUSDT", "limit": "7"})["asks"]) == 7


def test_trades_by_recency_and_by_id():
    recent = endpoints.trades(context(), {"symbol": "BTCUSDT", "limit": "5"})
    assert endpoints.historical_trades(context(), {"symbol": "BTCUSDT", "limit": "5"}) == recent
    first = {"symbol": "BTCUSDT", "limit": "1", "fromId": str(recent[0]["id"])}
    assert endpoints.historical_trades(context(), first) == recent[:1]


def test_aggregate_trades_by_id_and_by_time():
    by_id = endpoints.agg_trades(context(), {"symbol": "BTCUSDT", "fromId": "1", "limit": "3"})
    assert [trade["a"] for trade in by_id] == [1, 2, 3]
    window = {"symbol": "BTCUSDT", "startTime": str(START), "endTime": str(by_id[1]["T"])}
    assert endpoints.agg_trades(context(), window) == by_id[:2]
    assert code(endpoints.agg_trades, symbol="BTCUSDT", fromId="1", startTime="1") == -1128


def test_the_average_price():
    found = endpoints.average_price(context(), {"symbol": "BTCUSDT"})
    assert found["mins"] == 5
    assert float(found["price"]) > 0
    assert endpoints.average_price(context(START), {"symbol": "ETHBTC"}) == {
        "mins": 5,
        "price": "0.00000000",
        "closeTime": START,
    }


def test_tickers_come_full_or_small():
    full = endpoints.day_ticker(context(), {"symbol": "BTCUSDT"})
    small = endpoints.day_ticker(context(), {"symbol": "BTCUSDT", "type": "MINI"})
    assert small.items() < full.items()
    assert code(endpoints.day_ticker, symbol="BTCUSDT", type="HUGE") == -1139


@pytest.mark.parametrize(
    ("size", "minutes"), [("1m", 1), ("59m", 59), ("23h", 1380), ("7d", 10080)]
)
def test_a_window_of_ones_choice(size, minutes):
    found = endpoints.window_ticker(context(), {"symbol": "BTCUSDT", "windowSize": size})
    assert found["closeTime"] - found["openTime"] == minutes * MINUTE


@pytest.mark.parametrize("size", ["60m", "24h", "8d", "1w", "1M", "x"])
def test_a_window_that_is_not_offered(size):
    assert code(endpoints.window_ticker, symbol="BTCUSDT", windowSize=size) == -1130


def test_a_window_needs_a_symbol():
    assert code(endpoints.window_ticker) == -1102


def test_information_is_of_symbols_that_trade():
    assert len(endpoints.info(context(), {})["symbols"]) == 2
    assert len(endpoints.info(context(), {"symbol": "ETHBTC"})["symbols"]) == 1
    assert endpoints.info(context(), {"symbolStatus": "HALT"})["symbols"] == []


def test_time_and_ping():
    assert endpoints.server_time(context(5), {}) == {"serverTime": 5}
    assert endpoints.ping(context(), {}) == {}
