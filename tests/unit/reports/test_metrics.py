"""A run is measured as done by hand, and never with NaN or infinity."""

import dataclasses
import math

import backtrader as bt
import numpy as np
import pytest
from tests.unit.reports.runs import (
    START,
    Cross,
    make_candles,
    make_fill,
    make_instrument,
    make_order,
    make_result,
    run_strategy,
)

from cracktrader.domain.candle import Candles
from cracktrader.reports.metrics import buy_and_hold_curve, compute, trip_stats
from cracktrader.reports.result import RunResult


def trades(*profits, fee=0.0):
    """Fills of one trade for each gross profit, two minutes each, of 100 money at first."""
    fills = []
    for n, profit in enumerate(profits):
        fills.append(make_fill(opened=1.0, at=2 * n, fee=fee, order=2 * n + 1))
        fills.append(
            make_fill(
                closed=-1.0,
                at=2 * n + 1,
                price=100.0 + profit,
                pnl=profit,
                order=2 * n + 2,
                fee=fee,
            )
        )
    return tuple(fills)


def test_trades_are_counted_by_their_net_profit():
    stats = compute(make_result(fills=trades(30, -10, -10, 20, -5, fee=0.5))).trips
    assert (stats.count, stats.wins, stats.losses) == (5, 2, 3)
    assert stats.win_rate == 0.4
    assert stats.pnl == pytest.approx(20.0)
    assert stats.fees == pytest.approx(5.0)
    assert stats.profit_factor == pytest.approx((29 + 19) / (11 + 11 + 6))
    assert stats.expectancy == pytest.approx(4.0)
    assert (stats.best, stats.worst) == (pytest.approx(29.0), pytest.approx(-11.0))
    assert stats.average_win == pytest.approx(24.0)
    assert stats.average_loss == pytest.approx(-28 / 3)
    assert stats.longest_losing_streak == 2
    assert stats.average_return == pytest.approx(0.04)


def test_without_trades_nothing_is_said():
    stats = trip_stats([])
    assert stats.count == stats.longest_losing_streak == 0
    told = dataclasses.asdict(stats)
    assert all(told[name] is None for name in ("win_rate", "profit_factor", "sqn", "best"))


def test_without_a_loss_there_is_no_profit_factor():
    stats = compute(make_result(fills=trades(1, 2))).trips
    assert (stats.profit_factor, stats.average_loss) == (None, None)


def test_equal_trades_have_no_sqn():
    assert compute(make_result(fills=trades(1, 1))).trips.sqn is None
    assert compute(make_result(fills=trades(1))).trips.sqn is None


def test_trades_and_sqn_agree_with_backtrader_s_analyzers():
    def watch(cerebro):
        cerebro.addanalyzer(bt.analyzers.TradeAnalyzer, _name="trades")
        cerebro.addanalyzer(bt.analyzers.SQN, _name="sqn")
        cerebro.addanalyzer(bt.analyzers.DrawDown, _name="fall")

    strategy = run_strategy(Cross, bars=3000, prepare=watch)
    metrics = compute(RunResult.from_recorder(strategy.analyzers.recorder))
    theirs = strategy.analyzers.trades.get_analysis()
    assert metrics.trips.count == theirs.total.closed
    assert metrics.open_trips == theirs.total.open
    assert metrics.trips.wins == theirs.won.total
    assert metrics.trips.pnl == pytest.approx(theirs.pnl.net.total)
    assert metrics.trips.longest_losing_streak == theirs.streak.lost.longest
    assert metrics.trips.sqn == pytest.approx(strategy.analyzers.sqn.get_analysis().sqn)
    assert metrics.performance.max_drawdown == pytest.approx(
        -strategy.analyzers.fall.get_analysis().max.drawdown / 100
    )


def test_open_trips_are_counted_apart():
    metrics = compute(make_result(fills=(*trades(5), make_fill(opened=1.0, at=9))))
    assert (metrics.trips.count, metrics.open_trips) == (1, 1)


def test_exposure_is_the_share_of_bars_with_a_position():
    fills = (make_fill(opened=1.0, at=2, position=1.0), make_fill(closed=-1.0, at=5, position=0.0))
    metrics = compute(make_result([1e4] * 10, fills=fills))
    assert metrics.exposure == pytest.approx(0.3)


def test_dust_is_no_exposure_and_two_positions_count_once():
    fills = (
        make_fill(opened=1.0, at=2, position=1.0),
        make_fill(closed=-1.0, at=4, position=5e-17),
        make_fill(opened=1.0, at=3, position=-1.0, symbol="ETH/USDT"),
    )
    assert compute(make_result([1e4] * 4, fills=fills)).exposure == pytest.approx(0.5)


def test_no_fill_is_no_exposure_and_no_bar_is_none():
    assert compute(make_result()).exposure == 0.0
    assert compute(make_result([])).exposure is None


