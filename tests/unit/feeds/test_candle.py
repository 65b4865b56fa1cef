"""CandleFeed delivers, bar for bar and bit for bit, what Backtrader's PandasData delivers."""

import datetime as dt
import pickle
from pathlib import Path

import backtrader as bt
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from cracktrader.errors import ConfigError, DataError
from cracktrader.feeds.candle import CandleFeed

NAMES = ("open", "high", "low", "close", "volume")
MINUTES = {"timeframe": bt.TimeFrame.Minutes, "compression": 1}


DATA = Path(__file__).parents[2] / "data" / "candles"


@pytest.fixture(scope="module")
def frame():
    """Four hours of real one-minute candles, over a midnight."""
    candles = pd.read_parquet(DATA / "binanceus_BTC-USDC_1m_2023-03.parquet").iloc[1320:1560]
    times = pd.to_datetime(candles["timestamp"], unit="ms")
    return candles[list(NAMES)].set_index(pd.DatetimeIndex(times, name="when"))


class LineTape(bt.Strategy):
    """Writes down every line of every feed at every bar."""

    def __init__(self):
        self.tape = []

    def next(self):
        for data in self.datas:
            if len(data):
                self.tape.append(
                    (
                        len(data),
                        *(repr(float(line[0])) for line in data.lines),
                        str(data.tick_close),
                    )
                )


def tape(*feeds, run=None, add=None):
    cerebro = bt.Cerebro(stdstats=False)
    for feed in feeds:
        (add or bt.Cerebro.adddata)(cerebro, feed)
    cerebro.addstrategy(LineTape)
    return cerebro.run(**(run or {}))[0].tape


def both(source, *, run=None, add=None, **params):
    """Return the tapes of Backtrader's feed and of ours."""
    params = {**MINUTES, **params}
    return tuple(
        tape(cls(dataname=source, **params), run=run, add=add)
        for cls in (bt.feeds.PandasData, CandleFeed)
    )


RUNS = {
    "once": {},
    "next": {"runonce": False},
    "unloaded": {"preload": False},
    "exactbars": {"exactbars": 1},
    "exactbars -1": {"exactbars": -1},
    "lookahead": {"lookahead": 3},
}


def hours(frame):
    return {"fromdate": frame.index[40].to_pydatetime(), "todate": frame.index[200]}


def new_york_hours(frame):
    dates = hours(frame).items()
    return {
        "tz": "America/New_York",
        **{name: date - pd.Timedelta(hours=5) for name, date in dates},
    }


OPTIONS = {
    "plain": lambda _: {},
    "dated": hours,
    "by day": lambda f: {"todate": f.index[0].date()},
    "empty": lambda f: {"fromdate": f.index[-1] + pd.Timedelta(days=1)},
    "zoned": new_york_hours,
    "zoned input": lambda f: {"tzinput": "Europe/Berlin", **hours(f)},
    "fewer lines": lambda _: {"volume": None, "openinterest": None},
    "by name": lambda _: {"close": "OPEN", "openinterest": "Volume"},
    "by position": lambda _: {"close": 0, "open": 3},
}


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("options", OPTIONS)
def test_bars_are_pandasdatas(frame, options, run):
    theirs, ours = both(frame, run=RUNS[run], **OPTIONS[options](frame))
    assert ours == theirs
    assert bool(ours) == (options != "empty")


def resampled(compression, timeframe=bt.TimeFrame.Minutes):
    return lambda c, f: c.resampledata(f, timeframe=timeframe, compression=compression)


def replayed(compression):
    return lambda c, f: c.replaydata(f, timeframe=bt.TimeFrame.Minutes, compression=compression)


def beside_resampled(c, f):
    c.adddata(f)
    c.resampledata(f, timeframe=bt.TimeFrame.Minutes, compression=30)


def filtered(c, f):
    f.addfilter_simple(lambda data: data.volume[0] == 0)
    c.adddata(f)


ADDITIONS = {
    "resampled 5": resampled(5),
    "resampled 60": resampled(60),
    "resampled day": resampled(1, bt.TimeFrame.Days),
    "replayed": replayed(15),
    "beside its resampled self": beside_resampled,
    "filtered": filtered,
    "heikin ashi": lambda c, f: (f.addfilter(bt.filters.HeikinAshi), c.adddata(f)),  # type: ignore[attr-defined]
}


@pytest.mark.parametrize("run", ["once", "next", "unloaded", "exactbars"])
@pytest.mark.parametrize("addition", ADDITIONS)
def test_what_sees_each_bar_sees_the_same(frame, addition, run):
    theirs, ours = both(frame, run=RUNS[run], add=ADDITIONS[addition])
    assert ours == theirs
    assert ours


def test_several_feeds_of_different_length_keep_step(frame):
    tapes = [
        tape(
            cls(dataname=frame.iloc[:200], name="a", **MINUTES),
            cls(dataname=frame.iloc[50::7], name="b", **MINUTES),
        )
        for cls in (bt.feeds.PandasData, CandleFeed)
    ]
    assert tapes[0] == tapes[1]


def test_rows_of_nan_stay_nan(frame):
    holed = frame.iloc[:50].copy()
    holed.iloc[10:13] = np.nan
    theirs, ours = both(holed)
    assert ours == theirs
    assert "nan" in ours[11]


