import datetime as dt

import backtrader as bt
import numpy as np
import pytest

from cracktrader.domain.timeframe import Timeframe

DAY = 86_400_000


def ms(*date):
    return int(dt.datetime(*date, tzinfo=dt.UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    "text", ["1s", "1m", "3m", "15m", "1h", "12h", "1d", "3d", "1w", "1M", "3M"]
)
def test_the_name_is_what_was_parsed(text):
    assert Timeframe.parse(text).name == text
    assert str(Timeframe.parse(text)) == text


@pytest.mark.parametrize("text", ["", "m", "0m", "1", "1x", "-1m", "1.5h", "1 h", "hour", "01m"])
def test_anything_else_is_refused_with_what_is_possible(text):
    with pytest.raises(ValueError, match=r"use a form like 1s, 1m"):
        Timeframe.parse(text)


def test_direct_construction_is_checked_too():
    with pytest.raises(ValueError, match='"0m"'):
        Timeframe(0, "m")


@pytest.mark.parametrize(
    ("text", "moment", "opens", "closes"),
    [
        ("1m", ms(2023, 3, 10, 12, 34, 56), ms(2023, 3, 10, 12, 34), ms(2023, 3, 10, 12, 35)),
        ("4h", ms(2023, 3, 10, 12, 34), ms(2023, 3, 10, 12), ms(2023, 3, 10, 16)),
        ("1d", ms(2023, 3, 10, 12), ms(2023, 3, 10), ms(2023, 3, 11)),
        # 2023-03-10 was a Friday; weeks open on Monday.
        ("1w", ms(2023, 3, 10, 12), ms(2023, 3, 6), ms(2023, 3, 13)),
        ("1M", ms(2024, 2, 29, 23), ms(2024, 2, 1), ms(2024, 3, 1)),
        ("3M", ms(2024, 5, 5), ms(2024, 4, 1), ms(2024, 7, 1)),
        ("1M", ms(1969, 12, 31), ms(1969, 12, 1), ms(1970, 1, 1)),
    ],
)
def test_a_candle_opens_and_closes_where_exchanges_put_it(text, moment, opens, closes):
    timeframe = Timeframe.parse(text)
    assert timeframe.floor(moment) == opens
    assert timeframe.close_of(opens) == closes
    assert timeframe.ceil(moment) == closes
    assert timeframe.ceil(opens) == opens
    assert timeframe.shift(closes, -1) == opens


@pytest.mark.parametrize("text", ["1h", "1w", "1M"])
def test_opens_and_closes_interlock(text):
    timeframe = Timeframe.parse(text)
    opens = timeframe.opens(ms(2023, 12, 5), ms(2024, 4, 1))
    assert len(opens) > 2
    assert opens.dtype == np.int64
    np.testing.assert_array_equal(timeframe.closes(opens)[:-1], opens[1:])
    assert opens[0] >= ms(2023, 12, 5)
    assert opens[-1] < ms(2024, 4, 1)


@pytest.mark.parametrize(
    ("short", "long", "fits"),
    [
        ("1m", "1h", True),
        ("45m", "1h", False),
        ("1h", "1h", True),
        ("1d", "1w", True),
        ("2d", "1w", False),
        ("7d", "1w", False),
        ("1d", "1M", True),
        ("5h", "1M", False),
        ("1w", "1M", False),
        ("1M", "3M", True),
        ("2M", "3M", False),
        ("1M", "1w", False),
    ],
)
def test_longer_candles_are_made_of_whole_shorter_ones_or_refused(short, long, fits):
    assert Timeframe.parse(short).divides(Timeframe.parse(long)) is fits


@pytest.mark.parametrize(
    ("text", "constant", "compression"),
    [
        ("1s", bt.TimeFrame.Seconds, 1),
        ("5m", bt.TimeFrame.Minutes, 5),
        ("4h", bt.TimeFrame.Minutes, 240),
        ("1d", bt.TimeFrame.Days, 1),
        ("1w", bt.TimeFrame.Weeks, 1),
        ("1M", bt.TimeFrame.Months, 1),
    ],
)
def test_backtraders_own_words(text, constant, compression):
    assert Timeframe.parse(text).backtrader == (constant, compression)


def test_months_are_as_long_as_the_longest():
    assert Timeframe.parse("1M").duration_ms == 31 * DAY
    assert Timeframe.parse("1M").is_calendar
    assert not Timeframe.parse("1w").is_calendar