def test_costs_add_up():
    fills = (
        make_fill(opened=2.0, price=100.0, fee=0.2, slippage=0.1, spread=0.3),
        make_fill(closed=-2.0, price=110.0, fee=0.22, slippage=0.2, spread=0.0, at=1),
    )
    costs = compute(make_result([1e4, 1e4], fills=fills)).costs
    assert costs.fees == pytest.approx(0.42)
    assert costs.slippage == pytest.approx(0.3)
    assert costs.spread == pytest.approx(0.3)
    assert costs.traded == pytest.approx(420.0)
    assert costs.turnover == pytest.approx(0.042)


def test_a_part_of_the_slippage_is_not_told_as_the_whole():
    fills = (make_fill(opened=1.0, slippage=0.1), make_fill(closed=-1.0, at=1))
    assert compute(make_result(fills=fills)).costs.slippage is None


def test_a_ruined_account_has_no_turnover():
    assert compute(make_result([-5.0, -5.0])).costs.turnover is None


def test_buy_and_hold_follows_the_price():
    result = make_result([1e4] * 3, instruments=(make_instrument((100.0, 150.0, 120.0)),))
    held = buy_and_hold_curve(result)
    assert held is not None
    assert held.value.tolist() == [10_000.0, 15_000.0, 12_000.0]
    assert compute(result).buy_and_hold.max_drawdown == pytest.approx(-0.2)


def test_buy_and_hold_splits_between_markets_and_counts_each_once():
    instruments = (
        make_instrument((100.0, 200.0)),
        make_instrument((100.0, 200.0), symbol="BTC/USDT 1h"),
        make_instrument((50.0, 50.0), symbol="ETH/USDT", market="ETH/USDT"),
    )
    held = buy_and_hold_curve(make_result([1e4, 1e4], instruments=instruments))
    assert held is not None
    assert held.value.tolist() == [10_000.0, 15_000.0]


def test_a_market_that_begins_later_is_cash_until_then():
    late = make_candles((50.0, 100.0))
    late = Candles.from_arrays(
        late.timestamp + 120_000, late.open, late.high, late.low, late.close, late.volume
    )
    result = make_result([1e4] * 4, instruments=(make_instrument(candles=late),))
    held = buy_and_hold_curve(result)
    assert held is not None
    assert held.value.tolist() == [10_000.0, 10_000.0, 10_000.0, 20_000.0]


def test_a_market_without_a_usable_price_stays_cash():
    result = make_result([1e4] * 3, instruments=(make_instrument((0.0, np.nan, 0.0)),))
    held = buy_and_hold_curve(result)
    assert held is not None
    assert held.value.tolist() == [10_000.0] * 3


def test_where_a_price_is_missing_the_last_value_stands():
    result = make_result([np.nan, 11_000.0, np.nan], instruments=(make_instrument((1.0, np.nan)),))
    assert compute(result).performance.end_value == 11_000.0
    held = buy_and_hold_curve(result)
    assert held is not None
    assert held.value.tolist() == [10_000.0] * 3


@pytest.mark.parametrize("known", [{"instruments": (make_instrument(candles=Candles()),)}, {}])
def test_without_candles_there_is_no_buy_and_hold(known):
    assert compute(make_result(**known)).buy_and_hold is None


def test_trades_are_grouped_by_symbol_side_and_exit():
    fills = (
        make_fill(opened=1.0, at=1),
        make_fill(closed=-1.0, at=2, pnl=5.0, order=2),
        make_fill(opened=-1.0, at=3, symbol="ETH/USDT", order=3),
        make_fill(closed=1.0, at=4, symbol="ETH/USDT", pnl=-2.0, order=4),
    )
    orders = (make_order(2, type="Limit", parent=1), make_order(4, type="Stop"))
    metrics = compute(make_result(fills=fills, orders=orders))
    assert {name: stats.pnl for name, stats in metrics.by_symbol.items()} == {
        "BTC/USDT": 5.0,
        "ETH/USDT": -2.0,
    }
    assert list(metrics.by_side) == ["long", "short"]
    assert list(metrics.by_exit) == ["stop", "take profit"]


def numbers_in(value):
    if dataclasses.is_dataclass(value):
        value = dataclasses.asdict(value)
    if isinstance(value, dict):
        for item in value.values():
            yield from numbers_in(item)
    elif isinstance(value, float):
        yield value


@pytest.mark.parametrize(
    "result",
    [
        make_result([]),
        make_result([1e4]),
        make_result([0.0, 0.0]),
        make_result([-1.0, 5.0, -3.0]),
        make_result([1e4] * 3, start_value=0.0),
        make_result([1e100, 1e-100], step=86_400_000),
        make_result([np.nan, 1e4, np.nan]),
        make_result(fills=trades(0, 0)),
        make_result(instruments=(make_instrument((np.nan, np.nan)),)),
    ],
)
def test_no_figure_is_nan_or_infinite(result):
    assert all(math.isfinite(number) for number in numbers_in(compute(result)))


def test_the_daily_curve_of_a_real_run_ends_where_the_account_does(result):
    metrics = compute(result)
    assert metrics.performance.end_value == result.equity.value[-1]
    assert metrics.performance.start_value == 10_000.0
    assert result.equity.timestamp[0] == START
