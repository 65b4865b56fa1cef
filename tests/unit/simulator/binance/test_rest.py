import json
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.simulator.market import MINUTE, START, make_market

from cracktrader.simulator.binance.market_endpoints import INTERVALS
from cracktrader.simulator.binance.rest import BinanceRest
from cracktrader.simulator.binance.weights import RequestWeights
from cracktrader.simulator.venue import Venue
from cracktrader.simulator.wire import Request
from cracktrader.testing.clock import ManualClock

VENUE = Venue([make_market(), make_market(60, symbol="ETH/BTC", start=START + 60 * MINUTE)])
PATHS = [
    *(
        f"/api/v3/{name}"
        for name in ("ping", "time", "exchangeInfo", "klines", "uiKlines", "depth")
    ),
    *(f"/api/v3/{name}" for name in ("trades", "historicalTrades", "aggTrades", "avgPrice")),
    *(f"/api/v3/ticker{name}" for name in ("", "/24hr", "/price", "/bookTicker")),
    *("/sapi/v1/system/status", "/sapi/v1/capital/config/getall", "/sapi/v1/asset/tradeFee"),
    *("/sapi/v1/margin/allPairs", "/sapi/v1/margin/isolated/allPairs"),
]


def make_rest(*, limit=None, now=VENUE.end):
    return BinanceRest(VENUE, ManualClock(now), RequestWeights(ManualClock(), limit=limit))


def ask(path, *, rest=None, method="GET", headers=None, **query):
    request = Request(method=method, path=path, query=urlencode(query), headers=headers or {})
    answer = (rest or make_rest()).answer(request)
    return answer, json.loads(answer.body)


@pytest.mark.parametrize(
    ("path", "query", "weight"),
    [
        ("ping", {}, 1),
        ("exchangeInfo", {}, 20),
        ("klines", {"symbol": "BTCUSDT", "interval": "1m"}, 2),
        ("depth", {"symbol": "BTCUSDT"}, 5),
        ("depth", {"symbol": "BTCUSDT", "limit": 101}, 25),
        ("depth", {"symbol": "BTCUSDT", "limit": 1000}, 50),
        ("depth", {"symbol": "BTCUSDT", "limit": 9999}, 250),
        ("trades", {"symbol": "BTCUSDT"}, 25),
        ("aggTrades", {"symbol": "BTCUSDT"}, 4),
        ("ticker/24hr", {"symbol": "BTCUSDT"}, 2),
        ("ticker/24hr", {}, 80),
        ("ticker/price", {"symbols": '["BTCUSDT"]'}, 4),
        ("ticker", {"symbols": '["BTCUSDT","ETHBTC"]'}, 8),
    ],
)
def test_answers_tell_the_weight_used(path, query, weight):
    answer, _ = ask(f"/api/v3/{path}", **query)
    assert answer.status == 200
    assert answer.headers["x-mbx-used-weight-1m"] == str(weight)


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/"), ("GET", "/api/v3/nothing"), ("GET", "/fapi/v1/time"), ("POST", "/api/v3/order")],
)
def test_an_unknown_path_is_not_found(method, path):
    answer, body = ask(path, method=method)
    assert answer.status == 404
    assert body["path"] == path


def test_a_refusal_is_an_answer():
    answer, body = ask("/api/v3/klines", symbol="NOPE", interval="1m")
    assert (answer.status, body) == (400, {"code": -1121, "msg": "Invalid symbol."})


def test_a_query_that_is_refused_weighs_too():
    rest = make_rest()
    ask("/api/v3/klines", rest=rest)
    assert ask("/api/v3/ping", rest=rest)[0].headers["x-mbx-used-weight-1m"] == "2"


def test_above_the_limit_requests_are_refused():
    rest = make_rest(limit=3)
    query = {"symbol": "BTCUSDT", "interval": "1m"}
    assert ask("/api/v3/klines", rest=rest, **query)[0].status == 200
    answer, body = ask("/api/v3/klines", rest=rest, **query)
    assert (answer.status, body["code"]) == (429, -1003)
    assert int(answer.headers["Retry-After"]) <= 61


SIGNED = {"timestamp": 1, "signature": "ab"}


@pytest.mark.parametrize(
    "path", [path for path in PATHS if "sapi" in path and "status" not in path]
)
def test_an_accounts_endpoints_need_a_key_and_a_signature(path):
    headers = {"x-mbx-apikey": "key"}
    assert ask(path, **SIGNED)[0].status == 401
    assert ask(path, headers=headers)[1]["code"] == -1102
    answer, body = ask(path, headers=headers, **SIGNED)
    assert (answer.status, type(body)) == (200, list)


def test_the_exchange_is_in_order():
    assert ask("/sapi/v1/system/status")[1] == {"status": 0, "msg": "normal"}


NAMES = ["symbol", "symbols", "interval", "startTime", "endTime", "limit", "fromId", "windowSize"]
VALUES = st.one_of(
    st.sampled_from(["BTCUSDT", "ETHBTC", '["BTCUSDT"]', "NOPE", "", "0", "1000", "7d", "MINI"]),
    st.sampled_from(INTERVALS),
    st.integers(-1, 2**70).map(str),
    st.integers(START - 10**9, START + 10**9).map(str),
    st.text(max_size=12),
)
QUERIES = st.one_of(
    st.text(max_size=60),
    st.dictionaries(st.sampled_from([*NAMES, "type", "timeZone"]), VALUES, max_size=6).map(
        urlencode
    ),
    st.fixed_dictionaries(
        {"symbol": st.just("BTCUSDT")},
        optional=dict.fromkeys(NAMES[2:], VALUES),
    ).map(urlencode),
)


@given(st.sampled_from(PATHS), QUERIES, st.integers(START - MINUTE, VENUE.end + 10**10))
def test_no_query_whatsoever_breaks_it(path, query, now):
    answer = make_rest(now=now).answer(Request(method="GET", path=path, query=query))
    assert answer.status in {200, 400, 401}
    body = json.loads(answer.body)
    assert answer.status == 200 or body["code"] < 0
