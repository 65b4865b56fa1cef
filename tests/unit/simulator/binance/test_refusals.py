import pytest

from cracktrader.simulator.binance.refusals import (
    Refused,
    invalid_interval,
    invalid_symbol,
    missing_key,
)


@pytest.mark.parametrize(
    ("refusal", "status", "code"),
    [(invalid_symbol(), 400, -1121), (invalid_interval(), 400, -1120), (missing_key(), 401, -2014)],
)
def test_each_has_binances_code(refusal, status, code):
    assert (refusal.status, refusal.code) == (status, code)
    assert refusal.body == {"code": code, "msg": refusal.message}


def test_headers_go_with_it():
    refusal = Refused(-1003, "slow down", status=429, headers={"Retry-After": "3"})
    assert refusal.headers["Retry-After"] == "3"
    assert str(refusal) == "slow down"
    assert not Refused(-1, "x").headers
