"""CCXTBackBroker and Cerebro with default arguments are Backtrader's, to the bit."""

import functools
from collections import Counter

import backtrader as bt
import pytest
from tests.parity.scenarios import Scenario

from cracktrader.brokers.backtest import CCXTBackBroker
from cracktrader.cerebro.cerebro import Cerebro

DECADES = [range(start, start + 10) for start in range(0, 50, 10)]
KINDS = {"Market", "Close", "Limit", "Stop", "StopLimit", "StopTrail", "StopTrailLimit"}
ENDS = {"Completed", "Canceled", "Expired", "Margin", "Partial"}


@functools.cache
def backtrader_says(seed):
    return Scenario.draw(seed).run(bt.Cerebro, bt.brokers.BackBroker)


def assert_same(seeds, cerebro_class, broker_class):
    seen = Counter()
    for seed in seeds:
        expected = backtrader_says(seed)
        actual = Scenario.draw(seed).run(cerebro_class, broker_class)
        for theirs, ours in zip(expected.lines, actual.lines, strict=True):
            assert ours == theirs, Scenario.draw(seed)
        seen.update(actual.seen)
    # What was compared is a lot, and of every kind.
    assert seen["fills"] > 1_000, seen
    assert seen["notifications"] > 4_000, seen
    assert {*KINDS, *ENDS} <= {name for name, count in seen.items() if count}, seen


@pytest.mark.parametrize("seeds", DECADES, ids=str)
def test_the_default_broker_is_backtraders(seeds):
    assert_same(seeds, bt.Cerebro, CCXTBackBroker)


@pytest.mark.parametrize("seeds", DECADES, ids=str)
def test_our_cerebro_is_backtraders(seeds):
    assert_same(seeds, Cerebro, bt.brokers.BackBroker)
