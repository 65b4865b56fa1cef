"""The bars of one call, and what is read over them."""

from array import array
from types import SimpleNamespace

import numpy as np
import pytest
from backtrader.linebuffer import PseudoArray

from cracktrader.cerebro.kernels.bars import Bars, Inexact, kernel, number, pieces, window


def line(values, kind="d"):
    return SimpleNamespace(array=array(kind, values))


def part(count):
    return SimpleNamespace(lines=[line([0.0] * count)])


SOURCE = line([10, 11, 12, 13, 14])


@pytest.mark.parametrize(
    ("ago", "before", "expected"),
    [(0, 0, [12, 13]), (-2, 0, [10, 11]), (1, 0, [13, 14]), (0, 2, [10, 11, 12, 13])],
)
def test_a_line_is_read_over_the_bars(ago, before, expected):
    bars = Bars(array("d", [0] * 4), 2, 4)
    assert bars.column(SOURCE, ago=ago, before=before).tolist() == expected
    assert len(bars) == 2


@pytest.mark.parametrize(
    ("source", "ago", "before"),
    [
        (SOURCE, -3, 0),  # Backtrader reads from the far end there
        (SOURCE, 0, 3),
        (SOURCE, 2, 0),
        (line([1, 2, 3]), 0, 0),
        (line([1, 2, 3, 4, 5], kind="f"), 0, 0),
        (SimpleNamespace(array=[1.0, 2.0, 3.0, 4.0]), 0, 0),
        (3.0, 0, 0),
    ],
)
def test_what_is_not_there_is_refused(source, ago, before):
    bars = Bars(array("d", [0] * 4), 2, 4)
    with pytest.raises(Inexact):
        bars.column(source, ago=ago, before=before)


def test_a_line_is_not_read_while_it_is_written():
    target = array("d", [0] * 4)
    with pytest.raises(Inexact):
        Bars(target, 2, 4).column(SimpleNamespace(array=target))


@pytest.mark.parametrize(
    ("target", "start", "end"),
    [
        (array("d", [0] * 4), 2, 5),
        (array("d", [0] * 4), -1, 3),
        (array("d", [0] * 4), 2, 2),
        (array("d", [0] * 4), 3, 2),
        (array("f", [0] * 4), 2, 4),
        ([0.0] * 4, 2, 4),
    ],
)
def test_bars_outside_of_the_line_are_refused(target, start, end):
    with pytest.raises(Inexact):
        Bars(target, start, end)


def test_the_value_before_the_first_bar():
    assert Bars(array("d", [5, 6, 7]), 1, 3).previous() == 5
    with pytest.raises(Inexact):
        Bars(array("d", [5, 6, 7]), 0, 3).previous()


def test_an_operand_may_be_a_number_that_backtrader_wrapped():
    bars = Bars(array("d", [0] * 4), 2, 4)
    assert bars.operand(PseudoArray(3)) == 3.0
    assert bars.operand(SOURCE).tolist() == [12, 13]
    with pytest.raises(Inexact):
        bars.operand(PseudoArray("3"))


@pytest.mark.parametrize("value", [1.5, 3, True, -(2**53) + 1, -0.0])
def test_plain_numbers_are_taken(value):
    taken = number(value)
    assert type(taken) is float
    assert taken == value


@pytest.mark.parametrize("value", [2**53, -(2**53), np.float64(1), np.int64(1), 1j, "1", None])
def test_other_numbers_are_refused(value):
    with pytest.raises(Inexact):
        number(value)


@pytest.mark.parametrize("value", [0, -1, True, 2.0, None])
def test_a_window_has_at_least_a_bar(value):
    with pytest.raises(Inexact):
        window(value)
    assert window(3) == 3


def test_a_kernel_writes_what_its_formula_returns():
    target = part(4)
    assert kernel(lambda _, bars: np.full(len(bars), 2.0))(target, 1, 3)
    assert target.lines[0].array.tolist() == [0, 2, 2, 0]
    target.lines[0].array.append(1.0)  # nothing holds on to it


def test_a_kernel_writes_nothing_when_its_formula_refuses():
    @kernel
    def refusing(*_):
        raise Inexact

    target = part(4)
    assert not refusing(target, 1, 3)
    assert not refusing(target, 1, 5)
    assert target.lines[0].array.tolist() == [0] * 4


def test_a_kernel_is_silent_about_floats():
    assert kernel(lambda *_: np.array([1.0, 0.0]) / 0.0)(part(2), 0, 2)


@pytest.mark.parametrize("count", [0, 1, 4096, 4097, 10_000])
def test_pieces_cover_all_bars_once(count):
    numbers = list(range(count))
    assert [i for piece in pieces(count) for i in numbers[piece]] == numbers
