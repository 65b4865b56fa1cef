"""Choices between lines."""

import functools

import backtrader as bt
import numpy as np
import pytest
from backtrader import functions
from tests.parity.two_runs import nasty_bars
from tests.unit.cerebro.kernels.one_kernel import fill

BARS = nasty_bars()
CALM = [name for name in BARS if name not in {"not numbers", "infinities"}]
LOGIC = [bt.ind.And, bt.ind.Or, bt.ind.Max, bt.ind.Min, functions.Any, bt.ind.All]


@pytest.mark.parametrize("cls", LOGIC)
@pytest.mark.parametrize("name", BARS)
@pytest.mark.parametrize("extra", [(), (1,), (0.0, -2)])
def test_logic_of_lines_and_numbers(cls, name, extra):
    assert fill(lambda s: cls(s.data.close, s.data.open, *extra), BARS[name]).is_equal
    assert fill(lambda s: cls(s.data.close, *extra), BARS[name]).is_equal


@pytest.mark.parametrize("name", CALM)
def test_sums(name):
    assert fill(lambda s: bt.ind.Sum(s.data.close, s.data.open, 1, s.data.low), BARS[name]).is_equal


def test_a_sum_with_infinities_is_left_to_backtrader():
    def spoil(part):
        np.frombuffer(part.args[0].array)[-1] = np.inf

    filled = fill(lambda s: bt.ind.Sum(s.data.close, s.data.open), BARS["real"], change=spoil)
    assert filled.is_untouched


@pytest.mark.parametrize("name", BARS)
def test_choices(name):
    builds = [
        lambda s: bt.ind.If(s.data.close, s.data.open, 2),
        lambda s: bt.ind.If(1, s.data.open, s.data.close),
        lambda s: bt.ind.Cmp(s.data.close, s.data.open),
        lambda s: bt.ind.Cmp(s.data.close, 1),
        lambda s: bt.ind.CmpEx(s.data.close, s.data.open, s.data.low, 0, s.data.high),
        lambda s: bt.ind.DivByZero(s.data.close, s.data.open, zero=-1),
        lambda s: bt.ind.DivZeroByZero(s.data.close, s.data.open),
        lambda s: bt.ind.DivZeroByZero(s.data.close, s.data.open, single=3, dual=-0.0),
    ]
    for build in builds:
        assert fill(build, BARS[name]).is_equal


@pytest.mark.parametrize(
    "build",
    [
        lambda s: bt.ind.Reduce(max, s.data.close, s.data.open),
        lambda s: bt.ind.If(s.data.close, s.data.open, np.float64(2)),
        lambda s: bt.ind.Max(s.data.close, 2**53),
    ],
)
def test_what_is_not_known_is_left_to_backtrader(build):
    assert fill(build, BARS["real"]).is_untouched


def test_somebodys_own_logic_is_left_to_them():
    def change(part):
        part.flogic = sum

    assert fill(lambda s: bt.ind.Max(s.data.close), BARS["real"], change=change).is_untouched


def test_a_reduction_from_a_first_value_is_left_to_backtrader():
    def change(part):
        part.flogic = functools.partial(functools.reduce, part.flogic.args[0], initial=1)

    assert fill(lambda s: bt.ind.And(s.data.close, 1), BARS["real"], change=change).is_untouched
