"""When which feed has its next bar."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np

from cracktrader.cerebro.clock import Clock


class Timeline:
    """The clocks of preloaded feeds: one for all if all have the same times, else one each."""

    def __init__(self, feeds: Sequence[Any]) -> None:
        self._times = [feed.lines.datetime.array for feed in feeds]
        self._lengths = [feed.buflen() for feed in feeds]
        self.is_shared = self._are_alike()
        """Whether all feeds have each bar at the same time, so that they share one clock."""
        self.clocks = (
            [_feed_clock()] * len(feeds) if self.is_shared else [_feed_clock() for _ in feeds]
        )
        """The clock of each feed."""

    def turns(self) -> Iterator[float]:
        """Advance the clocks of those feeds that have the earliest bar; yield its time."""
        return self._turns_shared() if self.is_shared else self._turns_merged()

    def _are_alike(self) -> bool:
        times = [np.frombuffer(t)[:n] for t, n in zip(self._times, self._lengths, strict=True)]
        first = times[0]
        return bool(np.isfinite(first).all()) and all(np.array_equal(t, first) for t in times[1:])

    def _turns_shared(self) -> Iterator[float]:
        clock = self.clocks[0]
        times = islice(self._times[0], self._lengths[0])
        for clock.at, now in enumerate(times):
            yield now

    def _turns_merged(self) -> Iterator[float]:
        # As in Backtrader: a feed whose next time is not after the earliest delivers.
        columns = list(zip(self.clocks, self._times, self._lengths, strict=True))
        heads = [times[0] if length else math.inf for _, times, length in columns]
        while (now := min(heads)) != math.inf:
            for number, head in enumerate(heads):
                if head <= now:
                    clock, times, length = columns[number]
                    clock.at += 1
                    following = clock.at + 1
                    heads[number] = times[following] if following < length else math.inf
            yield now


def _feed_clock() -> Clock:
    clock = Clock()
    clock.leader = clock
    return clock
