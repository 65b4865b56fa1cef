from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.simulator.market import MINUTE, START, make_candles, make_market

from cracktrader.candles.aggregate import aggregate_candles
from cracktrader.domain.candle import Candles
from cracktrader.domain.timeframe import Timeframe

M1 = Timeframe.parse("1m")
DATA = make_market()
CANDLES = make_candles()
DAY = 86_400_000


def rows(klines):
    return Candles.from_rows([[k.timestamp, *k[2:7]] for k in klines])


def served(timeframe="1m", **query):
    query = {"now": DATA.end, "limit": 1000, **query}
    return rows(DATA.klines(Timeframe.parse(timeframe), **query))


def test_closed_candles_are_served_as_they_are():
    assert served().equals(CANDLES)


@pytest.mark.parametrize(
    ("query", "first", "last"),
    [
        ({"limit": 10}, 170, 179),
        ({"start": START + 5 * MINUTE, "limit": 10}, 5, 14),
        ({"start": START + 5 * MINUTE - 1, "limit": 1}, 5, 5),
        ({"start": START + 4 * MINUTE + 1, "limit": 1}, 5, 5),
        ({"end": START + 20 * MINUTE, "limit": 10}, 11, 20),
        ({"end": START + 20 * MINUTE - 1, "limit": 10}, 10, 19),
        ({"start": START + 3 * MINUTE, "end": START + 5 * MINUTE}, 3, 5),
        ({"start": 0, "limit": 3}, 0, 2),
    ],
)
def test_the_window_is_binances(query, first, last):
    assert served(**query).equals(CANDLES.take(slice(first, last + 1)))


@pytest.mark.parametrize(
    "query",
    [
        {"start": DATA.end},
        {"end": START - 1},
        {"start": START + MINUTE, "end": START},
        {"now": START - 1},
        {"start": 2**63 - 1},
        {"now": START + MINUTE, "start": START + 2 * MINUTE},
    ],
)
@pytest.mark.parametrize("timeframe", ["1m", "1h", "1M", "1s"])
def test_outside_of_what_happened_there_is_nothing(query, timeframe):
    if timeframe in {"1h", "1M"} and ("end" in query or "now" in query):
        query = {"now": 0}
    assert not len(served(timeframe, **query))


@pytest.mark.parametrize("timeframe", ["3m", "5m", "1h", "1d", "3d", "1w", "1M"])
def test_longer_candles_are_made_of_the_base(timeframe):
    target = Timeframe.parse(timeframe)
    expected = aggregate_candles(CANDLES, M1, target, include_partial=True)
    found = served(timeframe, now=DATA.end + 40 * DAY)
    assert found.timestamp.tolist() == expected.timestamp.tolist()
    assert found.high.tolist() == expected.high.tolist()
    assert found.volume.tolist() == pytest.approx(expected.volume.tolist(), abs=1e-8)


@given(st.integers(START, START + 180 * MINUTE))
def test_the_forming_candle_is_what_the_trades_made_of_it_so_far(now):
    klines = DATA.klines(M1, now=now, limit=2)
    ticks = DATA.ticks_between(now - now % MINUTE, now, now=now, limit=1000)
    if ticks and now < DATA.end:
        forming = klines[-1]
        prices = [float(tick.price) for tick in ticks]
        assert forming.timestamp == now - now % MINUTE
        assert forming[2:6] == (prices[0], max(prices), min(prices), prices[-1])
        assert forming.volume == float(sum(tick.amount for tick in ticks))
        assert forming.trades == len(ticks)


@given(st.integers(START, START + 180 * MINUTE - 1))
def test_a_longer_forming_candle_is_the_sum_of_its_parts(now):
    long = DATA.klines(Timeframe.parse("1h"), now=now, limit=1)
    parts = DATA.klines(M1, now=now, limit=1000, start=now - now % (60 * MINUTE))
    if long:
        assert long[0].close == parts[-1].close
        assert long[0].high == max(part.high for part in parts)
        assert long[0].volume == pytest.approx(sum(part.volume for part in parts))
        assert long[0].trades == sum(part.trades for part in parts)


@given(st.integers(START - MINUTE, START + 180 * MINUTE))
def test_nothing_of_the_future_shows(now):
    """What is known at a moment is the same when later candles were never there."""
    known = int((CANDLES.timestamp <= now).sum())
    if known < 2:
        return
    short = make_market(180)
    truth = type(short)("BTC/USDT", CANDLES.take(slice(0, known)), seed=3)
    for timeframe in ("1s", "1m", "5m"):
        asked = Timeframe.parse(timeframe)
        assert DATA.klines(asked, now=now, limit=5) == truth.klines(asked, now=now, limit=5)
    assert DATA.recent_ticks(now=now, limit=50) == truth.recent_ticks(now=now, limit=50)
    assert DATA.statistics(DAY, now=now) == truth.statistics(DAY, now=now)
    assert DATA.last_price(now) == truth.last_price(now)


