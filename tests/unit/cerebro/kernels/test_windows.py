"""What is computed from the last bars."""

import backtrader as bt
import numpy as np
import pytest
from tests.parity.two_runs import nasty_bars, real_bars
from tests.unit.cerebro.kernels.one_kernel import fill

BARS = nasty_bars()
CALM = [name for name in BARS if name not in {"not numbers", "infinities"}]
WINDOWS = [
    bt.ind.Average,
    bt.ind.Highest,
    bt.ind.Lowest,
    bt.ind.SumN,
    bt.ind.AnyN,
    bt.ind.AllN,
    bt.ind.FindFirstIndexHighest,
    bt.ind.FindFirstIndexLowest,
    bt.ind.FindLastIndexHighest,
    bt.ind.FindLastIndexLowest,
    bt.ind.PercentRank,
]
PERIODS = [1, 2, 3, 13, 64]


@pytest.mark.parametrize("cls", WINDOWS)
@pytest.mark.parametrize("name", CALM)
def test_windows(cls, name):
    for period in PERIODS:
        filled = fill(lambda s, period=period: cls(s.data, period=period), BARS[name])
        if name != "tiny and huge" or filled.done:
            assert filled.is_equal


@pytest.mark.parametrize("cls", [bt.ind.AnyN, bt.ind.AllN, bt.ind.PercentRank])
def test_windows_that_take_what_is_no_number(cls):
    assert fill(lambda s: cls(s.data, period=5), BARS["not numbers"]).is_equal


@pytest.mark.parametrize("cls", [bt.ind.Average, bt.ind.SumN, bt.ind.Highest, bt.ind.Lowest])
def test_others_leave_it_to_backtrader(cls):
    assert fill(lambda s: cls(s.data, period=5), BARS["not numbers"]).is_untouched


@pytest.mark.parametrize("cls", WINDOWS)
def test_many_bars(cls):
    assert fill(lambda s: cls(s.data, period=30), real_bars(0, 17_000)).is_equal


def weighted(weights, **params):
    def build(strategy):
        return bt.ind.WeightedAverage(strategy.data, weights=weights, **params)

    return build


@pytest.mark.parametrize("name", CALM)
@pytest.mark.parametrize("weights", [(1,), (0.1, 0.2), (3, 2.5, -1), [0, 1, 2, 3, 4]])
def test_weighted_averages(name, weights):
    filled = fill(weighted(weights, period=len(weights), coef=0.3), BARS[name])
    if name != "tiny and huge" or filled.done:
        assert filled.is_equal


def test_a_weighted_average_of_many_bars():
    weights = tuple(range(1, 31))
    assert fill(weighted(weights, period=30, coef=2), real_bars(0, 6_000)).is_equal


@pytest.mark.parametrize(
    ("weights", "params"),
    [
        ((1.0, 2.0), {"period": 3}),
        (np.ones(3), {"period": 3}),
        ((1.0, None, 2.0), {"period": 3, "coef": 1.0}),
        ((1.0, 1.0, 1.0), {"period": 3, "coef": np.float64(2)}),
    ],
)
def test_odd_weights_are_left_to_backtrader(weights, params):
    def change(part):
        part.p.weights = weights

    build = weighted((1.0,) * params["period"], **params)
    assert fill(build, BARS["real"], change=change).is_untouched


@pytest.mark.parametrize(
    "build",
    [
        lambda s: bt.ind.ReduceN(s.data, max, period=3),
        lambda s: bt.ind.ApplyN(s.data, period=3, func=sum),
        lambda s: bt.ind.FindFirstIndex(s.data, period=3, _evalfunc=lambda x: x[0]),
    ],
)
def test_other_functions_are_left_to_backtrader(build):
    assert fill(build, BARS["real"]).is_untouched


@pytest.mark.parametrize("start", [0, 1, 3])
def test_windows_that_begin_before_the_first_bar_are_left_to_backtrader(start):
    assert fill(lambda s: bt.ind.Highest(s.data, period=5), BARS["real"], start=start).is_untouched


def test_a_window_of_no_bars_is_left_to_backtrader():
    def change(part):
        part.p.period = 0

    for cls in (bt.ind.Average, bt.ind.Highest):
        filled = fill(lambda s, cls=cls: cls(s.data, period=3), BARS["real"], change=change)
        assert filled.is_untouched
