import numpy as np
import pytest

from cracktrader.candles.gaps import Gap, apply_gap_policy, fill_gaps, find_gaps, plan_downloads
from cracktrader.candles.parquet import read_candles
from cracktrader.domain.candle import Candles
from cracktrader.domain.timeframe import Timeframe
from cracktrader.errors import GapError
from cracktrader.testing.candles import random_walk

MINUTE = Timeframe.parse("1m")


def without(candles, *rows):
    return candles.take(np.setdiff1d(np.arange(len(candles)), rows))


def walk(count=10, timeframe="1m"):
    return random_walk(count, timeframe=timeframe, start=0)


def test_what_was_removed_is_found():
    holed = without(walk(), 3, 4, 7)
    assert find_gaps(holed, MINUTE) == (
        Gap(start=180_000, end=300_000, candles=2),
        Gap(start=420_000, end=480_000, candles=1),
    )


def test_before_and_after_count_only_when_asked():
    holed = without(walk(), 0, 1, 9)
    assert find_gaps(holed, MINUTE) == ()
    assert [g.candles for g in find_gaps(holed, MINUTE, start=1, end=610_000)] == [1, 2]
    assert [g.candles for g in find_gaps(Candles(), MINUTE, start=0, end=600_000)] == [10]
    assert find_gaps(Candles(), MINUTE) == ()


@pytest.mark.parametrize("name", ["1s", "5m", "4h", "1d", "1w", "1M", "3M"])
def test_gaps_are_found_and_filled_in_every_timeframe(name):
    timeframe = Timeframe.parse(name)
    candles = walk(12, name)
    holed = without(candles, 2, 5, 6)
    assert [gap.candles for gap in find_gaps(holed, timeframe)] == [1, 2]
    filled = fill_gaps(holed, timeframe)
    assert filled.candles.timestamp.tolist() == candles.timestamp.tolist()
    assert np.flatnonzero(filled.is_filled).tolist() == [2, 5, 6]
    assert filled.missing == 3


def test_a_filled_candle_is_flat_and_has_no_volume():
    candles = walk()
    filled = fill_gaps(without(candles, 5), MINUTE).candles
    made = filled.take(slice(5, 6))
    price = candles.close[4]
    assert made.to_rows() == [[300_000, price, price, price, price, 0.0]]
    assert without(filled, 5).equals(without(candles, 5))


def test_an_unknown_close_is_not_repeated():
    candles = walk()
    candles.close[4] = np.nan
    assert fill_gaps(without(candles, 5), MINUTE).candles.close[5] == candles.close[3]


def test_there_is_nothing_to_repeat_before_the_first_candle():
    result = fill_gaps(without(walk(), 0, 1), MINUTE, start=0, end=660_000)
    assert result.candles.timestamp[0] == 120_000
    assert result.candles.timestamp[-1] == 600_000
    assert [gap.candles for gap in result.gaps] == [2, 1]
    assert len(fill_gaps(Candles(), MINUTE, start=0, end=600_000).candles) == 0


def test_days_that_open_elsewhere_are_not_gaps():
    day = Timeframe.parse("1d")
    shifted = walk(5, "1d")
    candles = Candles(
        **{n: getattr(shifted, n) for n in ("open", "high", "low", "close", "volume")},
        timestamp=shifted.timestamp + 16 * 3_600_000,
    )
    assert find_gaps(candles, day) == ()
    assert [gap.candles for gap in find_gaps(without(candles, 2), day)] == [1]


def test_real_days_of_coinbase_lack_twelve(data_dir):
    candles = read_candles(data_dir / "candles" / "coinbase_BTC-USD_1d_2014-2019.parquet")
    day = Timeframe.parse("1d")
    assert sum(gap.candles for gap in find_gaps(candles, day)) == 12
    assert find_gaps(fill_gaps(candles, day).candles, day) == ()


@pytest.mark.parametrize("policy", ["warn", "keep"])
def test_some_policies_change_nothing(policy):
    holed = without(walk(), 5)
    result = apply_gap_policy(holed, MINUTE, policy)
    assert result.candles is holed
    assert result.missing == 1
    assert not result.is_filled.any()


def test_fill_fills_and_raise_raises():
    holed = without(walk(), 5, 8)
    assert len(apply_gap_policy(holed, MINUTE, "fill").candles) == 10
    with pytest.raises(GapError, match="2 candles of 1m are missing in 2 places, the first 1 from"):
        apply_gap_policy(holed, MINUTE, "raise")
    assert apply_gap_policy(walk(), MINUTE, "raise").missing == 0


def test_gaps_that_fit_into_a_page_are_asked_for_together():
    gaps = [Gap(start=0, end=60_000, candles=1), (240_000, 300_000), (600_000, 660_000)]
    assert plan_downloads(gaps, MINUTE, page_limit=5) == [(0, 300_000), (600_000, 660_000)]
    assert plan_downloads([], MINUTE, page_limit=5) == []


def test_holes_in_long_series_are_found_wherever_they_are():
    whole = random_walk(100_000)
    missing = [1, 32_767, 32_768, 32_769, 65_535, 65_536, 65_537, 99_998]
    candles = whole.take(np.setdiff1d(np.arange(100_000), missing))
    gaps = find_gaps(candles, MINUTE)
    assert sum(gap.candles for gap in gaps) == len(missing)
    assert [gap.start for gap in gaps] == [
        int(whole.timestamp[row]) for row in (1, 32_767, 65_535, 99_998)
    ]


def test_a_gap_of_half_a_century_is_not_filled_but_named():
    candles = Candles.from_rows([[t, 1, 1, 1, 1, 1] for t in (0, 1_700_000_040_000)])
    with pytest.raises(GapError, match=r"28333333 candles of 1m are missing from 60000 on, too"):
        fill_gaps(candles, MINUTE)
    assert len(fill_gaps(candles, Timeframe.parse("1d")).gaps) == 1
    assert len(apply_gap_policy(candles, MINUTE, "keep").candles) == 2
