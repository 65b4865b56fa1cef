"""Sums rounded exactly as `math.fsum` rounds them, many at a time.

Backtrader's averages are ``math.fsum(window) / period``: the exact sum, rounded once, to even
in a tie. Here a sum is carried as an unevaluated pair of floats, *high* + *low* ("double
double"). Two floats add up to ``s = a + b`` and an error that is itself a float and costs five
more operations (TwoSum: Knuth, The Art of Computer Programming 2, 4.2.2), or two if a is the
larger (Dekker, A floating-point technique for extending the available precision, 1971). Only
the errors of errors are lost.

How much is lost: the terms are at most M in size, so no sum of n of them exceeds S = n M. An
error is at most S / 2**53, and adding it to others rounds it by at most S / 2**105 or so; so
does Dekker's way, where the terms cancel out and *low* is the larger. After k such roundings
*high* + *low* is within ``k * S / 2**102`` of the exact sum, with room to spare. When shifting
*low* by that much to either side does not change ``high + low``, then *high* is the exact sum,
correctly rounded, for rounding is monotonic. Otherwise the exact sum lies close to the middle
between two floats (or the terms cancel out), and `math.fsum` itself decides (Shewchuk,
Adaptive precision floating-point arithmetic, 1997).

Ties are common in prices, which are all multiples of the same unit u (the last place of the
smallest). But then so are all errors, and what is a multiple of u and at most 2**53 u is a
float: with k S <= m 2**50, where m is the smallest term, nothing is lost anywhere, *high* +
*low* is the exact sum, and the hardware has rounded it, ties to even. Underflow is no trouble,
as sums of floats are multiples of the smallest float.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cracktrader.cerebro.kernels.bars import Column, Inexact
from cracktrader.cerebro.kernels.doubling import Block, chunks, slide

_LARGEST_SUM: Final = 2.0**1000
_LOST: Final = 2.0**-102
_EXACT: Final = 2.0**50


def window_sums(values: Column, period: int) -> Column:
    """Return ``math.fsum(values[i : i + period])`` for every i.

    Raises:
        Inexact: if a value is not finite, or so large that a sum might not be.
    """
    sums = np.empty(len(values) - period + 1)
    for first, last in chunks(len(sums)):
        part = values[first : last + period - 1]
        # A value goes through two joins for each bit of the period.
        error = _error(part, period, roundings=2 * period.bit_length())
        high, *low = slide((part,), period, _join)
        piece = sums[first:last]
        piece[:] = high
        if low and error:
            for i in _doubtful(high, low[0], error):
                piece[i] = math.fsum(part[i : i + period].tolist())
    # fsum never returns a negative zero.
    return sums + 0.0


def row_sums(rows: NDArray[np.float64]) -> Column:
    """Return ``math.fsum(rows[:, i])`` for every i.

    Raises:
        Inexact: if a value is not finite, or so large that a sum might not be.
    """
    error = _error(rows, len(rows), roundings=2 * len(rows))
    total: Block = (rows[0],)
    for row in rows[1:]:
        total = _join(total, (row,))
    high, *low = total
    if low and error:
        for i in _doubtful(high, low[0], error):
            high[i] = math.fsum(rows[:, i].tolist())
    return high + 0.0


def _error(terms: NDArray[np.float64], count: int, *, roundings: int) -> float:
    """Return how far a pair may be from the exact sum of *count* terms."""
    sizes = np.abs(terms)
    largest = float(sizes.max())
    limit = count * largest
    if not limit < _LARGEST_SUM:  # nor if it is not a number
        raise Inexact
    smallest = float(sizes.min()) or float(sizes.min(where=sizes > 0, initial=largest))
    return 0.0 if roundings * limit <= smallest * _EXACT else roundings * limit * _LOST


def _join(one: Block, other: Block) -> Block:
    """Add pairs, or floats, which are pairs without a *low*."""
    (a, *a_low), (b, *b_low) = one, other
    total = a + b
    b_part = total - a
    low = total - b_part
    np.subtract(a, low, out=low)
    np.subtract(b, b_part, out=b_part)
    low += b_part
    if not a_low and not b_low:
        return total, low
    for rest in (*a_low, *b_low):
        low += rest
    high = total + low
    np.subtract(high, total, out=total)
    low -= total
    return high, low


def _doubtful(high: Column, low: Column, error: float) -> list[int]:
    moved = (high + (low - error) != high) | (high + (low + error) != high)
    found: list[int] = np.flatnonzero(moved).tolist()
    return found
