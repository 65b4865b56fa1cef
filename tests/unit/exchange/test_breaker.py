import asyncio

import pytest
from ccxt.base import errors as theirs

from cracktrader import errors as ours
from cracktrader.exchange.breaker import CircuitBreaker, Endpoint


@pytest.fixture
def breaker(timeline):
    return CircuitBreaker("binance", clock=timeline, threshold=3, cool_down_s=10)


def run(breaker, error=None, endpoint=Endpoint.MARKET):
    with breaker.guard(endpoint):
        if error is not None:
            raise error


def fail(breaker, *, times=1, error=None, endpoint=Endpoint.MARKET):
    for _ in range(times):
        with pytest.raises(ours.CracktraderError) as caught:
            run(breaker, error or ours.UnavailableError("down"), endpoint)
        assert not isinstance(caught.value, ours.CircuitOpenError)


def test_it_opens_after_enough_failures_in_a_row(breaker):
    fail(breaker, times=2)
    run(breaker)
    fail(breaker, times=3)
    with pytest.raises(ours.CircuitOpenError, match="binance failed 3 times in a row"):
        run(breaker)


def test_only_calls_of_the_same_kind_are_held_back(breaker):
    fail(breaker, times=3)
    assert breaker.is_open(Endpoint.MARKET)
    run(breaker, endpoint=Endpoint.ACCOUNT)
    run(breaker, endpoint=Endpoint.CREATE)


def test_cancels_are_never_held_back(breaker):
    fail(breaker, times=20, endpoint=Endpoint.CANCEL)
    assert not breaker.is_open(Endpoint.CANCEL)
    run(breaker, endpoint=Endpoint.CANCEL)


@pytest.mark.parametrize(
    "answer",
    [
        ours.RateLimitedError("slower"),
        ours.CircuitOpenError("elsewhere"),
        ours.AuthenticationError("who are you"),
        ours.OrderRejected("no"),
        ours.InsufficientFunds("no money"),
        ours.BadRequestError("what"),
    ],
)
def test_an_answer_is_no_failure(breaker, answer):
    fail(breaker, times=2)
    if not isinstance(answer, ours.CircuitOpenError):
        fail(breaker, times=10, error=answer)
    assert not breaker.is_open(Endpoint.MARKET)


def test_a_rate_limit_neither_counts_nor_clears(breaker):
    fail(breaker, times=2)
    fail(breaker, error=ours.RateLimitedError("slower"))
    fail(breaker)
    assert breaker.is_open(Endpoint.MARKET)


def test_a_refused_circuit_elsewhere_does_not_count(breaker):
    for _ in range(5):
        with pytest.raises(ours.CircuitOpenError):
            run(breaker, ours.CircuitOpenError("inner"))
    assert not breaker.is_open(Endpoint.MARKET)


def test_an_unknown_outcome_is_a_failure(breaker):
    fail(breaker, times=3, error=ours.OutcomeUnknown("?"), endpoint=Endpoint.CREATE)
    assert breaker.is_open(Endpoint.CREATE)


def test_maintenance_opens_it_at_once_and_for_longer(breaker, timeline):
    down = ours.UnavailableError("closed")
    down.__cause__ = theirs.OnMaintenance("until 8:00")
    fail(breaker, error=down)
    timeline.advance(59_000)
    assert breaker.is_open(Endpoint.MARKET)
    timeline.advance(1_000)
    assert not breaker.is_open(Endpoint.MARKET)


def test_one_probe_closes_it_again(breaker, timeline):
    fail(breaker, times=3)
    timeline.advance(10_000)
    run(breaker)
    fail(breaker, times=2)
    assert not breaker.is_open(Endpoint.MARKET)


def test_a_failed_probe_opens_it_for_twice_as_long(breaker, timeline):
    fail(breaker, times=3)
    for pause_s in (10, 20, 40, 80, 160, 300, 300):
        timeline.advance(pause_s * 1000 - 1)
        assert breaker.is_open(Endpoint.MARKET)
        timeline.advance(1)
        fail(breaker)


def test_there_is_one_probe_at_a_time(breaker, timeline):
    fail(breaker, times=3)
    timeline.advance(10_000)
    with breaker.guard(Endpoint.MARKET), pytest.raises(ours.CircuitOpenError):
        run(breaker)
    run(breaker)


def test_a_cancelled_probe_leaves_room_for_the_next(breaker, timeline):
    fail(breaker, times=3)
    timeline.advance(10_000)
    with pytest.raises(asyncio.CancelledError), breaker.guard(Endpoint.MARKET):
        raise asyncio.CancelledError
    run(breaker)
