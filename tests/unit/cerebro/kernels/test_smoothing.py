"""Running sums and exponential averages."""

import backtrader as bt
import numpy as np
import pytest
from tests.parity.two_runs import nasty_bars, real_bars
from tests.unit.cerebro.kernels.one_kernel import fill

BARS = {**nasty_bars(), "many": real_bars(0, 5_000)}


class Adaptive(bt.ind.ExponentialSmoothingDynamic):
    """Exponential smoothing with an alpha that is a line."""

    def __init__(self):
        self.p.alpha = self.data.open / 1e6
        super().__init__()
        self.alpha1 = 1.0 - self.alpha


@pytest.mark.parametrize("name", BARS)
def test_running_sums(name):
    assert fill(lambda s: bt.ind.Accum(s.data), BARS[name]).is_equal


@pytest.mark.parametrize("name", BARS)
@pytest.mark.parametrize("cls", [bt.ind.ExponentialSmoothing, Adaptive])
def test_exponential_averages(cls, name):
    assert fill(lambda s: cls(s.data, period=4), BARS[name]).is_equal


@pytest.mark.parametrize("alpha", [0.5, 1, 0, True])
def test_alpha_is_any_plain_number(alpha):
    def build(strategy):
        return bt.ind.ExponentialSmoothing(strategy.data, period=3, alpha=alpha)

    assert fill(build, BARS["real"]).is_equal


def test_other_alphas_are_left_to_backtrader():
    def build(strategy):
        return bt.ind.ExponentialSmoothing(strategy.data, period=3, alpha=np.float64(0.5))

    assert fill(build, BARS["real"]).is_untouched


@pytest.mark.parametrize("cls", [bt.ind.Accum, bt.ind.ExponentialSmoothing, Adaptive])
def test_going_on_from_the_far_end_is_left_to_backtrader(cls):
    assert fill(lambda s: cls(s.data), BARS["real"], start=0).is_untouched
