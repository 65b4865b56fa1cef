from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cracktrader.simulator.binance import codec
from cracktrader.simulator.binance.codec import (
    limit_of,
    parse_query,
    text_of,
    text_of_decimal,
    whole,
)
from cracktrader.simulator.binance.refusals import Refused

KLINES = (codec.SYMBOL, codec.INTERVAL, codec.START_TIME, codec.LIMIT)


def refusal(call, *args, **kwargs):
    with pytest.raises(Refused) as caught:
        call(*args, **kwargs)
    return caught.value.code, caught.value.message


def test_a_good_query():
    query = parse_query("symbol=BTCUSDT&interval=1m&limit=5", KLINES)
    assert query == {"symbol": "BTCUSDT", "interval": "1m", "limit": "5"}


@pytest.mark.parametrize(
    ("query", "code", "message"),
    [
        ("interval=1m", -1102, "Mandatory parameter 'symbol' was not sent, was empty/null"),
        ("symbol=&interval=1m", -1102, "Mandatory parameter 'symbol'"),
        ("symbol=BTCUSDT", -1102, "Mandatory parameter 'interval'"),
        ("symbol=BTCUSDT&interval=1m&limit=", -1105, "Parameter 'limit' was empty."),
        ("symbol=BTC/USDT&interval=1m", -1100, "'symbol'; legal range is '^[A-Z0-9-_.]{1,20}$'."),
        ("symbol=btcusdt&interval=1m", -1100, "Illegal characters found in parameter 'symbol'"),
        (
            "symbol=BTCUSDT&interval=1m&limit=None",
            -1100,
            "'limit'; legal range is '^[0-9]{1,20}$'.",
        ),
        ("symbol=BTCUSDT&interval=1m&limit=-5", -1100, "'limit'"),
        ("symbol=BTCUSDT&interval=1m&limit=%D9%A1", -1100, "'limit'"),
        ("symbol=BTCUSDT&symbol=BTCUSDT&interval=1m", -1101, "Duplicate values"),
        ("symbol=BTCUSDT&interval=1m&x=1", -1104, "read '2' parameter(s) but was sent '3'."),
    ],
)
def test_what_is_wrong_with_a_query_is_said_as_binance_says_it(query, code, message):
    said_code, said_message = refusal(parse_query, query, KLINES)
    assert said_code == code
    assert message in said_message


@pytest.mark.parametrize(
    ("text", "is_legal"),
    [('["A"]', True), ('["A","B-C"]', True), ("[]", False), ('["a"]', False), ('["A",]', False)],
)
def test_lists_of_symbols(text, is_legal):
    if is_legal:
        assert parse_query(f"symbols={text}", [codec.SYMBOLS]) == {"symbols": text}
    else:
        assert refusal(parse_query, f"symbols={text}", [codec.SYMBOLS])[0] == -1100


def test_numbers_fit_into_64_bits():
    assert whole({"startTime": "9223372036854775807"}, codec.START_TIME) == 2**63 - 1
    assert whole({}, codec.START_TIME) is None
    assert refusal(whole, {"startTime": "9223372036854775808"}, codec.START_TIME) == (
        *(-1108, "Parameter 'startTime' overflowed."),
    )


@pytest.mark.parametrize(
    ("sent", "limit"), [({}, 500), ({"limit": "7"}, 7), ({"limit": "9999"}, 1000)]
)
def test_limits(sent, limit):
    assert limit_of(sent, default=500, largest=1000) == limit


def test_a_limit_of_nothing_is_refused():
    assert refusal(limit_of, {"limit": "0"}, default=500, largest=1000)[0] == -1130


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (23140.48, "23140.48000000"),
        (0.1 + 0.2, "0.30000000000000004"),
        (1e-10, "0.0000000001"),
        (0.0, "0.00000000"),
        (1e22, "10000000000000000000000.00000000"),
    ],
)
def test_numbers_have_eight_decimals_or_as_many_as_they_need(number, text):
    assert text_of(number) == text


@given(st.floats(min_value=0, max_value=1e15))
def test_every_number_survives_the_wire(number):
    assert float(text_of(number)) == number


@given(st.decimals(min_value=0, max_value=10**12, places=10))
def test_every_decimal_survives_the_wire(number):
    assert Decimal(text_of_decimal(number)) == number
    assert len(text_of_decimal(number).partition(".")[2]) >= 8


@given(st.text(max_size=60))
def test_any_query_is_read_or_refused(query):
    try:
        found = parse_query(query, KLINES)
    except Refused as refused:
        assert -1200 < refused.code <= -1100  # noqa: PT017
    else:
        assert {"symbol", "interval"} <= found.keys()


def test_json_is_compact():
    assert codec.json_bytes({"a": [1, "2"]}) == b'{"a":[1,"2"]}'
