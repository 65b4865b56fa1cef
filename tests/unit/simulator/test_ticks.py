from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cracktrader.domain.candle import Candle, Candles
from cracktrader.domain.timeframe import Timeframe
from cracktrader.simulator.series import candle_of_ticks
from cracktrader.simulator.ticks import draw_ticks, mixed, tick_counts

MINUTE = Timeframe.parse("1m")


@st.composite
def candles(draw):
    decimals = draw(st.integers(0, 8))
    units = sorted(draw(st.lists(st.integers(1, 10**9), min_size=4, max_size=4)))
    low, opened, closed, high = (unit / 10**decimals for unit in units)
    if draw(st.booleans()):
        opened, closed = closed, opened
    volume = draw(st.integers(1, 10**12)) / 10 ** draw(st.integers(0, 10))
    return Candle(1_677_628_800_000, opened, high, low, closed, volume)


def drawn(candle, *, count=9, seed=1, first_id=100):
    return draw_ticks(candle, duration_ms=60_000, count=count, first_id=first_id, seed=seed)


@given(candles(), st.integers(4, 40), st.integers(0, 2**64 - 1))
def test_trades_rebuild_their_candle_exactly(candle, count, seed):
    ticks = drawn(candle, count=count, seed=seed)
    assert candle_of_ticks(ticks, candle.timestamp, previous=None) == candle
    assert sum(tick.amount for tick in ticks) == Decimal(repr(candle.volume))


@given(candles(), st.integers(4, 40))
def test_trades_are_in_order_inside_their_candle_and_worth_something(candle, count):
    ticks = drawn(candle, count=count)
    stamps = [tick.timestamp for tick in ticks]
    assert stamps == sorted(stamps)
    assert candle.timestamp <= stamps[0] <= stamps[-1] < candle.timestamp + 60_000
    assert [tick.id for tick in ticks] == list(range(100, 100 + count))
    assert all(tick.amount > 0 for tick in ticks)


def test_the_same_seed_draws_the_same_trades():
    candle = Candle(60_000, 10.0, 12.0, 9.0, 11.0, 5.0)
    assert drawn(candle) == drawn(candle)
    assert drawn(candle) != drawn(candle, seed=2)


def test_less_volume_than_trades_is_split_finer():
    ticks = drawn(Candle(0, 10.0, 12.0, 9.0, 11.0, 1e-8), count=12)
    assert sum(tick.amount for tick in ticks) == Decimal("1E-8")


def test_no_trades_without_volume():
    assert drawn(Candle(0, 10.0, 10.0, 10.0, 10.0, 0.0), count=0) == ()


@pytest.mark.parametrize(("timeframe", "ratio"), [("1s", 1), ("1m", 1), ("1h", 60), ("1d", 60)])
def test_longer_candles_hold_more_trades(timeframe, ratio):
    rows = [[stamp, 1.0, 1.0, 1.0, 1.0, 1.0] for stamp in range(500)]
    counts = tick_counts(Candles.from_rows(rows), Timeframe.parse(timeframe), seed=0)
    assert counts.min() == 4 * ratio
    assert counts.max() == 16 * ratio


def test_only_candles_with_volume_hold_trades():
    rows = [[stamp, 1.0, 1.0, 1.0, 1.0, float(stamp % 2)] for stamp in range(10)]
    counts = tick_counts(Candles.from_rows(rows), MINUTE, seed=0)
    assert np.array_equal(counts > 0, np.arange(10) % 2 == 1)


def test_bits_depend_on_every_number():
    seen = {mixed(*numbers) for numbers in [(1, 2), (2, 1), (1,), (1, 2, 0), (-1,)]}
    assert len(seen) == 5
    assert all(0 <= bits < 2**64 for bits in seen)
