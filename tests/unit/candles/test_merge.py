import pytest

from cracktrader.candles.merge import Joiner, count_revised, merge_candles
from cracktrader.domain.candle import COLUMNS, Candles
from cracktrader.testing.candles import random_walk

NAN = float("nan")


def rows(*closes):
    return Candles.from_rows([[t * 60_000, 1, 9, 1, close, 1] for t, close in closes])


def test_candles_in_order_are_left_alone():
    candles = random_walk(5)
    assert merge_candles(candles).equals(candles)
    assert len(merge_candles()) == 0
    assert merge_candles(Candles(), candles).equals(candles)


def test_of_equal_times_the_last_one_given_counts():
    merged = merge_candles(rows((3, 1.0), (1, 2.0)), rows((1, 5.0), (2, 6.0), (2, 7.0)))
    assert merged.equals(rows((1, 5.0), (2, 7.0), (3, 1.0)))


def test_a_revision_is_a_candle_with_other_values():
    before = rows((1, 1.0), (2, NAN), (3, 3.0))
    assert count_revised(before, before) == 0
    assert count_revised(before, rows((2, 4.0), (3, 5.0), (4, 6.0))) == 2
    assert count_revised(before, Candles()) == 0


def test_parts_are_joined_as_they_come():
    candles = random_walk(100)
    joiner = Joiner(120)
    for part in (
        candles.take(slice(0, 30)),
        candles.take(slice(30, 30)),
        candles.take(slice(30, 100)),
    ):
        joiner.append(part)
    assert len(joiner) == 100
    assert joiner.candles().equals(candles)
    assert all(getattr(joiner.candles(), name).flags.c_contiguous for name in COLUMNS)
    assert len(Joiner(0).candles()) == 0


def test_more_than_there_is_room_for_is_refused():
    joiner = Joiner(5)
    with pytest.raises(ValueError, match="broadcast"):
        joiner.append(random_walk(6))
    assert len(joiner.candles()) == 0
