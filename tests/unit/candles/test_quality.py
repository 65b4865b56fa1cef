import numpy as np
import pytest

from cracktrader.candles.outliers import OutlierLimits
from cracktrader.candles.parquet import read_candles
from cracktrader.candles.quality import DEFECTS, OUTLIERS, inspect
from cracktrader.domain.candle import Candles
from cracktrader.domain.timeframe import Timeframe
from cracktrader.testing.candles import random_walk

MINUTE = Timeframe.parse("1m")
NAN = float("nan")
GOOD = [10.0, 12.0, 9.0, 11.0, 1.0]


def rows(*given):
    return Candles.from_rows([[t * 60_000, *values] for t, *values in given])


def found(candles, timeframe=MINUTE):
    return inspect(candles, timeframe).counts


def test_ordinary_candles_are_clean():
    report = inspect(random_walk(5000), MINUTE)
    assert report.is_clean
    assert report.no_trades == 0
    assert report.describe(random_walk(5000)) == "nothing wrong"
    assert inspect(Candles(), MINUTE).is_clean


@pytest.mark.parametrize(
    ("values", "defect"),
    [
        ([10, 9.5, 9, 9.2, 1], "inconsistent"),
        ([10, 12, 11.5, 11, 1], "inconsistent"),
        ([10, 10, 11, 10, 1], "inconsistent"),
        ([10, NAN, 9, 11, 1], "missing_value"),
        ([10, 12, 9, 11, NAN], "missing_value"),
        ([10, float("inf"), 9, 11, 1], "missing_value"),
        ([10, 12, 0, 11, 1], "not_positive"),
        ([10, 12, -1, 11, 1], "not_positive"),
        ([10, 12, 9, 11, -1], "negative_volume"),
    ],
)
def test_values_that_cannot_be_are_found(values, defect):
    report = inspect(rows((1, *GOOD), (2, *values), (3, *GOOD)), MINUTE)
    assert report.counts == {defect: 1}
    assert report.is_defect.tolist() == [False, True, False]
    assert not report.is_clean


def test_times_that_cannot_be_are_found():
    candles = rows((1, *GOOD), (3, *GOOD), (2, *GOOD), (3, *GOOD), (4.5, *GOOD))
    assert found(candles) == {"out_of_order": 1, "duplicate": 1, "misaligned": 1}
    assert inspect(candles, MINUTE).found["duplicate"].tolist() == [1]


def test_a_candle_without_trades_is_nothing_wrong():
    report = inspect(rows((1, 10, 10, 10, 10, 0)), MINUTE)
    assert report.is_clean
    assert report.no_trades == 1


def test_a_close_that_jumps_away_and_back_is_a_spike():
    candles = random_walk(2000)
    candles.close[1000] *= 1.1
    candles.high[1000] = candles.close[1000]
    report = inspect(candles, MINUTE)
    assert report.found["spike"].tolist() == [1000]
    assert report.is_outlier[1000]
    assert not report.is_defect.any()


def test_a_price_that_stays_where_it_jumped_to_is_none():
    candles = random_walk(2000)
    for column in (candles.open, candles.high, candles.low, candles.close):
        column[1000:] *= 0.7
    assert found(candles) == {}


def test_a_wick_out_of_proportion_is_found():
    candles = random_walk(2000)
    candles.low[700] *= 0.8
    candles.high[1700] *= 1.2
    assert inspect(candles, MINUTE).found["wick"].tolist() == [700, 1700]


def test_infinite_limits_switch_the_outlier_tests_off():
    candles = random_walk(2000)
    candles.low[700] *= 0.1
    off = OutlierLimits(spike_sigmas=np.inf, wick_sigmas=np.inf)
    assert inspect(candles, MINUTE, limits=off).is_clean


def test_the_depeg_of_march_2023_is_no_outlier(data_dir):
    candles = read_candles(data_dir / "candles" / "binanceus_BTC-USDC_1m_2023-03.parquet")
    report = inspect(candles, MINUTE)
    assert "spike" not in report.counts
    assert report.counts.get("wick", 0) < 10
    assert report.no_trades == 12_971


def test_the_flash_crash_of_april_2017_is_a_wick(data_dir):
    candles = read_candles(data_dir / "candles" / "coinbase_BTC-USD_1d_2014-2019.parquet")
    report = inspect(candles, Timeframe.parse("1d"))
    wicks = candles.timestamp[report.found["wick"]]
    assert wicks.astype("datetime64[ms]").astype("datetime64[D]").astype(str).tolist() == [
        "2017-04-15"
    ]
    assert report.no_trades == 38


def test_the_description_counts_and_gives_examples():
    candles = rows(*((minute, 10, 9, 11, 10, 1) for minute in range(5)))
    line = inspect(candles, MINUTE).describe(candles)
    assert line == "5 inconsistent (at 0, 60000, 120000, ...)"
    assert inspect(candles, MINUTE).describe(candles, OUTLIERS) == "nothing wrong"
    assert set(DEFECTS) | set(OUTLIERS) == set(inspect(candles, MINUTE).found)


@pytest.mark.parametrize(("where", "is_found"), [(1000, True), (2600, False), (3500, False)])
def test_what_is_usual_is_measured_nearby(where, is_found):
    candles = random_walk(4000)
    # From 2560 on, five blocks in, every candle has wicks of some percent.
    candles.high[2560:] *= 1.03
    candles.low[where] *= 0.93
    wicks = inspect(candles, MINUTE).found["wick"].tolist()
    assert (where in wicks) == is_found


def test_a_series_that_never_moves_has_no_outliers():
    assert inspect(rows(*((minute, *[10] * 4, 1) for minute in range(9))), MINUTE).is_clean
