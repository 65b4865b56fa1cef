"""Aggregation conserves, filling and repairing are done once and for all."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cracktrader.candles.aggregate import Trades, aggregate_candles, candles_from_trades
from cracktrader.candles.cleaning import clean
from cracktrader.candles.gaps import fill_gaps, find_gaps, plan_downloads
from cracktrader.candles.quality import inspect
from cracktrader.domain.candle import PRICE_COLUMNS, Candles
from cracktrader.domain.timeframe import Timeframe
from cracktrader.testing.candles import random_walk

LADDERS = [
    ("1m", "5m", "15m"),
    ("1m", "1h", "1d"),
    ("1h", "1d", "1w"),
    ("1d", "1M", "3M"),
    ("4h", "12h", "1M"),
    ("1s", "1m", "1h"),
]
MINUTE = Timeframe.parse("1m")
values = st.one_of(st.floats(0.5, 2), st.sampled_from([np.nan, 0.0, -1.0, np.inf, 1e9]))
messy = st.lists(
    st.tuples(st.integers(0, 40), values, values, values, values, values), max_size=60
).map(lambda rows: Candles.from_rows([[t * 60_000, *rest] for t, *rest in rows]))


@st.composite
def holed(draw, timeframe):
    count = draw(st.integers(2, 300))
    start = draw(st.integers(0, 10**12))
    candles = random_walk(count, timeframe=timeframe, start=start, seed=draw(st.integers(0, 9)))
    kept = draw(st.sets(st.integers(0, count - 1), min_size=1))
    return candles.take(np.array(sorted(kept), dtype=np.int64))


@pytest.mark.parametrize("ladder", LADDERS)
@given(data=st.data())
def test_step_by_step_is_as_good_as_at_once(ladder, data):
    short, middle, long = map(Timeframe.parse, ladder)
    candles = data.draw(holed(ladder[0]))
    stepped = aggregate_candles(
        aggregate_candles(candles, short, middle, include_partial=True),
        middle,
        long,
        include_partial=True,
    )
    direct = aggregate_candles(candles, short, long, include_partial=True)
    assert stepped.timestamp.tolist() == direct.timestamp.tolist()
    for name in PRICE_COLUMNS:
        assert np.array_equal(getattr(stepped, name), getattr(direct, name))
    assert np.allclose(stepped.volume, direct.volume)
    assert np.isclose(direct.volume.sum(), candles.volume.sum())
    assert direct.high.max() == candles.high.max()
    assert direct.low.min() == candles.low.min()


@pytest.mark.parametrize("ladder", LADDERS)
@given(data=st.data())
def test_whole_candles_are_among_the_partial_ones(ladder, data):
    short, _, long = map(Timeframe.parse, ladder)
    candles = data.draw(holed(ladder[0]))
    every = aggregate_candles(candles, short, long, include_partial=True)
    whole = aggregate_candles(candles, short, long)
    assert set(whole) <= set(every)
    assert len(every) - len(whole) <= 2


@given(st.lists(st.tuples(st.integers(0, 10**6), st.floats(1, 2), st.floats(0, 5)), min_size=1))
def test_candles_of_trades_conserve_them(rows):
    columns = list(zip(*rows, strict=True))
    trades = Trades(
        timestamp=np.array(columns[0]), price=np.array(columns[1]), amount=np.array(columns[2])
    )
    candles = candles_from_trades(trades, MINUTE, include_partial=True)
    assert np.isclose(candles.volume.sum(), trades.amount.sum())
    assert inspect(candles, MINUTE).is_defect.sum() == 0
    slower = candles_from_trades(trades, Timeframe.parse("5m"), include_partial=True)
    built = aggregate_candles(candles, MINUTE, Timeframe.parse("5m"), include_partial=True)
    assert built.take(slice(None)).timestamp.tolist() == slower.timestamp.tolist()
    assert np.array_equal(built.close, slower.close)


@pytest.mark.parametrize("timeframe", ["1s", "1m", "4h", "1d", "1w", "1M"])
@given(data=st.data())
def test_filling_closes_every_gap_once_and_for_all(timeframe, data):
    frame = Timeframe.parse(timeframe)
    candles = data.draw(holed(timeframe))
    filled = fill_gaps(candles, frame)
    assert find_gaps(filled.candles, frame) == ()
    assert filled.candles.take(~filled.is_filled).equals(candles)
    assert len(filled.candles) == len(candles) + filled.missing
    assert fill_gaps(filled.candles, frame).candles.equals(filled.candles)
    assert np.isclose(filled.candles.volume.sum(), candles.volume.sum())


@given(data=st.data(), page_limit=st.integers(1, 50))
def test_a_plan_covers_every_gap_page_by_page(data, page_limit):
    gaps = find_gaps(data.draw(holed("1m")), MINUTE)
    plan = plan_downloads(gaps, MINUTE, page_limit=page_limit)
    assert all(any(a <= gap.start and gap.end <= b for a, b in plan) for gap in gaps)
    assert len(plan) <= len(gaps)
    assert plan == sorted(plan)


@given(messy)
def test_repair_leaves_no_defect_and_nothing_to_repair(candles):
    repaired = clean(candles, MINUTE, defects="repair", outliers="keep").candles
    assert not inspect(repaired, MINUTE).is_defect.any()
    again = clean(repaired, MINUTE, defects="repair", outliers="keep")
    assert again.candles.equals(repaired)
    assert (again.repaired, again.dropped) == (0, 0)


@given(messy)
def test_dropping_leaves_a_part_without_defects(candles):
    kept = clean(candles, MINUTE, defects="drop", outliers="keep").candles
    assert not inspect(kept, MINUTE).is_defect.any()
    assert len(kept) <= len(candles)
