"""One part of a strategy, computed by Backtrader's once() and then by its kernel."""

from typing import Any, NamedTuple

import numpy as np
from tests.parity.two_runs import bits_of, within

from cracktrader.cerebro.kernels.table import KERNELS

UNTOUCHED = 7.25


class Filled(NamedTuple):
    """What a kernel said and wrote, beside the values that Backtrader has."""

    done: bool
    ours: Any
    theirs: Any

    @property
    def is_equal(self):
        return self.done and bool((bits_of(self.ours) == bits_of(self.theirs)).all())

    @property
    def is_untouched(self):
        return not self.done and bool((self.ours == UNTOUCHED).all())


def fill(build, bars, *, change=None, start=None, shift=0):
    """Have the kernel of the part that *build* makes compute again what Backtrader did.

    *change* may spoil the part in between. The kernel computes from *start* on, or where
    Backtrader starts, and writes *shift* bars before.
    """

    def work(strategy):
        strategy._once()
        part = strategy.built
        first = part._minperiod if start is None else start
        line = np.frombuffer(part.lines[0].array)
        theirs = line.copy()
        written = slice(first - shift, len(line) - shift)
        line[written] = UNTOUCHED
        if change is not None:
            change(part)
        done = KERNELS[part.once.__func__](part, first, len(line))
        return Filled(done, line[written].copy(), theirs[written])

    return within(build, bars, work)
