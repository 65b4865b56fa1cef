import numpy as np
import pytest

from cracktrader.candles.cleaning import clean
from cracktrader.candles.quality import inspect
from cracktrader.domain.candle import Candles
from cracktrader.domain.timeframe import Timeframe
from cracktrader.errors import DataError
from cracktrader.testing.candles import random_walk

MINUTE = Timeframe.parse("1m")
NAN = float("nan")
GOOD = [10.0, 12.0, 9.0, 11.0, 1.0]


def rows(*given):
    return Candles.from_rows([[t * 60_000, *values] for t, *values in given])


def spiky():
    candles = random_walk(2000)
    candles.close[1000] *= 1.1
    candles.high[1000] = candles.close[1000]
    candles.low[700] *= 0.8
    candles.high[300] *= 1.3
    return candles


@pytest.mark.parametrize(
    ("values", "repaired"),
    [
        ([10, 9.5, 9, 9.2, 1], [10, 10, 9, 9.2, 1]),
        ([NAN, 12, 9, 11, 1], [11, 12, 9, 11, 1]),
        ([10, 12, 9, NAN, 1], [10, 12, 9, 10, 1]),
        ([10, 12, 0, 11, 1], [10, 12, 10, 11, 1]),
        ([NAN, NAN, NAN, 11, NAN], [11, 11, 11, 11, 0]),
        ([10, 12, 9, 11, -1], [10, 12, 9, 11, 0]),
        ([10, 8, 13, 11, 1], [10, 13, 8, 11, 1]),
    ],
)
def test_defects_are_repaired_from_what_is_known(values, repaired):
    result = clean(rows((1, *GOOD), (2, *values)), MINUTE)
    assert result.candles.to_rows() == [[60_000, *GOOD], [120_000, *repaired]]
    assert (result.dropped, result.repaired) == (0, 1)


def test_a_candle_without_any_price_is_dropped():
    result = clean(rows((1, *GOOD), (2, NAN, NAN, 0, NAN, 5)), MINUTE)
    assert result.candles.to_rows() == [[60_000, *GOOD]]
    assert (result.dropped, result.repaired) == (1, 0)


def test_repair_puts_candles_in_order_each_once():
    result = clean(rows((3, *GOOD), (1, *GOOD), (3, *[20.0] * 4, 1)), MINUTE, outliers="keep")
    assert result.candles.timestamp.tolist() == [60_000, 180_000]
    assert result.candles.close.tolist() == [11, 20]
    assert result.report.counts == {"out_of_order": 1, "duplicate": 1}


def test_drop_leaves_only_what_is_right():
    broken = rows((1, *GOOD), (3, *GOOD), (2, *GOOD), (4, 10, 9, 11, 10, 1), (4, *GOOD))
    assert clean(broken, MINUTE, defects="drop").candles.timestamp.tolist() == [
        60_000,
        180_000,
        240_000,
    ]
    candles = spiky()
    assert clean(candles, MINUTE, outliers="drop").dropped == 3


@pytest.mark.parametrize("policy", ["warn", "keep"])
def test_some_policies_change_nothing(policy):
    candles = Candles.concat([spiky(), rows((1, 10, 9, 11, 10, 1))])
    result = clean(candles, MINUTE, defects=policy, outliers=policy)
    assert result.candles is candles
    assert (result.dropped, result.repaired) == (0, 0)
    assert not result.report.is_clean


def test_raise_says_what_is_wrong():
    with pytest.raises(DataError, match=r"bad candles of 1m: 1 inconsistent \(at 60000\)"):
        clean(rows((1, 10, 9, 11, 10, 1)), MINUTE, defects="raise")
    with pytest.raises(DataError, match=r"1 spike \(at .*\); 2 wick"):
        clean(spiky(), MINUTE, defects="raise", outliers="raise")
    assert clean(random_walk(100), MINUTE, defects="raise", outliers="raise").dropped == 0


def test_outliers_are_flattened_and_cut():
    candles = spiky()
    result = clean(candles, MINUTE, outliers="repair")
    assert inspect(result.candles, MINUTE).is_clean
    assert result.repaired == 3
    assert result.candles.close[1000] == candles.close[999]
    assert candles.low[700] < result.candles.low[700] < candles.open[700]
    assert candles.high[300] > result.candles.high[300] > candles.open[300]


def test_outliers_can_be_repaired_beside_defects_that_are_kept():
    candles = Candles.concat([spiky(), rows((30_000_000, NAN, 9, 8, 9, 1))])
    result = clean(candles, MINUTE, defects="keep", outliers="repair")
    assert len(result.candles) == len(candles)
    assert np.isnan(result.candles.open[-1])
    hopeless = rows((1, NAN, NAN, NAN, NAN, 1))
    assert len(clean(hopeless, MINUTE, defects="keep", outliers="repair").candles) == 1
