import pytest

from cracktrader.simulator.binance.refusals import Refused
from cracktrader.simulator.binance.weights import BINANCE_LIMIT, RequestWeights
from cracktrader.testing.clock import ManualClock


@pytest.fixture
def clock():
    return ManualClock(1_700_000_000_000)


def refused(weights, weight=1):
    with pytest.raises(Refused) as caught:
        weights.spend(weight)
    return caught.value


def test_without_a_limit_it_only_counts(clock):
    weights = RequestWeights(clock)
    for _ in range(100):
        weights.spend(1_000)
    assert (weights.used, weights.limit) == (100_000, BINANCE_LIMIT)


def test_every_minute_begins_anew(clock):
    weights = RequestWeights(clock, limit=10)
    weights.spend(10)
    clock.advance(59_999)
    assert weights.used == 10
    assert refused(weights).status == 429
    clock.advance(1)
    assert weights.used == 0
    weights.spend(10)


def test_above_the_limit_it_says_when_to_come_back(clock):
    weights = RequestWeights(clock, limit=10)
    clock.advance(45_000)
    refusal = refused(weights, 11)
    assert (refusal.status, refusal.code) == (429, -1003)
    assert refusal.headers["Retry-After"] == "16"
    assert "current limit is 10 request weight per 1 MINUTE" in refusal.message


def test_who_goes_on_is_banned_for_longer_each_time(clock):
    weights = RequestWeights(clock, limit=1)
    weights.spend(1)
    statuses = [refused(weights).status for _ in range(12)]
    assert statuses == [429] * 10 + [418] * 2
    clock.advance(60_000)
    ban = refused(weights)
    assert (ban.status, ban.headers["Retry-After"]) == (418, "61")
    assert f"IP banned until {clock.time_ms() + 60_000}" in ban.message
    clock.advance(60_000)
    weights.spend(1)
    assert [refused(weights).status for _ in range(11)][-1] == 418
    clock.advance(200_000)
    assert refused(weights).headers["Retry-After"] == "41"
