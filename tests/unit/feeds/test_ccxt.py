"""CCXTDataFeed: an exchange's closed candles as Backtrader's bars."""

import datetime as dt
import logging
import pickle

import backtrader as bt
import numpy as np
import pytest

from cracktrader.candles.aggregate import aggregate_candles
from cracktrader.domain.candle import Candles
from cracktrader.domain.timeframe import Timeframe
from cracktrader.errors import ConfigError, DataError, GapError, UnsupportedError
from cracktrader.feeds.ccxt import CCXTDataFeed
from cracktrader.feeds.grid import num2ms
from cracktrader.feeds.history import History
from cracktrader.testing.candles import random_walk

START = 1_704_067_200_000  # 2024-01-01, a Monday
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


class FakeStore:
    """Answers every request from one series of minutes, and remembers what was asked."""

    def __init__(self, candles, *, now=None):
        self.candles = candles
        self.now = now or int(candles.timestamp[-1]) + MINUTE
        self.requests = []
        self.told = []

    def history(self, request, *, on_progress=None):
        self.requests.append(request)
        if on_progress is not None:
            on_progress("progress")
        frame = request.timeframe
        end = frame.floor(min(request.end or self.now, self.now))
        start = request.start if request.limit is None else frame.shift(end, -request.limit)
        start = frame.ceil(start)
        found = aggregate_candles(
            self.candles.between(start, end), Timeframe.parse("1m"), frame, start=start, end=end
        )
        return History(candles=found, start=start, end=end, downloaded=len(found))


@pytest.fixture
def store():
    return FakeStore(random_walk(3 * 1440, start=START))


class CloseTape(bt.Strategy):
    def __init__(self):
        self.bars = []

    def next(self):
        times = [data.datetime.datetime(0) if len(data) else None for data in self.datas]
        closes = [data.close[0] if len(data) else None for data in self.datas]
        self.bars.append((times, closes))


def run(*feeds, **options):
    cerebro = bt.Cerebro(stdstats=False)
    for feed in feeds:
        cerebro.adddata(feed)
    cerebro.addstrategy(CloseTape)
    return cerebro.run(**options)[0].bars


def utc(timestamp):
    return dt.datetime.fromtimestamp(timestamp / 1000, tz=dt.UTC).replace(tzinfo=None)


def test_bars_bear_the_time_of_their_close(store):
    bars = run(CCXTDataFeed(store, "BTC/USDT", fromdate=START))
    assert len(bars) == 3 * 1440
    assert bars[0] == ([utc(START + MINUTE)], [store.candles.close[0]])
    assert bars[-1] == ([utc(START + 3 * DAY)], [store.candles.close[-1]])


@pytest.mark.parametrize("options", [{"runonce": False}, {"preload": False}, {"exactbars": 1}])
def test_bars_are_the_same_in_every_way_of_running(store, options):
    def feed():
        return CCXTDataFeed(store, "BTC/USDT", ccxt_timeframe="15m", fromdate=START)

    assert run(feed(), **options) == run(feed())


@pytest.mark.parametrize(
    ("name", "pair"),
    [
        ("1m", (bt.TimeFrame.Minutes, 1)),
        ("1h", (bt.TimeFrame.Minutes, 60)),
        ("1d", (bt.TimeFrame.Days, 1)),
        ("1w", (bt.TimeFrame.Weeks, 1)),
        ("1M", (bt.TimeFrame.Months, 1)),
    ],
)
def test_backtrader_is_told_the_timeframe(store, name, pair):
    feed = CCXTDataFeed(store, "BTC/USDT", ccxt_timeframe=name)
    assert (feed._timeframe, feed._compression) == pair == (feed.p.timeframe, feed.p.compression)


@pytest.mark.parametrize(
    "said",
    [
        {"timeframe": "1h"},
        {"ccxt_timeframe": "1h"},
        {"timeframe": bt.TimeFrame.Minutes, "compression": 60},
    ],
)
def test_the_timeframe_may_be_said_in_several_ways(store, said):
    feed = CCXTDataFeed(store, "BTC/USDT", fromdate=START, **said)
    assert len(feed.candles) == 72
    assert store.requests[0].timeframe == Timeframe.parse("1h")


