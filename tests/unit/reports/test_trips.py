"""Fills become round trips from flat to flat."""

import numpy as np
import pytest
from tests.unit.reports.runs import (
    MINUTE,
    START,
    make_fill,
    make_instrument,
    make_order,
)

from cracktrader.domain.candle import Candles
from cracktrader.reports.trips import exit_reason, round_trips

TIMES = START + np.arange(10, dtype=np.int64) * MINUTE


def trips_of(*fills, orders=(), instruments=()):
    return round_trips(fills, orders, times=TIMES, instruments=instruments)


def test_a_purchase_and_a_sale_make_one_trip():
    (trip,) = trips_of(
        make_fill(opened=2.0, price=100.0, at=1, fee=0.2),
        make_fill(closed=-2.0, price=110.0, at=4, fee=0.22, pnl=20.0, order=2),
    )
    assert (trip.side, trip.amount, trip.bars) == ("long", 2.0, 3)
    assert (trip.entry_price, trip.exit_price) == (100.0, 110.0)
    assert (trip.entry_order, trip.exit_order) == (1, 2)
    assert trip.gross_pnl == 20.0
    assert trip.fee == pytest.approx(0.42)
    assert trip.pnl == pytest.approx(19.58)
    assert trip.return_ == pytest.approx(19.58 / 200.0)


def test_prices_of_several_fills_are_averaged_by_size():
    (trip,) = trips_of(
        make_fill(opened=1.0, price=100.0, at=1),
        make_fill(opened=3.0, price=104.0, at=2),
        make_fill(closed=-2.0, price=110.0, at=3, pnl=14.0),
        make_fill(closed=-2.0, price=112.0, at=4, pnl=18.0),
    )
    assert trip.entry_price == pytest.approx(103.0)
    assert trip.exit_price == pytest.approx(111.0)
    assert trip.amount == 4.0
    assert trip.pnl == 32.0


def test_a_reversal_ends_one_trip_and_begins_the_next_with_its_share_of_the_costs():
    first, second = trips_of(
        make_fill(opened=1.0, at=1),
        make_fill(closed=-1.0, opened=-3.0, at=2, fee=0.4, slippage=0.8, pnl=0.0, order=2),
        make_fill(closed=3.0, at=3, order=3, pnl=1.0, slippage=0.0),
    )
    assert (first.side, second.side) == ("long", "short")
    assert first.fee == pytest.approx(0.1)
    assert second.fee == pytest.approx(0.3)
    assert first.slippage == pytest.approx(0.2)
    assert second.slippage == pytest.approx(0.6)
    assert second.entry_order == 2


def test_float_dust_is_no_position():
    (trip,) = trips_of(
        make_fill(opened=0.1, at=1),
        make_fill(opened=0.2, at=2),
        make_fill(closed=-0.3, at=3),
    )
    assert not trip.is_open


def test_a_position_at_the_end_is_an_open_trip():
    (trip,) = trips_of(make_fill(opened=1.0, at=1, fee=0.5))
    assert trip.is_open
    assert (trip.exit_price, trip.exit_order, trip.exit_reason) == (None, None, "")
    assert trip.bars == 8
    assert trip.pnl == -0.5


def test_symbols_are_kept_apart_and_trips_ordered_by_entry():
    fills = (
        make_fill(opened=1.0, at=2, symbol="ETH/USDT", order=2),
        make_fill(opened=1.0, at=1),
        make_fill(closed=-1.0, at=3, symbol="ETH/USDT", order=3),
    )
    assert [(trip.number, trip.symbol) for trip in trips_of(*fills)] == [
        (1, "BTC/USDT"),
        (2, "ETH/USDT"),
    ]


def test_a_closing_fill_without_an_entry_is_passed_over():
    assert trips_of(make_fill(closed=-1.0, at=1)) == ()


def test_without_any_bars_an_open_trip_lasted_none():
    (trip,) = round_trips((make_fill(opened=1.0),), times=np.empty(0, np.int64))
    assert trip.bars == 0


def test_a_free_entry_has_no_return():
    (trip,) = trips_of(make_fill(opened=1.0, price=0.0), make_fill(closed=-1.0, at=1, pnl=5.0))
    assert trip.return_ == 0.0


# Highs and lows are one beyond the closes 100, 90, 130, 120, 80; opens are the last close.
CLOSES = (100.0, 90.0, 130.0, 120.0, 80.0)


def test_excursions_reach_from_the_entry_bar_to_the_exit():
    (trip,) = trips_of(
        make_fill(opened=1.0, price=100.0, at=1),
        make_fill(closed=-1.0, price=120.0, at=3, pnl=20.0),
        instruments=[make_instrument(CLOSES)],
    )
    assert trip.adverse == pytest.approx(-0.11)  # the low of minute 1
    assert trip.favorable == pytest.approx(0.31)  # the high of minute 2; minute 3 only its exit


def test_excursions_of_a_short_are_mirrored():
    (trip,) = trips_of(
        make_fill(opened=-1.0, price=100.0, at=1),
        make_fill(closed=1.0, price=120.0, at=3, pnl=-20.0),
        instruments=[make_instrument(CLOSES)],
    )
    assert trip.adverse == pytest.approx(-0.31)
    assert trip.favorable == pytest.approx(0.11)


def test_an_open_trip_is_exposed_to_the_end():
    (trip,) = trips_of(
        make_fill(opened=1.0, price=100.0, at=1), instruments=[make_instrument(CLOSES)]
    )
    assert trip.adverse == pytest.approx(-0.21)


@pytest.mark.parametrize("candles", [Candles(), make_instrument(CLOSES).candles])
def test_without_candles_of_its_time_a_trip_has_no_excursions(candles):
    (trip,) = trips_of(make_fill(opened=1.0, at=9), instruments=[make_instrument(candles=candles)])
    assert trip.adverse is None


@pytest.mark.parametrize(
    ("known", "reason"),
    [
        ({"type": "Market"}, "signal"),
        ({"type": "Limit"}, "limit"),
        ({"type": "StopTrail"}, "trailing stop"),
        ({"type": "Limit", "parent": 1}, "take profit"),
        ({"type": "Stop", "parent": 1}, "stop loss"),
        ({"type": "Market", "parent": 1}, "signal"),
        ({"type": "Stop", "reason": "time is up"}, "time is up"),
        ({"type": "Historical"}, "historical"),
    ],
)
def test_an_exit_is_explained_by_its_order(known, reason):
    assert exit_reason(make_order(**known)) == reason


def test_reasons_come_from_the_orders_of_entry_and_exit():
    (trip,) = trips_of(
        make_fill(opened=1.0, at=1),
        make_fill(closed=-1.0, at=2, order=2),
        orders=[make_order(1, reason="breakout"), make_order(2, type="Stop")],
    )
    assert (trip.entry_reason, trip.exit_reason) == ("breakout", "stop")


def test_an_unknown_order_explains_nothing():
    assert exit_reason(None) == ""
