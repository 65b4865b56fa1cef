"""Public trades drawn from a seed so that they rebuild a given candle exactly."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from cracktrader.domain.candle import Candle, Candles
from cracktrader.domain.market import to_decimal
from cracktrader.domain.timeframe import Timeframe

_FEWEST: Final = 4  # open, high, low and close may need a trade each
_SPREAD: Final = 13
_MINUTE_MS: Final = 60_000
_MOST_PER_MINUTE_RATIO: Final = 60
_MASK: Final = (1 << 64) - 1

_Bits = TypeVar("_Bits", int, npt.NDArray[np.integer[Any]])


class Tick(NamedTuple):
    """A public trade inside a candle."""

    id: int
    timestamp: int
    price: Decimal
    amount: Decimal
    is_buyer_maker: bool


def mixed(*numbers: int) -> int:
    """Return 64 well-mixed bits that depend on every one of *numbers* (splitmix64)."""
    state = 0
    for number in numbers:
        state = _scramble((state + (number & _MASK) + 0x9E3779B97F4A7C15) & _MASK)
    return state


def tick_counts(candles: Candles, timeframe: Timeframe, *, seed: int) -> npt.NDArray[np.int64]:
    """Return how many trades each candle is made of: none without volume, else at least four."""
    per_minute = min(max(timeframe.duration_ms // _MINUTE_MS, 1), _MOST_PER_MINUTE_RATIO)
    bits = _scramble(candles.timestamp.astype(np.uint64) ^ np.uint64(mixed(seed)))
    counts = (_FEWEST + (bits % np.uint64(_SPREAD)).astype(np.int64)) * per_minute
    return np.where(candles.volume > 0, counts, 0).astype(np.int64)


def draw_ticks(
    candle: Candle, *, duration_ms: int, count: int, first_id: int, seed: int
) -> tuple[Tick, ...]:
    """Draw *count* trades whose first, highest, lowest, last price and sum are those of *candle*.

    The same arguments always give the same trades. *count* is 0 or at least 4.
    """
    if count == 0:
        return ()
    # Not for secrets: the same seed must give the same market on every machine.
    rng = random.Random(mixed(seed, candle.timestamp, count))  # noqa: S311
    stamps = sorted(candle.timestamp + int(rng.random() * duration_ms) for _ in range(count))
    prices = _prices(candle, count, rng)
    amounts = _amounts(to_decimal(candle.volume), count, rng)
    sides = _sides(prices, rng)
    ids = range(first_id, first_id + count)
    return tuple(map(Tick._make, zip(ids, stamps, prices, amounts, sides, strict=True)))


def _prices(candle: Candle, count: int, rng: random.Random) -> list[Decimal]:
    values = [to_decimal(price) for price in candle[1:5]]
    exponent = min(_exponent(value) for value in values)
    unit = Decimal(1).scaleb(exponent)
    opened, high, low, closed = (int(value / unit) for value in values)
    turn, other = sorted(rng.sample(range(1, count - 1), 2))
    # A candle that rose more often dipped first, and the other way round.
    rises = (closed >= opened) != (rng.random() < 0.3)
    first, second = (low, high) if rises else (high, low)
    anchors = [(0, opened), (turn, first), (other, second), (count - 1, closed)]
    path = [*_between(anchors, (low, high), rng), closed]
    return [Decimal(step).scaleb(exponent) for step in path]


def _between(
    anchors: Sequence[tuple[int, int]], bounds: tuple[int, int], rng: random.Random
) -> Iterator[int]:
    low, high = bounds
    noise = (high - low) / 8
    for (start, start_price), (end, end_price) in pairwise(anchors):
        yield start_price
        for index in range(start + 1, end):
            straight = start_price + (end_price - start_price) * (index - start) / (end - start)
            yield min(max(round(straight + rng.uniform(-noise, noise)), low), high)


def _amounts(volume: Decimal, count: int, rng: random.Random) -> list[Decimal]:
    exponent = _exponent(volume)
    units = int(volume.scaleb(-exponent))
    while units < count:  # less volume than trades: split the lots finer
        exponent, units = exponent - 1, units * 10
    spare = units - count
    cuts = sorted(int(rng.random() * (spare + 1)) for _ in range(count - 1))
    parts = (end - start for start, end in pairwise([0, *cuts, spare]))
    return [Decimal(1 + part).scaleb(exponent) for part in parts]


def _sides(prices: Sequence[Decimal], rng: random.Random) -> Iterator[bool]:
    previous = prices[0]
    for price in prices:
        # A price that fell was most likely a seller hitting a bid.
        yield price < previous if price != previous else rng.random() < 0.5
        previous = price


def _exponent(value: Decimal) -> int:
    return min(int(value.as_tuple().exponent), 0)


def _scramble(bits: _Bits) -> _Bits:
    bits = ((bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    bits = ((bits ^ (bits >> 27)) * 0x94D049BB133111EB) & _MASK
    return bits ^ (bits >> 31)
