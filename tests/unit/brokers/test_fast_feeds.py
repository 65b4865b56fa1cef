import datetime as dt
from types import SimpleNamespace

import backtrader as bt
import numpy as np
import pytest
from backtrader.feed import AbstractDataBase
from backtrader.utils.dateintern import date2num, num2date
from tests.unit.brokers.stage import make_feed

from cracktrader.brokers.fast_feeds import Feed, Feeds


def column(*values):
    return SimpleNamespace(array=list(values), idx=0, _tz=None)


class Stub:
    """As much of a feed as is read."""

    date2num = AbstractDataBase.date2num

    def __init__(self, times, sessionend=dt.time(23, 59, 59, 999990), tz=None):
        prices = {name: column(1.0) for name in ("open", "high", "low", "close")}
        line = SimpleNamespace(array=times, idx=0, _tz=tz)
        self.lines = SimpleNamespace(**prices, datetime=line)
        self.p = SimpleNamespace(sessionend=sessionend)
        self._tz = tz


def backtraders(now, sessionend, data):
    """Say what Backtrader's order has as dteos."""
    when = num2date(now, tz=data._tz)
    end = when.replace(
        hour=sessionend.hour,
        minute=sessionend.minute,
        second=sessionend.second,
        microsecond=sessionend.microsecond,
    )
    if end < when:
        end += dt.timedelta(days=1)
    return data.date2num(end)


SESSION_ENDS = [
    dt.time(23, 59, 59, 999990),
    dt.time(0, 0),
    dt.time(12, 30),
    dt.time(17, 0, 0, 1),
    dt.time(23, 59),
]


@pytest.mark.slow
@pytest.mark.parametrize("sessionend", [SESSION_ENDS[0], SESSION_ENDS[3]], ids=str)
def test_every_minute_of_a_leap_year_has_backtraders_session_end(sessionend):
    check_minutes(sessionend, days=366, step=1)


@pytest.mark.parametrize("sessionend", SESSION_ENDS, ids=str)
def test_minutes_have_backtraders_session_end(sessionend):
    check_minutes(sessionend, days=60, step=7)


def check_minutes(sessionend, *, days, step):
    first = dt.datetime(2024, 1, 1)  # noqa: DTZ001 - Backtrader's times are naive
    data = Stub([], sessionend)
    feed = Feed(data)
    for minute in range(0, days * 1440, step):
        now = date2num(first + dt.timedelta(minutes=minute))
        assert feed.session_end(now) == backtraders(now, sessionend, data)


@pytest.mark.parametrize("sessionend", SESSION_ENDS, ids=str)
def test_times_close_to_a_boundary_have_backtraders_session_end(sessionend):
    data = Stub([], sessionend)
    feed = Feed(data)
    day = 738_000.0
    end = date2num(dt.datetime.combine(num2date(day), sessionend))
    for boundary in (day, end, day + 1, end + 1):
        for away in np.arange(-300, 300) * 2.0**-33:
            now = boundary + away
            assert feed.session_end(now) == backtraders(now, sessionend, data)
            assert feed.session_end(day + 0.3) == backtraders(day + 0.3, sessionend, data)


def test_a_feed_with_a_time_zone_is_asked_each_time():
    utc = SimpleNamespace(localize=lambda when: when.replace(tzinfo=dt.timezone.utc))  # noqa: UP017
    data = Stub([738_000.5])
    data._tz = utc
    feed = Feed(data)
    end = backtraders(738_000.5, data.p.sessionend, Stub([]))
    assert [feed.session_end(738_000.5) for _ in range(2)] == [end, end]
    assert feed._values == (0.0, 0.0)


def test_a_feed_that_converts_times_itself_is_asked():
    class Own(Stub):
        def date2num(self, when):
            return 7.0

    feed = Feed(Own([]))
    assert [feed.session_end(738_000.5 + i) for i in range(3)] == [7.0] * 3


def test_prices_are_the_bars_or_the_part_of_it_seen_so_far():
    data = Stub([738_000.5])
    feed = Feed(data)
    assert feed.prices() == (1.0, 1.0, 1.0, 1.0)
    data.tick_open, data.tick_high, data.tick_low, data.tick_close = 2.0, 4.0, 1.5, None
    assert feed.prices() == (2.0, 4.0, 1.5, 1.0)


def test_a_feed_on_a_clock_is_read_by_it():
    data = Stub([738_000.5, 738_001.5])
    feed = Feed(data)
    assert feed.time() == 738_000.5
    data.lines.datetime._shared = SimpleNamespace(at=1)
    assert Feed(data).now() == num2date(738_001.5)


def test_feeds_are_looked_at_once():
    feeds, data = Feeds(), make_feed([(1.0, 1.0, 1.0, 1.0)])
    assert isinstance(data, bt.feeds.PandasData)
    assert feeds[data] is feeds[data]
