"""Ratios agree with an independent implementation and with cases done by hand."""

import warnings

import numpy as np
import pytest
from tests.unit.reports.runs import DAY, HOUR, START

from cracktrader.reports.returns import (
    Curve,
    cagr,
    daily_values,
    drawdown,
    longest_under_water_ms,
    monthly_returns,
    performance,
    period_returns,
    sharpe,
    sortino,
)

# It warns about libraries of its own that are not installed.
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import empyrical


def curve(values, *, step=DAY, start=START, start_value=100.0, names_close=False):
    values = np.array(values, dtype=np.float64)
    stamps = start + np.arange(len(values), dtype=np.int64) * step
    return Curve(timestamp=stamps, value=values, start_value=start_value, names_close=names_close)


def random_returns(seed, count=400):
    return np.random.default_rng(seed).normal(0.001, 0.03, count)


@pytest.mark.parametrize("seed", range(8))
def test_ratios_agree_with_empyrical(seed):
    returns = random_returns(seed)
    measured = performance(curve(100.0 * np.cumprod(1 + returns)))
    assert measured.sharpe == pytest.approx(empyrical.sharpe_ratio(returns, annualization=365))
    assert measured.sortino == pytest.approx(empyrical.sortino_ratio(returns, annualization=365))
    assert measured.cagr == pytest.approx(empyrical.cagr(returns, annualization=365))
    assert measured.calmar == pytest.approx(empyrical.calmar_ratio(returns, annualization=365))
    assert measured.max_drawdown == pytest.approx(empyrical.max_drawdown(returns))
    assert measured.volatility == pytest.approx(
        empyrical.annual_volatility(returns, annualization=365)
    )
    assert measured.return_ == pytest.approx(empyrical.cum_returns_final(returns))


@pytest.mark.parametrize("seed", range(4))
def test_hours_are_gathered_into_days(seed):
    hourly = random_returns(seed, 24 * 60) / 5
    daily = np.prod((1 + hourly).reshape(60, 24), axis=1) - 1
    measured = performance(curve(100.0 * np.cumprod(1 + hourly), step=HOUR))
    assert measured.sharpe == pytest.approx(empyrical.sharpe_ratio(daily, annualization=365))
    assert measured.sortino == pytest.approx(empyrical.sortino_ratio(daily, annualization=365))
    assert (measured.days, measured.periods_per_year) == (60, 365.0)


def test_a_bar_that_closes_at_midnight_belongs_to_the_day_before():
    values = [100.0 + n for n in range(1, 25)] + [200.0]
    by_close = curve(values, step=HOUR, start=START + HOUR, names_close=True)
    assert daily_values(by_close)[1].tolist() == [124.0, 200.0]
    by_open = curve(values, step=HOUR, start=START)
    assert daily_values(by_open)[1].tolist() == [124.0, 200.0]


def test_a_day_without_bars_is_a_day_without_change():
    gapped = Curve(
        timestamp=np.array([START, START + 3 * DAY]),
        value=np.array([110.0, 121.0]),
        start_value=100.0,
    )
    assert daily_values(gapped)[1].tolist() == [110.0, 110.0, 110.0, 121.0]
    returns, _ = period_returns(
        Curve(
            timestamp=START + np.array([0, 1, 2, 3, 6, 7]) * DAY,
            value=np.full(6, 110.0),
            start_value=100.0,
        )
    )
    assert len(returns) == 8


def test_bars_longer_than_a_day_are_not_cut_into_days():
    returns, periods = period_returns(curve([110.0, 99.0], step=7 * DAY))
    assert returns == pytest.approx([0.1, -0.1])
    assert periods == pytest.approx(365 / 7)


def test_growth_per_year_counts_the_time_of_the_last_bar_too():
    assert cagr(curve([100.0] * 364 + [121.0])) == pytest.approx(0.21)
    assert cagr(curve([121.0] * 730)) == pytest.approx(0.1)


