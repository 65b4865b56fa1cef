"""What is asked of a feed is read in every usual form, and refused in one clear line."""

import datetime as dt

import backtrader as bt
import pandas as pd
import pytest
import pytz

from cracktrader.errors import ConfigError
from cracktrader.feeds.options import (
    choose_timeframe,
    choose_word,
    parse_moment,
    parse_timeframe,
    parse_zone,
)

JANUARY_2024 = 1_704_067_200_000
HOUR = 3_600_000


def test_a_timeframe_that_is_none_names_some():
    with pytest.raises(ConfigError, match=r'"1x"; use a form like 1s, 1m'):
        parse_timeframe("1x")


@pytest.mark.parametrize(
    ("word", "constant", "compression", "expected"),
    [
        (None, None, 1, "1m"),
        ("5m", None, 1, "5m"),
        (None, "4h", 1, "4h"),
        (None, bt.TimeFrame.Minutes, 60, "1h"),
        (None, bt.TimeFrame.Days, 1, "1d"),
        ("1h", bt.TimeFrame.Minutes, 60, "1h"),
        ("60m", "1h", 1, "60m"),
    ],
)
def test_a_timeframe_may_be_said_in_ccxts_words_or_backtraders(
    word, constant, compression, expected
):
    assert choose_timeframe(word, constant, compression).name == expected


def test_timeframes_that_contradict_each_other_are_refused():
    with pytest.raises(ConfigError, match='"1m" but timeframe says "1h"'):
        choose_timeframe("1m", bt.TimeFrame.Minutes, 60)


def test_ticks_are_no_timeframe_of_candles():
    with pytest.raises(ConfigError, match="no exchange has candles"):
        choose_timeframe(None, bt.TimeFrame.Ticks, 1)


def test_an_unknown_word_comes_with_the_known_ones():
    assert choose_word("gaps", "fill", ("fill", "keep")) == "fill"
    with pytest.raises(ConfigError, match=r'gaps was "fil"; possible: fill, keep\. Did you mean'):
        choose_word("gaps", "fil", ("fill", "keep"))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (JANUARY_2024, JANUARY_2024),
        ("2024-01-01", JANUARY_2024),
        ("2024-01-01T00:00:00Z", JANUARY_2024),
        (" 2024-01-01T01:00 ", JANUARY_2024 + HOUR),
        ("2024-01-01T01:00+01:00", JANUARY_2024),
        (dt.date(2024, 1, 1), JANUARY_2024),
        (dt.datetime(2024, 1, 1), JANUARY_2024),  # noqa: DTZ001
        (dt.datetime(2024, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=-1))), JANUARY_2024 + HOUR),
        (pd.Timestamp("2024-01-01", tz="UTC"), JANUARY_2024),
    ],
)
def test_moments_in_every_form(value, expected):
    assert parse_moment("fromdate", value) == expected


def test_a_day_ends_at_its_end():
    day = dt.date(2024, 1, 1)
    assert parse_moment("todate", day, day_end=True) == JANUARY_2024 + 24 * HOUR
    assert parse_moment("todate", "2024-01-01", day_end=True) == JANUARY_2024


def test_what_has_no_offset_is_in_the_zone():
    paris = pytz.timezone("Europe/Paris")
    assert parse_moment("fromdate", "2024-01-01T01:00", zone=paris) == JANUARY_2024
    assert parse_moment("fromdate", "2024-01-01T00:00Z", zone=paris) == JANUARY_2024


@pytest.mark.parametrize("value", ["yesterday", 1.5, True, object()])
def test_what_is_no_moment_is_refused(value):
    with pytest.raises(ConfigError, match=r'fromdate was .* use a .*"2024-01-31'):
        parse_moment("fromdate", value)


def test_zones_are_found_by_name():
    assert parse_zone("Europe/Paris").zone == "Europe/Paris"
    assert parse_zone("CST").zone == "CST6CDT"
    assert parse_zone(None) is None
    assert parse_zone(dt.UTC) is dt.UTC


def test_an_unknown_zone_is_refused():
    with pytest.raises(ConfigError, match=r'"Europe/Pari".*Did you mean "Europe/Paris"'):
        parse_zone("Europe/Pari")
