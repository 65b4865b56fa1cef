"""Windows joined from windows half as long."""

import numpy as np
import pytest

from cracktrader.cerebro.kernels.doubling import CHUNK, chunks, slide


def as_text(one, other):
    return (np.char.add(one[0], other[0]),)


@pytest.mark.parametrize("period", range(1, 27))
def test_each_window_is_joined_once_and_in_order(period):
    letters = "abcdefghijklmnopqrstuvwxyz"
    (joined,) = slide((np.array(list(letters)),), period, as_text)
    assert joined.tolist() == [letters[i : i + period] for i in range(27 - period)]


def test_columns_of_a_block_are_joined_together():
    def sums(one, other):
        return one[0] + other[0], one[1] * other[1]

    first, second = slide((np.arange(5), np.arange(5)), 3, sums)
    assert first.tolist() == [3, 6, 9]
    assert second.tolist() == [0, 6, 24]


@pytest.mark.parametrize("count", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_chunks_cover_all_results_once(count):
    assert [i for first, last in chunks(count) for i in range(first, last)] == list(range(count))
