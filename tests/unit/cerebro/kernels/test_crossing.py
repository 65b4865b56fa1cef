"""The difference that CrossOver looks back at."""

import backtrader as bt
import pytest
from tests.parity.two_runs import nasty_bars
from tests.unit.cerebro.kernels.one_kernel import fill

BARS = nasty_bars()


def build(strategy):
    return bt.ind.NonZeroDifference(strategy.data.close, strategy.data.open)


@pytest.mark.parametrize("name", BARS)
def test_zeros_are_skipped(name):
    assert fill(build, BARS[name]).is_equal


def test_a_zero_at_the_start_takes_the_value_before():
    bars = [(1.0, 1.0, 1.0, 4.0, 0.0), *[(2.0, 2.0, 2.0, 2.0, 0.0)] * 4]
    assert fill(build, bars).ours.tolist() == [3.0] * 4


def test_going_on_from_the_far_end_is_left_to_backtrader():
    assert fill(build, BARS["real"], start=0).is_untouched


def test_differences_without_zeros():
    bars = [(1.0, 3.0, 0.5, 2.0, 0.0), (2.0, 3.0, 0.5, 1.0, 0.0), (1.0, 3.0, 0.5, 4.0, 0.0)]
    assert fill(build, bars).ours.tolist() == [-1.0, 3.0]