@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
def test_an_index_with_a_zone_keeps_its_moments(frame, zone):
    theirs, ours = both(frame.tz_localize("UTC").tz_convert(zone).iloc[:300])
    assert ours == theirs


def test_unsorted_rows_end_where_backtrader_ends_them(frame):
    shuffled = frame.sample(frac=1.0, random_state=5).iloc[:200]
    theirs, ours = both(shuffled, todate=frame.index[220].to_pydatetime())
    assert ours == theirs


def test_integers_and_narrow_floats_are_their_exact_values(frame):
    narrow = frame.iloc[:50].astype({"open": "float32", "volume": "int64"})
    theirs, ours = both(narrow)
    assert ours == theirs


class PandasFunding(bt.feeds.PandasData):
    lines = ("funding", "basis")
    params = (("funding", -1), ("basis", None))


class CandleFunding(CandleFeed):
    lines = ("funding", "basis")
    params = (("funding", -1), ("basis", None))


def test_subclasses_may_add_lines(frame):
    funded = frame.iloc[:50].assign(Funding=np.arange(50) / 7)
    tapes = [tape(cls(dataname=funded, **MINUTES)) for cls in (PandasFunding, CandleFunding)]
    assert tapes[0] == tapes[1]


class Doubled(CandleFeed):
    def _load(self):
        loaded = super()._load()
        if loaded:
            self.lines.close[0] *= 2
        return loaded


def test_a_subclass_that_loads_bar_by_bar_is_asked_for_each(frame):
    doubled = tape(Doubled(dataname=frame.iloc[:20], **MINUTES))
    plain = tape(CandleFeed(dataname=frame.iloc[:20], **MINUTES))
    assert [float(bar[1]) for bar in doubled] == [2 * float(bar[1]) for bar in plain]


def holders(frame):
    stamps = frame.index.astype("datetime64[ms]").astype("int64").to_numpy()
    columns = {"timestamp": stamps, **{n: frame[n].to_numpy() for n in NAMES}}
    return {
        "dict": columns,
        "arrow": pa.table(columns),
        "column": pd.DataFrame(columns),
        "upper": pd.DataFrame({n.upper(): c for n, c in columns.items()}),
    }


@pytest.mark.parametrize("holder", ["dict", "arrow", "column", "upper"])
def test_the_same_bars_held_otherwise_are_the_same_bars(frame, holder):
    frame = frame.iloc[:200]
    source = holders(frame)[holder]
    where = {"datetime": "timestamp"} if isinstance(source, pd.DataFrame) else {}
    assert tape(CandleFeed(dataname=source, **MINUTES, **where)) == both(frame)[0]


def test_a_column_is_found_by_its_case_when_asked(frame):
    with pytest.raises(ConfigError, match=r'no column "Close" for "close".*Did you mean "close"\?'):
        tape(CandleFeed(dataname=frame, nocase=False, close="Close"))


@pytest.mark.parametrize("wanted", ["clsoe", 9])
def test_a_missing_column_is_named_with_those_that_exist(frame, wanted):
    with pytest.raises(ConfigError, match="open, high, low, close, volume"):
        tape(CandleFeed(dataname=frame, close=wanted))


def test_an_index_without_times_is_an_error(frame):
    with pytest.raises(DataError, match='is "datetime" set'):
        tape(CandleFeed(dataname=frame.reset_index(drop=True)))


def test_times_by_name_as_pandasdata_finds_them(frame):
    theirs, ours = both(frame.rename_axis("DateTime").reset_index(), datetime=-1)
    assert ours == theirs


def test_a_feed_runs_twice(frame):
    feed = CandleFeed(dataname=frame.iloc[:50], **MINUTES)
    assert tape(feed) == tape(feed)


def test_a_preloaded_feed_survives_pickling(frame):
    feed = CandleFeed(dataname=frame.iloc[:50], **MINUTES)
    before = tape(feed)
    again = pickle.loads(pickle.dumps(feed))  # noqa: S301
    assert list(again.lines.close.array) == list(feed.lines.close.array)
    assert tape(again) == before


class Last(bt.Strategy):
    params = (("period", 3),)

    def __init__(self):
        self.sma = bt.ind.SMA(period=self.p.period)
        self.final = None

    def stop(self):
        self.final = self.sma[0]


@pytest.mark.parametrize("runonce", [True, False])
def test_an_optimisation_in_processes_agrees_with_one_in_place(frame, runonce):
    finals = []
    for cpus in (1, 2):
        cerebro = bt.Cerebro(maxcpus=cpus, optreturn=False, runonce=runonce)
        cerebro.adddata(CandleFeed(dataname=frame.iloc[:100], **MINUTES))
        cerebro.optstrategy(Last, period=[2, 5])
        finals.append([run[0].final for run in cerebro.run()])
    assert finals[0] == finals[1]
    assert len(finals[0]) == 2


def test_the_feeds_name_and_dates_are_backtraders(frame):
    feed = CandleFeed(dataname=frame, name="mine", todate=dt.date(2023, 3, 2), **MINUTES)
    assert (feed._name, feed.p.todate.day) == ("mine", 2)