@pytest.mark.parametrize(
    "unusable",
    [
        curve([]),
        curve([101.0, 102.0], step=HOUR),
        curve([50.0, -1.0]),
        curve([50.0, 40.0], start_value=0.0),
        curve([1e6, 1e9]),
    ],
    ids=["empty", "an hour", "ruin", "nothing to start with", "absurd"],
)
def test_growth_per_year_is_undefined(unusable):
    assert cagr(unusable) is None


def test_a_drawdown_is_told_with_its_dates():
    fall = drawdown(curve([100, 120, 90, 110, 120, 115, 130]))
    assert fall is not None
    assert fall.depth == pytest.approx(-0.25)
    assert (fall.peak, fall.trough, fall.recovery) == (
        START + DAY,
        START + 2 * DAY,
        START + 4 * DAY,
    )
    assert fall.length_ms == 3 * DAY


def test_a_drawdown_may_never_recover():
    fall = drawdown(curve([120, 60, 90]))
    assert fall is not None
    assert fall.recovery is None
    assert fall.length_ms == 2 * DAY


def test_the_first_bar_may_already_be_a_loss():
    fall = drawdown(curve([80.0, 90.0]))
    assert fall is not None
    assert fall.depth == pytest.approx(-0.2)
    assert fall.peak == START


@pytest.mark.parametrize("values", [[], [100.0, 110.0, 110.0]])
def test_what_never_falls_has_no_drawdown(values):
    assert drawdown(curve(values)) is None
    assert longest_under_water_ms(curve(values)) == 0


@pytest.mark.parametrize(
    ("values", "days"),
    [
        ([100, 90, 101, 95, 94, 93, 102], 4),
        ([100, 90, 95, 96, 101, 100], 4),
        ([100, 99, 100, 99, 98, 97], 3),
        ([100, 99], 1),
        ([90], 0),
    ],
)
def test_the_longest_time_under_water(values, days):
    assert longest_under_water_ms(curve(values)) == days * DAY


def test_monthly_returns_multiply_to_the_whole():
    values = 100.0 * np.cumprod(1 + random_returns(3, 120))
    monthly = monthly_returns(curve(values))
    assert list(monthly) == [(2023, 3), (2023, 4), (2023, 5), (2023, 6)]
    assert np.prod([1 + value for value in monthly.values()]) == pytest.approx(values[-1] / 100)
    assert monthly[2023, 3] == pytest.approx(values[30] / 100 - 1)


@pytest.mark.parametrize("lost", [curve([]), curve([10.0, -5.0]), curve([1.0], start_value=0.0)])
def test_without_money_there_are_no_returns(lost):
    assert monthly_returns(lost) == {}
    assert not len(period_returns(lost)[0])
    measured = performance(lost)
    assert (measured.sharpe, measured.sortino, measured.volatility) == (None, None, None)


@pytest.mark.parametrize("returns", [[], [0.01], [0.01, 0.01, 0.01], [0.0, 0.0]])
def test_sharpe_is_undefined_without_variation(returns):
    assert sharpe(np.array(returns), 365.0) is None


@pytest.mark.parametrize("returns", [[], [-0.01], [0.01, 0.02]])
def test_sortino_is_undefined_without_a_loss(returns):
    assert sortino(np.array(returns), 365.0) is None


def test_an_empty_curve_is_worth_what_it_started_with():
    measured = performance(curve([]))
    assert (measured.end_value, measured.profit) == (100.0, 0.0)
    assert (measured.return_, measured.max_drawdown, measured.best_day) == (None, None, None)


def test_a_flat_curve_has_neither_ratio_nor_drawdown():
    measured = performance(curve([100.0] * 10))
    assert (measured.return_, measured.cagr, measured.max_drawdown) == (0.0, 0.0, 0.0)
    assert (measured.sharpe, measured.calmar) == (None, None)