@pytest.mark.parametrize(
    "dates",
    [
        {"fromdate": "2024-01-02", "todate": "2024-01-03"},
        {"fromdate": dt.date(2024, 1, 2), "todate": dt.date(2024, 1, 2)},
        {"start_date": "2024-01-02T00:00:00Z", "end_date": "2024-01-03T00:00:00Z"},
        {
            "fromdate": dt.datetime(2024, 1, 2),  # noqa: DTZ001
            "todate": dt.datetime(2024, 1, 3, tzinfo=dt.UTC),
        },
        {"fromdate": START + DAY, "todate": START + 2 * DAY},
        {"fromdate": "2024-01-02T01:00", "todate": "2024-01-03T01:00", "tz": "Europe/Paris"},
    ],
)
def test_dates_in_every_form_mean_the_candles_between(store, dates):
    feed = CCXTDataFeed(store, "BTC/USDT", **dates)
    assert feed.candles.timestamp[[0, -1]].tolist() == [START + DAY, START + 2 * DAY - MINUTE]


def test_a_zone_shows_times_there(store):
    feed = CCXTDataFeed(store, "BTC/USDT", fromdate="2024-01-02", tz="Europe/Paris")
    assert run(feed)[0][0] == [dt.datetime(2024, 1, 2, 0, 1)]  # noqa: DTZ001
    assert feed.candles.timestamp[0] == START + DAY - HOUR


@pytest.mark.parametrize(("options", "count"), [({}, 1000), ({"historical_limit": 7}, 7)])
def test_without_dates_it_is_the_latest_ones(store, options, count):
    assert len(CCXTDataFeed(store, "BTC/USDT", **options).candles) == count


def test_without_backfill_nothing_is_downloaded(store):
    _ = CCXTDataFeed(store, "BTC/USDT", backfill=False).candles
    assert [request.download for request in store.requests] == [False]


def test_progress_is_told_to_who_asked(store):
    told = []
    _ = CCXTDataFeed(store, "BTC/USDT", on_progress=told.append).candles
    assert told == ["progress"]


def test_candles_are_asked_for_once(store):
    feed = CCXTDataFeed(store, "BTC/USDT", fromdate=START)
    run(feed)
    run(feed)
    assert len(store.requests) == 1
    assert CCXTDataFeed(store=store, symbol="BTC/USDT").store is store
    assert len(store.requests) == 1


def test_feeds_of_several_timeframes_keep_step(store):
    feeds = [
        CCXTDataFeed(store, "BTC/USDT", ccxt_timeframe=name, fromdate=START)
        for name in ("1m", "1h", "1d")
    ]
    bars = run(*feeds, runonce=False)
    at_midnight = [times for times, _ in bars if times[2] is not None]
    assert at_midnight[0] == [utc(START + DAY)] * 3
    assert all(closes[0] == closes[2] for times, closes in bars if times[0] == times[2])


def holed(*slices):
    candles = random_walk(300, start=START)
    keep = np.ones(300, dtype=bool)
    for each in slices:
        keep[each] = False
    return FakeStore(candles.take(keep))


def feed_with(store, **policies):
    return CCXTDataFeed(store, "BTC/USDT", fromdate=START, **policies)


def test_gaps_are_filled_with_the_last_price():
    feed = feed_with(holed(slice(10, 15), slice(100, 101)))
    closes = feed.candles.close
    assert len(feed.candles) == 300
    assert (closes[10:15] == closes[9]).all()
    assert (feed.candles.volume[10:15] == 0).all()
    report = feed.report
    assert (report.missing, len(report.gaps), report.filled) == (6, 2, 6)
    assert "6 missing in 2 gaps, 6 filled" in str(report)


@pytest.mark.parametrize("policy", ["warn", "keep"])
def test_gaps_can_be_left(policy):
    feed = feed_with(holed(slice(10, 15)), gaps=policy)
    assert len(feed.candles) == 295
    assert (feed.report.missing, feed.report.filled) == (5, 0)


def test_gaps_can_be_refused():
    with pytest.raises(GapError, match="5 candles of 1m are missing"):
        _ = feed_with(holed(slice(10, 15)), gaps="raise").candles


def spiked(**policies):
    candles = random_walk(300, start=START)
    close, high = candles.close.copy(), candles.high.copy()
    close[150] = high[150] = close[149] * 2
    columns = {n: getattr(candles, n) for n in ("timestamp", "open", "low", "volume")}
    return feed_with(FakeStore(Candles(**columns, close=close, high=high)), **policies)


@pytest.mark.parametrize(("policy", "found"), [("warn", {"spike": 1}), ("keep", {})])
def test_outliers_can_be_left_and_even_not_looked_for(policy, found):
    feed = spiked(outliers=policy)
    assert feed.candles.close[150] > 1.9 * feed.candles.close[149]
    assert feed.report.quality == found
    assert ("1 spike" in str(feed.report)) == bool(found)


