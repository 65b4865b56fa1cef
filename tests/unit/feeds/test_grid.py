"""Resampled and replayed candles are those the exchange itself would have given."""

import datetime as dt

import backtrader as bt
import numpy as np
import pytest

from cracktrader.candles.aggregate import aggregate_candles
from cracktrader.domain.candle import Candles
from cracktrader.domain.timeframe import Timeframe
from cracktrader.errors import DataError
from cracktrader.feeds.candle import CandleFeed
from cracktrader.feeds.grid import ms2num, num2ms, timeframe_of
from cracktrader.testing.candles import random_walk

MINUTES, DAYS = bt.TimeFrame.Minutes, bt.TimeFrame.Days
WEEKS, MONTHS, YEARS = bt.TimeFrame.Weeks, bt.TimeFrame.Months, bt.TimeFrame.Years
JANUARY_2024 = 1_704_067_200_000
HOUR = 3_600_000


class GridTape(bt.Strategy):
    """Keeps the bars of the last feed, each as long as it grows."""

    def __init__(self):
        self.bars, self.times, self.opened = {}, [], []

    def next(self):
        data = self.datas[-1]
        if not len(data):
            return
        rows = (data.open, data.high, data.low, data.close, data.volume)
        self.bars[len(data)] = (num2ms(data.datetime[0]), *(row[0] for row in rows))
        self.times.append(data.datetime.datetime(0))
        self.opened.append(data.open_time())

    @property
    def candles(self):
        return Candles.from_rows(list(self.bars.values()))


def run(candles, timeframe, add, **options):
    cerebro = bt.Cerebro(stdstats=False)
    add(cerebro, CandleFeed(dataname=candles, ccxt_timeframe=timeframe))
    cerebro.addstrategy(GridTape)
    return cerebro.run(**options)[0]


def resampled(timeframe, compression=1):
    return lambda c, f: c.resampledata(f, timeframe=timeframe, compression=compression)


def beside(timeframe, compression=1):
    def add(cerebro, feed):
        cerebro.adddata(feed)
        cerebro.resampledata(feed, timeframe=timeframe, compression=compression)

    return add


def replayed(timeframe, compression=1):
    return lambda c, f: c.replaydata(f, timeframe=timeframe, compression=compression)


def same(tape, expected, timeframe):
    found = tape.candles
    closes = Timeframe.parse(timeframe).closes(expected.timestamp)
    assert found.timestamp.tolist() == closes.tolist()
    for name in ("open", "high", "low", "close"):
        assert getattr(found, name).tolist() == getattr(expected, name).tolist()
    # The order of additions is the strategy's, so the last bits of a sum may differ.
    np.testing.assert_allclose(found.volume, expected.volume, rtol=1e-12)


CASES = {
    # 2024-01-01 is a Monday; ends in the middle of things on purpose.
    "1m to 5m": ("1m", MINUTES, 5, "5m", 1000),
    "1m to 1h": ("1m", MINUTES, 60, "1h", 1000),
    "1m to 4h": ("1m", MINUTES, 240, "4h", 1000),
    "1m to 1d": ("1m", DAYS, 1, "1d", 3000),
    "30m to 1w": ("30m", WEEKS, 1, "1w", 1100),
    "1h to 1d": ("1h", DAYS, 1, "1d", 500),
    "1h to 3d": ("1h", DAYS, 3, "3d", 500),
    "1h to 1w": ("1h", WEEKS, 1, "1w", 700),
    "1h to 1M": ("1h", MONTHS, 1, "1M", 2300),
    "1d to 1w": ("1d", WEEKS, 1, "1w", 100),
    "1d to 1M": ("1d", MONTHS, 1, "1M", 100),
    "1d to 3M": ("1d", MONTHS, 3, "3M", 400),
    "1d to 1y": ("1d", YEARS, 1, "12M", 800),
    "1s to 1m": ("1s", MINUTES, 1, "1m", 400),
}


@pytest.mark.parametrize("way", [resampled, beside])
@pytest.mark.parametrize("case", CASES)
def test_resampling_gives_the_exchanges_own_candles(case, way):
    source, constant, compression, target, count = CASES[case]
    candles = random_walk(count, timeframe=source, start=JANUARY_2024)
    frames = Timeframe.parse(source), Timeframe.parse(target)
    expected = aggregate_candles(candles, *frames)
    assert 0 < len(expected) < count
    same(run(candles, source, way(constant, compression)), expected, target)


@pytest.mark.parametrize("options", [{"runonce": False}, {"preload": False}, {"exactbars": 1}])
def test_resampling_is_the_same_in_every_way_of_running(options):
    candles = random_walk(1000, start=JANUARY_2024)
    expected = aggregate_candles(candles, Timeframe.parse("1m"), Timeframe.parse("1h"))
    same(run(candles, "1m", beside(MINUTES, 60), **options), expected, "1h")