def test_a_candle_that_begins_without_a_trade_is_flat():
    """As on a real exchange: it opens at the last price until someone trades."""
    first = DATA.ticks_between(START + MINUTE, None, now=DATA.end, limit=1)[0]
    quiet = first.timestamp - 1
    forming = DATA.klines(M1, now=quiet, limit=1)[0]
    assert forming[2:7] == (*[float(CANDLES.close[0])] * 4, 0.0)
    assert DATA.last_price(quiet) == CANDLES.close[0]


def test_before_the_first_trade_there_is_neither_candle_nor_price():
    early = make_market(start=START - MINUTE).ticks_from(1, now=DATA.end, limit=1)[0].timestamp - 1
    data = make_market(start=START - MINUTE)
    assert data.klines(M1, now=early, limit=5) == data.klines(M1, now=early, limit=5, start=0)
    assert DATA.last_price(START - 1) is None
    assert DATA.last_tick(START - 1) is None
    assert DATA.statistics(DAY, now=START - 1).kline.trades == 0


@pytest.mark.parametrize("timeframe", ["1s", "1m"])
def test_shorter_candles_than_the_base_are_built_from_its_trades(timeframe):
    hours = make_market(48, step=60 * MINUTE)
    short = Timeframe.parse(timeframe)
    window = hours.klines(short, now=hours.end, limit=1000, start=START + 120 * MINUTE)
    assert len(window) == 1000
    distances = {b.timestamp - a.timestamp for a, b in pairwise(window)}
    assert distances == {short.duration_ms}
    assert all(a.close == b.open or b.trades for a, b in pairwise(window))
    newest = hours.klines(short, now=hours.end, limit=10)
    assert newest[-1].close_timestamp == hours.end


def test_shorter_candles_add_up_to_the_base():
    hours = make_market(48, step=60 * MINUTE)
    hour = hours.klines(Timeframe.parse("1h"), now=hours.end, limit=1, start=START + 60 * MINUTE)
    minutes = hours.klines(M1, now=hours.end, limit=60, start=START + 60 * MINUTE)
    assert max(k.high for k in minutes) == hour[0].high
    assert minutes[-1].close == hour[0].close
    assert sum(k.volume for k in minutes) == pytest.approx(hour[0].volume)


def test_a_timeframe_that_the_base_does_not_divide_comes_from_trades():
    four_hours = make_market(48, step=240 * MINUTE)
    found = four_hours.klines(Timeframe.parse("6h"), now=four_hours.end, limit=1000)
    assert len(found) == 32
    total = make_candles(48, step=240 * MINUTE).volume.sum()
    assert sum(k.volume for k in found) == pytest.approx(total)


def test_trade_ids_count_up_without_a_hole():
    every = DATA.ticks_from(0, now=DATA.end, limit=10**6)
    assert [tick.id for tick in every] == list(range(1, len(every) + 1))
    assert DATA.ticks_from(500, now=DATA.end, limit=3) == every[499:502]
    assert DATA.recent_ticks(now=DATA.end, limit=3) == every[-3:]
    assert DATA.last_tick(DATA.end) == every[-1]
    assert DATA.ticks_from(10**9, now=DATA.end, limit=3) == []


def test_trades_between_moments():
    every = DATA.ticks_from(1, now=DATA.end, limit=10**6)
    start, end = START + 30_000, START + 5 * MINUTE + 30_000
    inside = [tick for tick in every if start <= tick.timestamp <= end]
    assert DATA.ticks_between(start, end, now=DATA.end, limit=1000) == inside
    assert DATA.ticks_between(start, end, now=DATA.end, limit=2) == inside[:2]
    assert DATA.ticks_between(None, end, now=DATA.end, limit=2) == inside[-2:]
    assert DATA.ticks_between(DATA.end, None, now=DATA.end, limit=2) == []


def test_statistics_sum_up_the_window():
    found = DATA.statistics(60 * MINUTE, now=DATA.end)
    last_hour = CANDLES.take(slice(120, 180))
    assert found.kline.open == last_hour.open[0]
    assert found.kline.high == last_hour.high.max()
    assert found.kline.low == last_hour.low.min()
    assert found.kline.close == last_hour.close[-1]
    assert found.kline.volume == pytest.approx(last_hour.volume.sum())
    assert found.previous_close == CANDLES.close[119]
    assert (found.start, found.end) == (DATA.end - 60 * MINUTE, DATA.end)
    assert found.average == pytest.approx(100, rel=0.2)


def test_statistics_of_a_window_without_volume_average_to_the_last_price():
    now = int(CANDLES.timestamp[10]) + 100
    assert CANDLES.volume[10] == 0
    found = DATA.statistics(50, now=now)
    assert found.average == found.kline.close == CANDLES.close[9]


def test_statistics_of_everything_begin_with_the_first_price():
    found = DATA.statistics(10 * DAY, now=DATA.end)
    assert found.previous_close == found.kline.open == CANDLES.open[0]
    assert found.first_id == DATA.ticks_from(1, now=DATA.end, limit=1)[0].id


def test_another_seed_draws_other_trades_of_the_same_candles():
    other = type(DATA)("BTC/USDT", CANDLES, seed=4)
    assert rows(other.klines(M1, now=other.end, limit=1000)).equals(CANDLES)
    assert other.recent_ticks(now=other.end, limit=5) != DATA.recent_ticks(now=DATA.end, limit=5)
