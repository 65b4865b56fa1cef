import dataclasses

import numpy as np
import pytest
from pydantic import ValidationError

from cracktrader.candles.quality import inspect, judge
from cracktrader.candles.verdict import MAX_OUTLIERS, RULES, KnownRows, Verdict
from cracktrader.domain.candle import Candles
from cracktrader.domain.timeframe import Timeframe
from cracktrader.testing.candles import random_walk

HOUR = Timeframe.parse("1h")
JANUARY = 31 * 24


def january(seed=1):
    return random_walk(JANUARY, timeframe="1h", seed=seed)


def test_a_verdict_names_the_outliers_and_what_is_usual():
    candles = january()
    candles.low[300] *= 0.9
    candles.close[500] *= 1.2
    candles.high[500] = candles.close[500]
    candles.volume[7] = 0
    # Equal candles get an equal verdict, or RULES must be raised.
    assert judge(candles, HOUR) == Verdict(
        rules="1 15 40",
        usual_move=0.0003311890368877049,
        no_trades=1,
        spikes=(int(candles.timestamp[500]),),
        wicks=(int(candles.timestamp[300]),),
    )


def test_candles_that_never_move_have_a_verdict():
    flat = Candles.from_arrays(january().timestamp, *[np.ones(JANUARY)] * 5)
    assert judge(flat, HOUR) == Verdict(rules=RULES)


@pytest.mark.parametrize("name", ["open", "high", "low", "close", "volume"])
def test_candles_with_a_defect_have_none(name):
    candles = january()
    getattr(candles, name)[100] = np.nan
    assert judge(candles, HOUR) is None


def test_candles_that_are_few_out_of_order_or_of_two_months_have_none():
    assert judge(january().take(slice(0, 511)), HOUR) is None
    assert judge(january().take(slice(None, None, -1)), HOUR) is None
    assert judge(random_walk(2 * JANUARY, timeframe="1h"), HOUR) is None
    assert judge(Candles(), HOUR) is None


def test_candles_with_many_outliers_have_none():
    candles = random_walk(44_640)
    rows = np.arange(MAX_OUTLIERS + 1) * 100
    candles.low[rows] *= 0.9
    assert judge(candles, Timeframe.parse("1m")) is None
    candles.low[rows[0]] /= 0.9
    verdict = judge(candles, Timeframe.parse("1m"))
    assert verdict is not None
    assert len(verdict.wicks) == MAX_OUTLIERS


@pytest.mark.parametrize(
    "wrong",
    [{"usual_move": 0}, {"usual_move": float("inf")}, {"no_trades": -1}, {"x": 1}, {"rules": None}],
)
def test_a_verdict_that_cannot_be_is_refused(wrong):
    with pytest.raises(ValidationError):
        Verdict(**{"rules": RULES, **wrong})


def known(candles, **changes):
    verdict = judge(candles, HOUR).model_copy(update=changes)
    return KnownRows(start=0, end=len(candles), verdict=verdict)


def test_a_verdict_is_believed_only_by_the_rules_it_was_made_by():
    candles = january()
    candles.low[300] *= 0.9
    assert inspect(candles, HOUR, known=[known(candles, wicks=())]).counts == {}
    old = known(candles, wicks=(), rules="0")
    assert inspect(candles, HOUR, known=[old]).counts == {"wick": 1}


@pytest.mark.parametrize("stamp", [5, 2**53, -(2**53)])
def test_a_verdict_about_candles_that_are_not_there_is_not_believed(stamp):
    candles = january()
    assert known(candles, spikes=(stamp,)).outliers(candles) is None
    assert inspect(candles, HOUR, known=[known(candles, wicks=(stamp,))]).is_clean


def test_rows_of_other_candles_are_not_believed():
    candles = january()
    part = candles.take(slice(0, 700))
    assert inspect(part, HOUR, known=[known(candles)]).is_clean
    shifted = dataclasses.replace(known(candles), start=1)
    assert inspect(candles, HOUR, known=[shifted]).is_clean
