"""Bulk filling gives the floats and the lines that Backtrader's own loop gives."""

import array
import datetime as dt
import math

import backtrader as bt
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cracktrader.errors import DataError
from cracktrader.feeds.columns import dates2num, fill_lines, within

EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001  (Backtrader's datetimes are naive UTC)


def us(*moments):
    return np.array([(m - EPOCH) // dt.timedelta(microseconds=1) for m in moments], dtype=np.int64)


def same(moments):
    assert dates2num(us(*moments)).tolist() == [bt.date2num(m) for m in moments]


def test_every_minute_of_a_day_is_backtraders_number():
    day = dt.datetime(2024, 2, 29)  # noqa: DTZ001
    same([day + dt.timedelta(minutes=i) for i in range(1440)])


def test_times_can_be_moved_on_the_way():
    moments = [dt.datetime(2024, 2, 29, 23, 59, 30), dt.datetime(2024, 12, 31)]  # noqa: DTZ001
    moved = dates2num(us(*moments), later_us=60_000_000)
    assert moved.tolist() == [bt.date2num(m + dt.timedelta(minutes=1)) for m in moments]


def test_every_second_of_a_day_is_backtraders_number():
    day = dt.datetime(2023, 3, 11)  # noqa: DTZ001
    same([day + dt.timedelta(seconds=i) for i in range(86_400)])


@given(
    st.lists(
        st.datetimes(min_value=dt.datetime(1436, 8, 1), max_value=dt.datetime(2871, 1, 1)),  # noqa: DTZ001
        max_size=20,
    )
)
def test_any_microsecond_is_backtraders_number(moments):
    same(moments)


@pytest.mark.parametrize("moment", [dt.datetime(1400, 1, 1), dt.datetime(2900, 1, 1)])  # noqa: DTZ001
def test_times_far_from_today_are_refused(moment):
    with pytest.raises(DataError, match="1436 to 2871"):
        dates2num(us(moment))


def test_no_limits_keep_everything():
    assert within(np.array([1.0, 2.0]), -math.inf, math.inf) is None


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        ([1, 2, 3, 4, 5], [False, True, True, True, False]),
        ([2, 3, 4], [True, True, True]),
        # A feed ends at the first bar after its end, even if earlier ones follow.
        ([3, 5, 4], [True, False, False]),
        ([1, 3, 1, 4], [False, True, False, True]),
        ([], []),
    ],
)
def test_limits_are_backtraders(dates, expected):
    assert within(np.array(dates, dtype=float), 2, 4).tolist() == expected


def test_limits_the_wrong_way_round_keep_nothing():
    assert not within(np.array([1.0, 2.0, 3.0]), 3, 1).any()


def test_filled_lines_are_ordinary_backtrader_lines_at_their_start():
    first, second = bt.linebuffer.LineBuffer(), bt.linebuffer.LineBuffer()
    second.extend(size=2)
    fill_lines([(first, np.array([1.0, 2.0])), (second, None)], 2)
    assert first.array == array.array("d", [1.0, 2.0])
    assert (len(first), first.idx, first.buflen()) == (0, -1, 2)
    assert (second.buflen(), len(second.array)) == (2, 4)
    assert np.isnan(second.array).all()
    first.advance()
    assert (first[0], len(first)) == (1.0, 1)


def test_a_column_that_is_a_view_is_copied_in_its_own_order():
    line = bt.linebuffer.LineBuffer()
    fill_lines([(line, np.arange(6.0)[::2])], 3)
    assert line.array.tolist() == [0.0, 2.0, 4.0]
