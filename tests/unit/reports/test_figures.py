"""Charts get thinned columns that keep the extremes."""

import numpy as np
import pytest
from tests.unit.reports.runs import START, make_candles, make_fill, make_instrument, make_result

from cracktrader.domain.candle import Candles
from cracktrader.reports import figures as module
from cracktrader.reports.figures import (
    TRIP_COLUMNS,
    equity_points,
    extreme_rows,
    figures,
    price_digits,
    thin_candles,
)

WALK = 100 + np.cumsum(np.random.default_rng(5).normal(0, 1, 10_000))


def test_short_series_are_kept_whole():
    assert extreme_rows(WALK[:50], 50).tolist() == list(range(50))
    assert not len(extreme_rows(WALK[:0], 50))


def test_long_series_keep_ends_highest_and_lowest():
    rows = extreme_rows(WALK, 500)
    assert len(rows) <= 500
    assert np.all(np.diff(rows) > 0)
    assert {0, len(WALK) - 1, int(WALK.argmin()), int(WALK.argmax())} <= set(rows.tolist())


def test_equity_goes_with_buy_and_hold_and_drawdown():
    result = make_result(
        [10_000.0, 12_000.0, 9_000.0], instruments=(make_instrument((1.0, 2.0, 3.0)),)
    )
    assert equity_points(result) == {
        "time": [START // 1000 + 60 * n for n in range(3)],
        "value": [10_000.0, 12_000.0, 9_000.0],
        "held": [10_000.0, 20_000.0, 30_000.0],
        "drawdown": [0.0, 0.0, -0.25],
    }
    assert equity_points(make_result([]))["time"] == []


def test_bars_of_one_second_are_drawn_once():
    assert equity_points(make_result([1.0, 2.0, 3.0], step=500))["value"] == [2.0, 3.0]


@pytest.mark.parametrize(("names_close", "first"), [(False, 0), (True, 3)])
def test_candles_are_merged_like_longer_candles(names_close, first):
    instrument = make_instrument(WALK[:10], names_close=names_close)
    full, thin = instrument.candles, thin_candles(instrument, 3)
    assert len(thin) == 3
    assert thin.timestamp[0] == full.timestamp[first]
    assert thin.open[1] == full.open[4]
    assert thin.high[1] == full.high[4:8].max()
    assert thin.low[1] == full.low[4:8].min()
    assert thin.close.tolist() == full.close[[3, 7, 9]].tolist()
    assert thin.volume.sum() == full.volume.sum()


def test_candles_without_a_price_are_not_drawn():
    assert len(thin_candles(make_instrument((1.0, np.nan, 3.0, 4.0)), 10)) == 2


def test_a_merged_chart_says_so_and_trades_point_at_its_candles(monkeypatch):
    monkeypatch.setattr(module, "MAX_CANDLES", 25)
    fills = (make_fill(opened=1.0, at=11), make_fill(closed=-1.0, at=99, order=2))
    for names_close, expected in ((False, (2, 24)), (True, (2, 24))):
        instrument = make_instrument(100 + np.arange(100.0), names_close=names_close)
        told = figures(make_result([1e4] * 100, fills=fills, instruments=(instrument,)))
        (drawn,) = told["instruments"]
        assert drawn["merged"] == 4
        (trip,) = told["trips"]
        trip = dict(zip(TRIP_COLUMNS, trip, strict=True))
        assert (trip["entry_candle"], trip["exit_candle"]) == expected


def test_an_open_trip_has_no_exit_and_a_stranger_is_left_out():
    fills = (make_fill(opened=1.0, at=1), make_fill(opened=1.0, symbol="?"))
    told = figures(make_result(fills=fills, instruments=(make_instrument(),)))
    (trip,) = told["trips"]
    trip = dict(zip(TRIP_COLUMNS, trip, strict=True))
    assert (trip["exit"], trip["exit_candle"], trip["entry_candle"]) == (None, None, 1)


def test_without_candles_a_trip_points_at_none():
    fills = (make_fill(opened=1.0, at=1),)
    instrument = make_instrument(candles=Candles())
    told = figures(make_result(fills=fills, instruments=(instrument,)))
    assert told["instruments"][0]["time"] == []
    assert told["trips"][0][TRIP_COLUMNS.index("entry_candle")] is None


def test_candles_of_one_second_are_drawn_once():
    candles = make_candles((1.0, 2.0, 3.0), step=400)
    told = figures(make_result(instruments=(make_instrument(candles=candles),)))
    assert len(told["instruments"][0]["time"]) == 1


@pytest.mark.parametrize(
    ("prices", "digits"),
    [([100.0, 101.0], 2), ([0.12345, 0.2], 5), ([1e-12], 2), ([], 2), ([1 / 3], 10)],
)
def test_prices_show_the_decimals_they_use(prices, digits):
    assert price_digits(np.array(prices, dtype=np.float64)) == digits