def test_outliers_that_are_dropped_leave_gaps_for_the_gap_policy():
    feed = spiked(outliers="drop")
    assert feed.candles.close[150] == feed.candles.close[149]
    assert feed.report.dropped == 1
    assert len(spiked(outliers="drop", gaps="keep").candles) == 299
    assert "1 dropped" in str(feed.report)


def test_outliers_can_be_refused():
    with pytest.raises(DataError, match="1 spike"):
        _ = spiked(outliers="raise").candles


@pytest.mark.parametrize(
    ("policy", "event"), [("gaps", "feed.gaps_found"), ("outliers", "feed.outliers_found")]
)
def test_only_warnings_are_logged_as_such(policy, event, caplog):
    def make(word):
        return (
            feed_with(holed(slice(10, 15)), gaps=word)
            if policy == "gaps"
            else spiked(outliers=word)
        )

    with caplog.at_level(logging.WARNING):
        _ = make("keep").candles
        assert event not in caplog.text
        _ = make("warn").candles
    assert event in caplog.text


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"gaps": "fil"}, 'gaps was "fil".*Did you mean "fill"'),
        ({"outliers": "drops"}, 'outliers was "drops".*Did you mean "drop"'),
        ({"ccxt_timeframe": "1hour"}, 'timeframe was "1hour"'),
        ({"timeframe": "1h", "ccxt_timeframe": "1m"}, "give one"),
        ({"fromdate": "soon"}, 'fromdate was "soon"'),
        ({"fromdate": "2024-01-02", "todate": "2024-01-02"}, "is not before todate"),
        ({"fromdate": START, "start_date": START}, "fromdate and start_date are the same"),
        ({"todate": START, "end_date": START}, "todate and end_date are the same"),
        ({"historical_limit": 0}, "historical_limit was 0"),
        ({"tz": "Mars"}, 'time zone was "Mars"'),
    ],
)
def test_what_makes_no_sense_is_refused_at_once(store, options, complaint):
    with pytest.raises(ConfigError, match=complaint):
        CCXTDataFeed(store, "BTC/USDT", **options)
    assert store.requests == []


@pytest.mark.parametrize("options", [{"live": True}, {"detail": "1m"}])
def test_what_is_not_in_this_version_is_said_so(store, options):
    with pytest.raises(UnsupportedError, match="not in this version"):
        CCXTDataFeed(store, "BTC/USDT", **options)


@pytest.mark.parametrize("arguments", [(), (None, "BTC/USDT")])
def test_a_feed_needs_a_store_and_a_symbol(arguments):
    with pytest.raises(ConfigError, match="needs a store and a symbol"):
        CCXTDataFeed(*arguments)


def test_the_name_of_an_exchange_is_no_store():
    with pytest.raises(ConfigError, match=r"store was 'binance'; use one like CCXTStore"):
        CCXTDataFeed("binance", "BTC/USDT")


def test_an_unknown_option_is_refused_with_the_nearest(store):
    with pytest.raises(TypeError, match=r'"ccxt_timefame".*Did you mean "ccxt_timeframe"'):
        CCXTDataFeed(store, "BTC/USDT", ccxt_timefame="1h")


def test_the_feed_is_named_after_its_symbol_unless_it_has_a_name(store):
    assert CCXTDataFeed(store, "BTC/USDT")._name == "BTC/USDT"
    assert CCXTDataFeed(store, dataname="BTC/USDT").symbol == "BTC/USDT"
    assert CCXTDataFeed(store, "BTC/USDT", name="mine")._name == "mine"


def test_a_feed_goes_to_other_processes_without_its_store(store):
    feed = CCXTDataFeed(store, "BTC/USDT", fromdate=START, ccxt_timeframe="1h")
    again = pickle.loads(pickle.dumps(feed))  # noqa: S301
    assert again.store is None
    assert run(again) == run(feed)


class Grown(bt.Strategy):
    def __init__(self):
        self.opens = []

    def next(self):
        self.opens.append(self.data.open_time())


def test_a_bar_knows_when_it_opened(store):
    cerebro = bt.Cerebro(stdstats=False)
    cerebro.adddata(CCXTDataFeed(store, "BTC/USDT", ccxt_timeframe="1d", fromdate=START))
    cerebro.addstrategy(Grown)
    opens = cerebro.run()[0].opens
    assert [num2ms(bt.date2num(opened)) for opened in opens] == [
        START,
        START + DAY,
        START + 2 * DAY,
    ]
