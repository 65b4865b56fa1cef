import pytest

from cracktrader.exchange.key import ConnectionKey


def test_a_key_reads_well():
    key = ConnectionKey(exchange="binance", account="hedge", mode="sandbox", instrument_type="swap")
    assert str(key) == "binance/hedge (sandbox, swap)"


@pytest.mark.parametrize(
    "other",
    [
        {"exchange": "kraken"},
        {"account": "hedge"},
        {"mode": "sandbox"},
        {"instrument_type": "swap"},
    ],
)
def test_a_difference_in_anything_is_another_key(other):
    assert ConnectionKey(**{"exchange": "binance", **other}) != ConnectionKey(exchange="binance")


def test_only_the_instrument_type_stays_within_the_account():
    key = ConnectionKey(exchange="binance")
    assert ConnectionKey(exchange="binance", instrument_type="swap").account_key == key.account_key
    assert ConnectionKey(exchange="binance", mode="sandbox").account_key != key.account_key
