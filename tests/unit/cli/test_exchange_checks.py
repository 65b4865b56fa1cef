import pytest

from cracktrader.cli.exchange_checks import (
    check_credentials,
    check_exchanges,
    check_offset,
    judge_key,
)
from cracktrader.cli.exits import Exit
from cracktrader.config import load_config
from cracktrader.domain.clock import SystemClock
from cracktrader.errors import AuthenticationError, UnavailableError, UnsupportedError
from cracktrader.loop import LoopThread


@pytest.mark.parametrize(
    ("offset_ms", "source", "verdict"),
    [
        (0, "exchange", "ok"),
        (-400, "exchange", "ok"),
        (1_400, "exchange", "warn"),
        (1_400, "header", "ok"),
        (-9_000, "exchange", "fail"),
        (9_000, "header", "fail"),
        (9_000_000, "local", "ok"),
        (9_000_000, "local exchange", "ok"),
    ],
)
def test_a_clock_is_judged_by_how_far_it_is_off(offset_ms, source, verdict):
    found = check_offset("binance", offset_ms, source=source)
    assert found.verdict == verdict
    assert bool(found.advice) is (verdict != "ok")


def checks(config):
    return {check.name: check for check in check_exchanges(config, SystemClock())}


def settings(served, **more):
    overrides = {
        "exchange.binance.urls": served.config["urls"],
        "exchange.binance.options": served.config["options"],
        **{f"exchange.binance.{key}": value for key, value in more.items()},
    }
    return load_config(files=(), env={}, overrides=overrides)


def test_without_exchanges_there_is_nothing_to_ask():
    (only,) = checks(load_config(files=(), env={})).values()
    assert only.verdict == "ok"


def test_an_exchange_that_answers_is_well(served):
    found = checks(settings(served))
    assert found["binance"].verdict == "ok"
    assert "1 markets" in found["binance"].message
    assert "own time" in found["binance clock"].message
    assert "binance key" not in found


def test_a_key_that_does_not_work_says_what_to_check(served, monkeypatch):
    monkeypatch.setenv("DOCTOR_KEY", "marker-key-0123456789")
    monkeypatch.setenv("DOCTOR_SECRET", "marker-secret-0123456789")
    refs = {"api_key": "env:DOCTOR_KEY", "secret": "env:DOCTOR_SECRET"}
    found = checks(settings(served, **refs))
    key = found["binance key"]
    assert key.verdict in {"fail", "warn"}
    assert "marker" not in str(found)


class KeyOnly:
    """A connection of which only the key is asked; an error stands for a refusal."""

    exchange = "binance"

    def __init__(self, loop, *, balance, may_withdraw):
        self.loop = loop
        self.answers = {"balance": balance, "may_withdraw": may_withdraw}

    async def fetch_balance(self):
        return self._answer("balance")

    async def may_withdraw(self):
        return self._answer("may_withdraw")

    def _answer(self, name):
        if isinstance(self.answers[name], Exception):
            raise self.answers[name]
        return self.answers[name]


@pytest.fixture
def loop():
    thread = LoopThread("doctor-test")
    yield thread
    thread.close()


@pytest.mark.parametrize(
    ("balance", "may_withdraw", "verdict", "words"),
    [
        ({}, True, "warn", "can be withdrawn"),
        ({}, False, "ok", "nothing can be withdrawn"),
        ({}, UnavailableError("no such page"), "ok", "not told"),
        (UnsupportedError("no"), None, "warn", "cannot be asked for"),
        (AuthenticationError("bad key"), None, "fail", "bad key"),
        (UnavailableError("busy"), None, "fail", "busy"),
    ],
)
def test_a_key_is_judged_by_what_the_exchange_says(loop, balance, may_withdraw, verdict, words):
    connection = KeyOnly(loop, balance=balance, may_withdraw=may_withdraw)
    found = check_credentials(connection)
    assert (found.name, found.verdict) == ("binance key", verdict)
    assert words in found.message


@pytest.mark.parametrize(
    ("may_withdraw", "verdict", "words"),
    [
        (True, "warn", "money can be withdrawn"),
        (False, "ok", "nothing can be withdrawn"),
        (None, "ok", "not told"),
    ],
)
def test_a_key_that_may_withdraw_is_warned_of(may_withdraw, verdict, words):
    found = judge_key("binance key", may_withdraw=may_withdraw)
    assert found.verdict == verdict
    assert words in found.message
    assert bool(found.advice) is bool(may_withdraw)


def test_an_exchange_that_is_away_fails_within_seconds():
    overrides = {
        "exchange.binance.urls": {"api": {"public": "http://127.0.0.1:9/api/v3"}},
        "exchange.binance.options": {"fetchMarkets": {"types": ["spot"]}},
    }
    found = checks(load_config(files=(), env={}, overrides=overrides))
    assert found["binance"].verdict == "fail"
    assert found["binance"].code == Exit.EXCHANGE
