"""Sums are those of math.fsum, to the bit."""

import math
import random
import struct

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cracktrader.cerebro.kernels.bars import Inexact
from cracktrader.cerebro.kernels.doubling import CHUNK
from cracktrader.cerebro.kernels.exact import row_sums, window_sums

ANY_SIZE = st.floats(min_value=-1e290, max_value=1e290)
SMALLEST = st.integers(-50, 50).map(lambda n: n * 5e-324)
HALVES = st.integers(-(2**53), 2**53).map(lambda n: n / 2)
CENTS = st.integers(1, 10**7).map(lambda n: n / 100)
# One and a little beside powers of two give ties, and near misses of ties.
POWERS = st.builds(
    lambda sign, power: sign * 2.0**power, st.sampled_from((1, -1)), st.integers(-120, 60)
)
CANCELING = st.sampled_from((1e16, -1e16, 1.0, -1.0, 2.0**-53, -(2.0**-53), 1e-30, 0.0, -0.0))
MIXED = st.one_of(ANY_SIZE, SMALLEST, HALVES, POWERS, CANCELING)
COLUMNS = st.one_of(
    *(st.lists(kind, min_size=1, max_size=80) for kind in (ANY_SIZE, SMALLEST, HALVES)),
    *(st.lists(kind, min_size=1, max_size=80) for kind in (CENTS, POWERS, CANCELING, MIXED)),
)


def bits(values):
    return [struct.pack("<d", value) for value in values]


def fsums(values, period):
    return [math.fsum(values[i : i + period]) for i in range(len(values) - period + 1)]


@settings(max_examples=400, deadline=None)
@given(values=COLUMNS, share=st.floats(0, 1))
@example(values=[1.0, 2.0**-53], share=1)
@example(values=[1.0, 2.0**-53, 2.0**-106], share=1)
@example(values=[1.0, 2.0**-53, -(2.0**-106)], share=1)
@example(values=[-0.0, -0.0], share=1)
@example(values=[1e16, 1.0, -1e16], share=1)
@example(values=[2.0**53, 1.0, 1.0, 1.0], share=0.6)
@example(values=[5e-324, -5e-324, 1e290], share=1)
def test_sums_of_windows(values, share):
    period = 1 + round(share * (len(values) - 1))
    with np.errstate(all="ignore"):
        sums = window_sums(np.array(values), period)
    assert bits(sums) == bits(fsums(values, period))


@settings(max_examples=300, deadline=None)
@given(values=COLUMNS, width=st.integers(1, 12))
@example(values=[1.0, 2.0**-53, 2.0**-106], width=1)
@example(values=[1e16, 1.0, -1e16], width=1)
def test_sums_of_columns(values, width):
    rows = np.array(values * width).reshape(len(values), width)
    with np.errstate(all="ignore"):
        sums = row_sums(rows)
    assert bits(sums) == bits(math.fsum(rows[:, i]) for i in range(width))


@pytest.mark.parametrize("kind", ["prices", "small units", "ties", "wide", "dust"])
def test_long_columns(kind):
    rng = random.Random(kind)  # noqa: S311
    make = {
        "prices": lambda: round(rng.gauss(30_000, 100), 2),
        "small units": lambda: rng.randint(0, 10**12) * 1e-8,
        "ties": lambda: rng.choice((1.0, 1 + 2.0**-52, 2.0**-53, 3 * 2.0**-53)),
        "wide": lambda: rng.gauss(0, 1) * 10 ** rng.randint(-20, 20),
        "dust": lambda: rng.choice((0.0, 0.0, 1e-17, -1e-17, 0.1 + 0.2 - 0.3)),
    }[kind]
    values = [make() for _ in range(CHUNK + 500)]
    for period in (2, 7, 30):
        assert bits(window_sums(np.array(values), period)) == bits(fsums(values, period))


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf, 1e308])
def test_what_fsum_treats_in_its_own_way_is_refused(bad):
    values = np.array([1.0, bad, 2.0])
    with pytest.raises(Inexact):
        window_sums(values, 2)
    with pytest.raises(Inexact):
        row_sums(values.reshape(3, 1))


def test_the_columns_given_are_left_as_they_are():
    rows = np.array([[0.1, 1e16], [0.2, 1.0], [-0.0, -1e16]])
    before = rows.copy()
    row_sums(rows)
    window_sums(rows.ravel(), 3)
    assert (rows == before).all()
