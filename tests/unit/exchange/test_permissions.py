import ccxt
import pytest

from cracktrader.exchange.permissions import QUESTIONS


def okx(perm):
    return {"code": "0", "data": [{"perm": perm}]}


def bybit(*wallet):
    return {"retCode": 0, "result": {"readOnly": 0, "permissions": {"Wallet": list(wallet)}}}


@pytest.mark.parametrize(
    ("exchange", "reply", "expected"),
    [
        ("binance", {"enableWithdrawals": True, "enableReading": True}, True),
        ("binance", {"enableWithdrawals": False}, False),
        ("okx", okx("read_only,withdraw,trade"), True),
        ("okx", okx("read_only,trade"), False),
        ("bybit", bybit("AccountTransfer", "Withdraw"), True),
        ("bybit", bybit("AccountTransfer"), False),
    ],
)
def test_the_answer_says_whether_a_key_may_withdraw(exchange, reply, expected):
    assert QUESTIONS[exchange].may_withdraw(reply) is expected


@pytest.mark.parametrize("exchange", QUESTIONS)
def test_ccxt_has_the_call(exchange):
    assert callable(getattr(getattr(ccxt, exchange)(), QUESTIONS[exchange].method))
