"""The verdict has the promised rows, with buy and hold beside them."""

import pytest
from tests.unit.reports.runs import DAY, make_fill, make_instrument, make_result

from cracktrader.reports.metrics import compute
from cracktrader.reports.verdict import rows, tone


def verdict(result):
    return {row.label: row for row in rows(result, compute(result))}


def test_every_promised_figure_has_a_row(result):
    assert list(verdict(result)) == [
        "Final value",
        "Profit",
        "Return",
        "CAGR",
        "Sharpe",
        "Sortino",
        "Calmar",
        "Volatility",
        "Max drawdown",
        "Longest drawdown",
        "Exposure",
        "Trades",
        "Win rate",
        "Profit factor",
        "Expectancy",
        "Best / worst trade",
        "Longest losing streak",
        "SQN",
        "Fees",
        "Slippage paid",
        "Turnover",
    ]


def test_buy_and_hold_stands_beside():
    row = verdict(make_result([9_000.0] * 2, instruments=(make_instrument((100.0, 120.0)),)))
    assert (row["Return"].value, row["Return"].benchmark) == ("\u221210.00\u00a0%", "+20.00\u00a0%")
    assert (row["Return"].tone, row["Return"].benchmark_tone) == (-1, 1)
    assert row["Exposure"].benchmark == "100.0\u00a0%"


def test_without_candles_nothing_stands_beside():
    assert not any(row.benchmark for row in verdict(make_result()).values())


def test_notes_name_the_periods_and_the_drawdown():
    row = verdict(make_result([11_000.0, 9_900.0, 12_000.0], step=DAY))
    assert row["Sharpe"].note == "daily, 365 a year"
    assert row["Max drawdown"].note == "2 d, 2023-03-01 to 2023-03-03"
    row = verdict(make_result([11_000.0, 9_900.0, 9_000.0], step=7 * DAY))
    assert row["Sharpe"].note == "per bar, 52.1429 a year"
    assert row["Max drawdown"].note == "14 d, since 2023-03-01"


def test_costs_say_what_is_not_told():
    fill = make_fill(opened=1.0)
    assert verdict(make_result(fills=(fill,)))["Slippage paid"].note == "not told by the broker"
    told = make_fill(opened=1.0, slippage=0.5, spread=0.25)
    row = verdict(make_result(fills=(told,)))
    assert (row["Slippage paid"].value, row["Slippage paid"].note) == ("0.50 USDT", "")
    assert row["Spread paid"].value == "0.25 USDT"
    assert row["Trades"].note == "1 still open"


def test_a_run_without_bars_has_all_rows_and_no_figures():
    row = verdict(make_result([]))
    assert {row[name].value for name in ("Return", "CAGR", "Sharpe", "Exposure")} == {"\u2013"}


def test_only_won_trades_are_said_to_have_no_loss():
    fills = (make_fill(opened=1.0), make_fill(closed=-1.0, at=1, pnl=3.0))
    assert verdict(make_result(fills=fills))["Profit factor"].note == "no losing trade"


@pytest.mark.parametrize(("value", "expected"), [(None, 0), (0.0, 0), (2.0, 1), (-2.0, -1)])
def test_tone(value, expected):
    assert tone(value) == expected
