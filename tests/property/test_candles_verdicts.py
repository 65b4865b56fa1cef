"""What was found when candles were stored is what is found when they are loaded."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cracktrader.candles.archive import Archive, SeriesKey
from cracktrader.candles.cleaning import clean
from cracktrader.candles.outliers import DEFAULT_LIMITS, NO_LIMITS, OutlierLimits
from cracktrader.candles.quality import inspect
from cracktrader.domain.candle import COLUMNS, Candles
from cracktrader.domain.timeframe import Timeframe
from cracktrader.testing.candles import random_walk

HOUR = Timeframe.parse("1h")
HOUR_MS = HOUR.duration_ms
KEY = SeriesKey("x", "spot", "BTC/USDT", "1h")
COUNT = 24 * (31 + 29 + 31 + 30)
BORDERS = (744, 1440, 2184)
START = 1_577_836_800_000

rows = st.integers(0, COUNT - 1) | st.sampled_from(
    [border + near for border in BORDERS for near in (-2, -1, 0, 1)]
)
troubles = st.lists(
    st.tuples(
        rows, st.sampled_from(COLUMNS[1:]), st.sampled_from([0.5, 0.9, 1.1, 3.0, np.nan, -1])
    ),
    max_size=6,
)
missing = st.lists(st.tuples(rows, st.integers(1, 900)), max_size=2)
wild = st.none() | st.integers(0, 3)


def make(troubles, missing, wild):
    base = random_walk(COUNT, timeframe="1h")
    columns = {name: getattr(base, name).copy() for name in COLUMNS}
    if wild is not None:
        month = slice((0, *BORDERS)[wild], (*BORDERS, COUNT)[wild])
        swings = np.exp(np.random.default_rng(wild).normal(0, 0.05, COUNT)[month])
        for name in COLUMNS[1:5]:
            columns[name][month] *= swings
    for row, name, factor in troubles:
        columns[name][row] *= factor
    is_there = np.ones(COUNT, dtype=np.bool_)
    for row, count in missing:
        is_there[row : row + count] = False
    return Candles(**columns).take(is_there)


def same(one, other):
    assert one.counts == other.counts
    assert (one.rows, one.no_trades) == (other.rows, other.no_trades)
    for name, positions in one.found.items():
        assert positions.tolist() == other.found[name].tolist()


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return tmp_path_factory.mktemp("archive")


@given(troubles, missing, wild, st.integers(0, COUNT), st.integers(0, COUNT))
def test_known_candles_are_reported_as_if_they_were_inspected(
    root, troubles, missing, wild, first, count
):
    archive = Archive(root)
    archive.clear(KEY)
    candles = make(troubles, missing, wild)
    archive.save(KEY, candles, start=START, end=START + COUNT * HOUR_MS)
    for start, end in (
        (None, None),
        (START + first * HOUR_MS, START + (first + count) * HOUR_MS),
    ):
        loaded = archive.load_known(KEY, start, end)
        assert loaded.candles.equals(candles.between(start, end))
        for limits in (DEFAULT_LIMITS, NO_LIMITS, OutlierLimits(spike_sigmas=3, wick_sigmas=5)):
            plain = inspect(loaded.candles, HOUR, limits=limits)
            same(inspect(loaded.candles, HOUR, limits=limits, known=loaded.known), plain)
        for policy in ("warn", "drop", "repair"):
            one = clean(loaded.candles, HOUR, outliers=policy)
            other = clean(loaded.candles, HOUR, outliers=policy, known=loaded.known)
            assert one.candles.equals(other.candles)
            assert (one.dropped, one.repaired) == (other.dropped, other.repaired)


@given(troubles, missing, st.integers(0, COUNT))
def test_how_candles_came_does_not_show_in_the_manifest(root, troubles, missing, split):
    candles = make(troubles, missing, None)
    cut = START + split * HOUR_MS
    parts = (START, cut), (cut, START + COUNT * HOUR_MS)
    for name, ranges in (("whole", [(START, parts[1][1])]), ("parts", parts)):
        archive = Archive(root / name)
        archive.clear(KEY)
        for start, end in ranges:
            archive.save(KEY, candles.between(start, end), start=start, end=end)
    one, other = (root / name / KEY.path / "manifest.json" for name in ("whole", "parts"))
    assert one.read_bytes() == other.read_bytes()
