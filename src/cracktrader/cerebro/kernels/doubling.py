"""Something about every window of a column, joined from windows half as long."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from numpy.typing import NDArray

Block = tuple[NDArray[Any], ...]

# Bars worked on at a time, so that they stay in the processor's cache.
CHUNK: Final = 1 << 14


def slide(block: Block, period: int, join: Callable[[Block, Block], Block]) -> Block:
    """Join every *period* neighbours of *block*: the first result is of the first *period*.

    *join* gets the blocks of earlier and of as many later windows; it has to be associative.
    """
    count = len(block[0]) - period + 1
    total: Block = ()
    width = 1
    offset = 0
    while True:
        if period & width:
            piece = tuple(column[offset : offset + count] for column in block)
            total = join(total, piece) if total else piece
            offset += width
        if offset == period:
            return total
        block = join(
            tuple(column[:-width] for column in block),
            tuple(column[width:] for column in block),
        )
        width *= 2


def chunks(count: int) -> Iterator[tuple[int, int]]:
    """Yield the first and last+1 of the pieces of *count* results."""
    for first in range(0, count, CHUNK):
        yield first, min(first + CHUNK, count)
