"""Arithmetic and comparisons of lines, and lines shifted in time."""

import datetime as dt
import operator

import numpy as np
import pytest
from backtrader.linebuffer import LineNum, LineOwnOperation, LinesOperation
from tests.parity.two_runs import nasty_bars, real_bars
from tests.unit.cerebro.kernels.one_kernel import fill

BARS = real_bars(0, 50)
FEW = nasty_bars()["few values"]
OPERATIONS = [
    operator.add,
    operator.sub,
    operator.mul,
    operator.lt,
    operator.le,
    operator.gt,
    operator.ge,
    operator.eq,
    operator.ne,
]


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("bars", nasty_bars().values(), ids=nasty_bars())
def test_operations_on_two_lines(operation, bars):
    assert fill(lambda s: operation(s.data.close, s.data.open), bars).is_equal


@pytest.mark.parametrize(
    "operation", [*OPERATIONS, operator.truediv, operator.floordiv, operator.pow]
)
@pytest.mark.parametrize("constant", [2, 0.1, True, -3])
def test_operations_on_a_line_and_a_number(operation, constant):
    assert fill(lambda s: operation(s.data.close, constant), BARS).is_equal


@pytest.mark.parametrize("operation", [operator.add, operator.sub, operator.mul, operator.truediv])
def test_operations_on_a_number_and_a_line(operation):
    assert fill(lambda s: operation(3, s.data.close), BARS).is_equal


@pytest.mark.parametrize("operation", [operator.truediv, operator.floordiv, operator.pow])
def test_divisions_and_powers_of_two_lines(operation):
    assert fill(lambda s: operation(s.data.close, s.data.open / s.data.high), BARS).is_equal


@pytest.mark.parametrize("operation", [operator.abs, operator.neg, lambda x: x.__bool__()])
@pytest.mark.parametrize("bars", nasty_bars().values(), ids=nasty_bars())
def test_operations_on_one_line(operation, bars):
    assert fill(lambda s: operation(s.data.close), bars).is_equal


@pytest.mark.parametrize("ago", [0, -1, -7])
def test_lines_from_the_past(ago):
    assert fill(lambda s: s.data.close(ago), BARS).is_equal


@pytest.mark.parametrize("ago", [1, 7])
def test_lines_from_the_future(ago):
    assert fill(lambda s: s.data.close(ago), BARS, shift=ago).is_equal


def test_a_number_made_a_line():
    assert fill(lambda _: LineNum(3), BARS).is_equal


def zero(part):
    np.frombuffer(part.b.array)[-1] = 0.0


@pytest.mark.parametrize("operation", [operator.truediv, operator.floordiv])
def test_a_division_by_zero_is_left_to_backtrader(operation):
    assert fill(lambda s: operation(s.data.close, s.data.open), BARS, change=zero).is_untouched


def replace(**attributes):
    return lambda part: vars(part).update(attributes)


@pytest.mark.parametrize(
    "change",
    [
        replace(b=0),
        replace(b=2**53),
        replace(b=np.float64(2)),
        replace(operation=divmod),
        replace(operation=lambda a, b: a / b),
        replace(btime=True, b=dt.time(12)),
    ],
)
def test_other_operands_and_operations_are_left_to_backtrader(change):
    assert fill(lambda s: s.data.close / 2, BARS, change=change).is_untouched


def test_a_complex_power_is_left_to_backtrader():
    def negate(part):
        np.negative(np.frombuffer(part.a.array), out=np.frombuffer(part.a.array))

    assert fill(lambda s: s.data.close**0.5, BARS, change=negate).is_untouched


def test_another_function_of_one_line_is_left_to_backtrader():
    change = replace(operation=round)
    assert fill(lambda s: -s.data.close, BARS, change=change).is_untouched


class OwnSum(LinesOperation):
    def _once_op(self, start, end):
        """Somebody's own."""


class OwnOperation(LineOwnOperation):
    pass


def test_what_somebody_derived_is_left_to_them():
    assert fill(lambda s: OwnSum(s.data.close, s.data.open, operator.add), BARS).is_untouched
    assert fill(lambda s: OwnOperation(s.data.close, operator.neg), BARS).is_untouched


@pytest.mark.parametrize("ago", [-3, 3])
def test_reading_from_the_far_end_is_left_to_backtrader(ago):
    assert fill(lambda s: s.data.close(ago), BARS, start=0).is_untouched


@pytest.mark.parametrize("ago", [-1, 1])
def test_a_shift_by_no_whole_number_is_left_to_backtrader(ago):
    assert fill(lambda s: s.data.close(ago), BARS, change=replace(ago=1.5)).is_untouched


def test_reading_beyond_the_end_is_left_to_backtrader():
    assert fill(lambda s: s.data.close(-1), BARS, change=replace(ago=1)).is_untouched
