"""Records say what can be derived from them."""

import pytest
from tests.unit.reports.runs import START, make_fill

from cracktrader.reports.records import Equity, RoundTrip

TRIP = {
    "number": 1,
    "symbol": "BTC/USDT",
    "side": "long",
    "amount": 1.0,
    "entry_timestamp": START,
    "entry_price": 100.0,
    "entry_order": 1,
    "pnl": 0.0,
    "gross_pnl": 0.0,
    "fee": 0.0,
    "return_": 0.0,
    "bars": 0,
}


def test_the_cost_of_a_fill_is_positive_and_counts_the_contract_size():
    assert make_fill(opened=-2.0, price=50.0, multiplier=10.0).cost == pytest.approx(1000.0)


def test_a_trip_without_an_exit_is_open():
    assert RoundTrip(**TRIP).is_open
    assert not RoundTrip(**TRIP, exit_timestamp=START + 1, exit_price=1.0).is_open


def test_an_empty_equity_curve_has_no_rows():
    assert len(Equity()) == 0
