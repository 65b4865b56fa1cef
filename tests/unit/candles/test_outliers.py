import numpy as np
import pytest

from cracktrader.candles.manifest import month_range
from cracktrader.candles.outliers import (
    DEFAULT_LIMITS,
    MIN_PART,
    NO_LIMITS,
    find_outliers,
    is_ordered,
    split_parts,
)
from cracktrader.domain.candle import Candles
from cracktrader.testing.candles import random_walk

JANUARY = 31 * 24
HOURS = 24 * (31 + 29 + 31)


def hourly(count=HOURS, **options):
    return random_walk(count, timeframe="1h", **options)


def found(candles, limits=DEFAULT_LIMITS):
    outliers = find_outliers(candles, np.ones(len(candles), dtype=np.bool_), limits)
    return outliers.spikes.tolist(), outliers.wicks.tolist()


def spike(candles, row, factor=1.1):
    candles.close[row] *= factor
    candles.high[row] = max(candles.high[row], candles.close[row])


def test_parts_are_the_months_of_utc():
    assert split_parts(hourly()) == [(0, 744), (744, 1440), (1440, 2184)]
    assert split_parts(Candles()) == [(0, 0)]


def test_a_month_with_few_candles_goes_with_the_next_and_the_last_with_the_one_before():
    late = month_range("2020-01")[1] - 5 * 3_600_000
    assert split_parts(hourly(5 + 696, start=late)) == [(0, 701)]
    assert split_parts(hourly(5 + 696 + 10, start=late)) == [(0, 711)]
    assert split_parts(hourly(MIN_PART - 1)) == [(0, MIN_PART - 1)]
    days = split_parts(random_walk(1500, timeframe="1d"))
    assert [end - start for start, end in days] == [517, 983]


def test_what_is_not_in_order_is_one_part():
    candles = hourly()
    assert split_parts(candles.take(slice(None, None, -1))) == [(0, HOURS)]
    assert not is_ordered(np.array([1, 1]))


def test_times_beyond_any_calendar_are_parts_too():
    limits = np.iinfo(np.int64)
    stamps = np.array([limits.min, -(2**53), -1, 0, 2**53, limits.max])
    columns = [np.ones(6)] * 5
    assert split_parts(Candles.from_arrays(stamps, *columns)) == [(0, 6)]


@pytest.mark.parametrize("row", [1, 400, JANUARY - 1, JANUARY, JANUARY + 1, 1439, 1440, HOURS - 2])
def test_a_spike_is_found_wherever_it_stands(row):
    candles = hourly()
    spike(candles, row)
    assert row in found(candles)[0]
    assert len(found(candles)[0]) == 1


@pytest.mark.parametrize("row", [0, HOURS - 1])
def test_the_first_and_the_last_candle_of_all_are_no_spikes(row):
    candles = hourly()
    spike(candles, row)
    assert found(candles)[0] == []


def test_a_price_that_moves_at_the_border_and_stays_is_no_spike():
    candles = hourly()
    for column in (candles.open, candles.high, candles.low, candles.close):
        column[JANUARY:] *= 0.7
    assert found(candles) == ([], [])


def test_the_border_is_judged_by_the_wilder_month():
    candles = hourly()
    factors = np.exp(np.cumsum(np.random.default_rng(3).normal(0, 0.05, 696)))
    for column in (candles.open, candles.high, candles.low, candles.close):
        column[744:1440] *= factors
    assert found(candles)[0] == []
    spike(candles, JANUARY - 1, 1.3)
    assert found(candles)[0] == []


def test_what_is_usual_in_another_month_does_not_matter():
    calm, wild = hourly(), hourly()
    for candles in (calm, wild):
        candles.low[300] *= 0.9
    wild.high[1440:] *= 1.5
    assert found(calm)[1] == found(wild)[1] == [300]


def test_a_month_without_a_move_has_no_outliers_of_its_own():
    candles = hourly()
    for column in (candles.open, candles.high, candles.low, candles.close):
        column[:JANUARY] = 20_000.0
    spike(candles, 1)
    assert found(candles) == ([], [])
    spike(candles, JANUARY - 1)
    assert found(candles)[0] == []


def test_rows_that_are_not_usable_are_looked_past():
    candles = hourly()
    spike(candles, JANUARY - 2)
    usable = np.ones(HOURS, dtype=np.bool_)
    usable[JANUARY - 1] = usable[JANUARY] = False
    assert find_outliers(candles, usable, DEFAULT_LIMITS).spikes.tolist() == [JANUARY - 2]
    usable[:] = False
    assert find_outliers(candles, usable, DEFAULT_LIMITS).spikes.tolist() == []
    usable[JANUARY - 3] = usable[800] = True
    assert find_outliers(candles, usable, DEFAULT_LIMITS).spikes.tolist() == []


def test_without_limits_there_are_no_outliers():
    candles = hourly()
    spike(candles, 500)
    candles.low[600] *= 0.5
    assert found(candles, NO_LIMITS) == ([], [])
    assert found(candles) == ([500], [600])
