"""Reasons for doubt are found and said."""

import numpy as np
import pytest
from tests.unit.reports.runs import (
    DAY,
    MINUTE,
    make_candles,
    make_fill,
    make_instrument,
    make_order,
    make_result,
)

from cracktrader.domain.candle import Candles
from cracktrader.reports.findings import ambiguous_exits, covered, data_facts, findings
from cracktrader.reports.metrics import compute
from cracktrader.reports.provenance import RunMeta


def told(result):
    return "\n".join(findings(result, compute(result)))


def many_trades(count=30):
    return tuple(
        fill
        for n in range(count)
        for fill in (
            make_fill(opened=1.0, at=2 * n, fee=0.1),
            make_fill(closed=-1.0, at=2 * n + 1, fee=0.1, pnl=1.0),
        )
    )


def test_a_long_run_with_many_trades_raises_no_doubt():
    assert told(make_result([1e4] * 100, step=DAY, fills=many_trades())) == ""


def test_few_trades_are_told():
    assert "Only 29 closed trades" in told(make_result(fills=many_trades(29)))
    assert "No trade was closed" in told(make_result())


def test_a_short_run_is_told():
    assert "The run covers 11 d" in told(make_result([1e4] * 11, step=DAY))


def test_the_run_s_own_warnings_come_first_and_in_sample_is_said():
    meta = RunMeta(strategy="S", warnings=("mind this",), is_in_sample=True)
    lines = findings(result := make_result(meta=meta), compute(result))
    assert lines[0] == "mind this"
    assert any("In-sample only" in line for line in lines)


@pytest.mark.parametrize(
    ("symbols", "words"), [("A", "1 position was"), ("AB", "2 positions were")]
)
def test_open_positions_are_told(symbols, words):
    fills = tuple(make_fill(opened=1.0, symbol=symbol) for symbol in symbols)
    assert words in told(make_result(fills=fills))


def test_trading_for_nothing_is_told():
    assert "No fees were charged" in told(make_result(fills=(make_fill(opened=1.0),)))


def test_refused_orders_and_debts_are_told():
    orders = (make_order(1), make_order(2, status="Margin", filled=0.0))
    text = told(make_result([-5.0], orders=orders))
    assert "1 of 2 orders (50\u00a0%) was refused" in text
    assert "below zero" in text


def test_missing_values_are_told():
    assert "After 1 bar the account's value is no number" in told(make_result([np.nan, 1e4]))


def gapped(timeframe="1m"):
    full = make_candles([100.0] * 10)
    return make_instrument(candles=full.take(np.array([0, 1, 2, 6, 7, 9])), timeframe=timeframe)


def test_gaps_are_counted_and_told():
    facts = data_facts(gapped())
    assert (facts.candles, facts.missing, facts.largest_gap_ms) == (6, 4, 3 * MINUTE)
    assert "4 candles are missing, the longest gap is 3 min" in told(
        make_result(instruments=(gapped(),))
    )


def test_outliers_and_empty_candles_are_counted():
    rng = np.random.default_rng(1)
    closes = 100.0 * np.cumprod(1 + rng.normal(0, 0.001, 600))
    closes[300] *= 3
    instrument = make_instrument(closes)
    assert data_facts(instrument).outliers >= 1
    assert "outlier" in told(make_result(instruments=(instrument,)))
    instrument.candles.volume[5] = 0.0
    assert data_facts(instrument).no_trades == 1


@pytest.mark.parametrize("timeframe", ["tick", "1y"])
def test_gaps_of_an_odd_timeframe_are_unknown(timeframe):
    assert data_facts(gapped(timeframe)).missing is None


def test_gaps_of_unordered_candles_are_unknown():
    candles = make_candles([1.0, 2.0]).take(np.array([1, 0]))
    assert data_facts(make_instrument(candles=candles)).missing is None


def test_lost_candles_are_told():
    instrument = make_instrument(candles=Candles())
    assert data_facts(instrument).first is None
    assert "kept no candles" in told(make_result(instruments=(instrument,)))


def bracket(*, stop=99.5, symbol="BTC/USDT", at=1, step=0, siblings=1):
    orders = [
        make_order(1),
        make_order(2, type="Limit", parent=1, price=102.0, symbol=symbol),
        *(
            make_order(3 + n, type="Stop", parent=1, price=stop, filled=0.0, symbol=symbol)
            for n in range(siblings)
        ),
        make_order(9, type="Limit", parent=8, price=1.0, filled=0.0),
    ]
    fill = make_fill(closed=-1.0, order=2, symbol=symbol, at=at)
    fill = type(fill)(
        **{n: getattr(fill, n) for n in fill.__slots__} | {"timestamp": fill.timestamp + step}
    )
    instrument = make_instrument((100.0, 103.0, 101.0))  # minute 1: low 99, high 104
    return make_result(fills=(fill,), orders=tuple(orders), instruments=(instrument,))


def test_a_bar_that_reached_both_legs_is_ambiguous():
    assert ambiguous_exits(bracket()) == 1
    assert "1 exit is ambiguous" in told(bracket())


@pytest.mark.parametrize(
    "known", [{"stop": 98.0}, {"symbol": "X"}, {"at": 50}, {"step": 7}, {"siblings": 0}]
)
def test_other_exits_are_not(known):
    assert ambiguous_exits(bracket(**known)) == 0


def test_the_time_covered():
    assert covered(make_result([1e4] * 2)) == "2023-03-01 00:00 to 2023-03-01 00:01 UTC"
    assert covered(make_result([])) == "no bars"
