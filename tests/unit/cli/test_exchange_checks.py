import pytest

from cracktrader.cli.exchange_checks import check_exchanges, check_offset, judge_key
from cracktrader.cli.exits import Exit
from cracktrader.config import load_config
from cracktrader.domain.clock import SystemClock


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
