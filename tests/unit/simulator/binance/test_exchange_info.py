from decimal import Decimal

from tests.unit.simulator.market import make_candles

from cracktrader.domain.market import Market
from cracktrader.simulator.binance.exchange_info import coins, exchange_info, symbol_id, trade_fees
from cracktrader.simulator.listing import market_of

MARKET = market_of("BTC/USDT", make_candles())


def filters(market):
    info = exchange_info([market], now=5, weight_limit=6000)
    return {entry["filterType"]: entry for entry in info["symbols"][0]["filters"]}


def test_a_symbol_is_base_and_quote():
    assert symbol_id(MARKET) == "BTCUSDT"


def test_rules_become_filters():
    found = filters(MARKET)
    assert found["PRICE_FILTER"]["tickSize"] == "0.01000000"
    assert found["LOT_SIZE"] == {
        "filterType": "LOT_SIZE",
        "minQty": "0.00010000",
        "maxQty": "9000000.00000000",
        "stepSize": "0.00010000",
    }
    assert found["NOTIONAL"]["minNotional"] == "5.00000000"


def test_what_a_market_does_not_say_is_zero():
    found = filters(Market(symbol="A/B", base="A", quote="B"))
    assert found["PRICE_FILTER"]["tickSize"] == "0.00000000"
    assert found["LOT_SIZE"]["maxQty"] == "0.00000000"


def test_the_weight_limit_is_told():
    info = exchange_info([], now=5, weight_limit=1234)
    assert info["rateLimits"][0]["limit"] == 1234
    assert info["serverTime"] == 5


def test_a_market_that_is_not_traded_is_on_a_break():
    halted = Market(symbol="A/B", base="A", quote="B", is_active=False)
    assert exchange_info([halted], now=0, weight_limit=1)["symbols"][0]["status"] == "BREAK"


def test_coins_can_be_neither_deposited_nor_withdrawn():
    (coin,) = coins(["BTC"])
    assert (coin["coin"], coin["depositAllEnable"], coin["networkList"]) == ("BTC", False, [])


def test_fees_are_the_markets():
    free = Market(symbol="A/B", base="A", quote="B", maker=Decimal(0))
    assert trade_fees([MARKET, free]) == [
        {"symbol": "BTCUSDT", "makerCommission": "0.001", "takerCommission": "0.001"},
        {"symbol": "AB", "makerCommission": "0", "takerCommission": "0"},
    ]