def test_candles_that_were_not_seen_whole_are_left_out():
    candles = random_walk(300, start=JANUARY_2024 + HOUR // 2)
    tape = run(candles, "1m", resampled(MINUTES, 60))
    assert tape.candles.timestamp.tolist() == [JANUARY_2024 + n * HOUR for n in (2, 3, 4, 5)]


@pytest.mark.parametrize("hole", [slice(57, 63), slice(50, 200), slice(59, 60), slice(60, 61)])
def test_holes_do_not_join_candles(hole):
    whole = random_walk(600, start=JANUARY_2024)
    keep = np.ones(600, dtype=bool)
    keep[hole] = False
    candles = whole.take(keep)
    frames = Timeframe.parse("1m"), Timeframe.parse("1h")
    expected = aggregate_candles(candles, *frames)
    same(run(candles, "1m", resampled(MINUTES, 60)), expected, "1h")


def test_replayed_bars_end_as_the_exchanges_own_candles():
    candles = random_walk(48 * 7, timeframe="30m", start=JANUARY_2024)
    expected = aggregate_candles(candles, Timeframe.parse("30m"), Timeframe.parse("1d"))
    tape = run(candles, "30m", replayed(DAYS))
    same(tape, expected, "1d")
    assert len(tape.times) == len(candles)


def test_a_bar_knows_when_it_opened():
    candles = random_walk(3, timeframe="1h", start=JANUARY_2024)
    tape = run(candles, "1h", lambda c, f: c.adddata(f))
    assert [t.replace(tzinfo=dt.UTC) for t in tape.times] == [
        opened + dt.timedelta(hours=1) for opened in tape.opened
    ]
    assert num2ms(bt.date2num(tape.opened[0])) == JANUARY_2024


def test_a_resampled_bar_knows_when_it_opened():
    candles = random_walk(60 * 24, timeframe="1h", start=JANUARY_2024)
    tape = run(candles, "1h", beside(MONTHS))
    assert tape.opened[0] == dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
    assert tape.opened[-1] == dt.datetime(2024, 2, 1, tzinfo=dt.UTC)


@pytest.mark.parametrize("odd", [{"bar2edge": False}, {"boundoff": 1}])
def test_what_asks_for_more_than_a_timeframe_is_left_to_backtrader(odd):
    candles = random_walk(120, start=JANUARY_2024)
    closes = {n: getattr(candles, n) for n in ("open", "high", "low", "close", "volume")}
    closes["timestamp"] = candles.timestamp + 60_000
    plain = CandleFeed(dataname=closes, timeframe=MINUTES)
    ours = CandleFeed(dataname=candles, ccxt_timeframe="1m")
    for method in ("resample", "replay"):
        filters = []
        for feed in (plain, ours):
            getattr(feed, method)(timeframe=MINUTES, compression=7, **odd)
            filters.append(type(feed._filters[-1][0]))
        assert filters[0] is filters[1]


def test_a_clone_of_a_clone_is_on_the_grid_too():
    feed = CandleFeed(dataname=random_walk(120), ccxt_timeframe="1m")
    clone = feed.clone().clone()
    clone.replay(timeframe=MINUTES, compression=5)
    assert type(clone._filters[0][0]).__name__ == "GridReplayer"


def test_ticks_have_no_opening_time():
    candles = random_walk(5, start=JANUARY_2024)
    with pytest.raises(DataError, match="ticks"):
        run(candles, "1m", resampled(bt.TimeFrame.Ticks, 2))


def test_feeds_whose_times_are_taken_as_they_are_do_not_know_when_bars_opened():
    cerebro = bt.Cerebro(stdstats=False)
    cerebro.adddata(CandleFeed(dataname=random_walk(3), name="mine"))
    cerebro.addstrategy(GridTape)
    with pytest.raises(DataError, match=r'"mine".*ccxt_timeframe="1m"'):
        cerebro.run()


@pytest.mark.parametrize("timestamp", [0, JANUARY_2024, JANUARY_2024 + 1, 1_709_251_199_999])
def test_milliseconds_survive_the_way_through_backtraders_numbers(timestamp):
    assert num2ms(ms2num(timestamp)) == timestamp


@pytest.mark.parametrize(
    ("constant", "compression", "name"),
    [
        (bt.TimeFrame.Seconds, 10, "10s"),
        (MINUTES, 60, "1h"),
        (MINUTES, 90, "90m"),
        (DAYS, 3, "3d"),
        (WEEKS, 1, "1w"),
        (MONTHS, 1, "1M"),
        (YEARS, 2, "24M"),
    ],
)
def test_backtraders_pairs_are_timeframes(constant, compression, name):
    assert timeframe_of(constant, compression) == Timeframe.parse(name)


@pytest.mark.parametrize("pair", [(bt.TimeFrame.Ticks, 1), (bt.TimeFrame.NoTimeFrame, 1), (4, 0)])
def test_what_no_candle_can_have_is_no_timeframe(pair):
    assert timeframe_of(*pair) is None
