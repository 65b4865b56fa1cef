"""Indicators that Backtrader knows bar by bar only."""

import backtrader as bt
import pytest
from tests.parity.two_runs import difference, nasty_bars, outcome, real_bars, within

from cracktrader.cerebro.kernels.stepwise import one_bar_at_a_time
from cracktrader.cerebro.once import run_once

BARS = {**nasty_bars(), "many": real_bars(0, 500)}
INDICATORS = {
    "sar": lambda s: bt.ind.ParabolicSAR(s.data),
    "late sar": lambda s: bt.ind.ParabolicSAR(s.data, period=4),
    "slow sar": lambda s: bt.ind.ParabolicSAR(s.data1, period=9, af=0.001, afmax=1),
    "rsi": lambda s: bt.ind.LaguerreRSI(s.data),
    "rsi of a line": lambda s: bt.ind.LaguerreRSI(s.data.low, gamma=0.3, period=2),
    "filter": lambda s: bt.ind.LaguerreFilter(s.data),
    "filter that does nothing": lambda s: bt.ind.LaguerreFilter(s.data, gamma=0, period=4),
    "zero lag": lambda s: bt.ind.ZeroLagIndicator(s.data, period=5, gainlimit=8),
}


def accepts(build, bars, change=None):
    """Return whether the kernel takes over where Backtrader calls once()."""
    answers = []

    def once(strategy):
        part = strategy.built
        period = part._minperiod
        others = [x for x in strategy.getindicators() if x is not part]
        for indicator in (*others, *part.getindicators()):
            indicator._once()
        part.forward(size=part._clock.buflen())
        for member in (*part.datas, *part.getindicators(), part):
            member.home()
        part.preonce(0, period - 1)
        part.oncestart(period - 1, period)
        if change is not None:
            change(part)
        answers.append(one_bar_at_a_time(part, period, part.buflen()))

    within(build, bars, once)
    return answers[0]


@pytest.mark.parametrize("name", BARS)
@pytest.mark.parametrize("indicator", INDICATORS)
def test_values_and_all_that_is_left_behind(indicator, name):
    build, bars = INDICATORS[indicator], BARS[name]
    theirs = outcome(build, bars, lambda strategy: strategy._once())
    assert theirs.error == "" or "zero" in indicator
    assert difference(outcome(build, bars, run_once), theirs) == ""


@pytest.mark.parametrize("indicator", INDICATORS)
def test_they_are_taken_over(indicator):
    assert accepts(INDICATORS[indicator], BARS["real"])


class OwnNext(bt.ind.ParabolicSAR):
    def next(self):
        self.lines.psar[0] = 1.0


class OwnAdvance(bt.ind.LaguerreRSI):
    def advance(self, size=1):
        super().advance(size)


class Another(bt.Indicator):
    lines = ("twice",)

    def next(self):
        self.lines.twice[0] = 2 * self.data[0]


@pytest.mark.parametrize(
    "build",
    [
        lambda s: OwnNext(s.data),
        lambda s: OwnAdvance(s.data),
        lambda s: Another(s.data),
        lambda s: bt.ind.LaguerreRSI(s.data, s.data1),
        lambda s: bt.ind.LaguerreRSI(bt.ind.SMA(s.data, period=2)),
    ],
)
def test_what_is_different_is_left_to_backtrader(build):
    assert not accepts(build, BARS["real"])
    theirs = outcome(build, BARS["real"], lambda strategy: strategy._once())
    assert difference(outcome(build, BARS["real"], run_once), theirs) == ""


def bind(part):
    part.lines[0].addbinding(part._owner.lines[0])


def go_ahead(part):
    part.data.advance()


def change_gamma(part):
    part.p.gamma = "0.5"


def change_step(part):
    part.p.af = float("nan")


def no_gains(part):
    part.limits = [1, 1]


@pytest.mark.parametrize(
    ("indicator", "change"),
    [
        ("rsi", bind),
        ("rsi", go_ahead),
        ("rsi", change_gamma),
        ("sar", change_step),
        ("zero lag", no_gains),
    ],
)
def test_what_is_out_of_the_ordinary_is_left_to_backtrader(indicator, change):
    assert not accepts(INDICATORS[indicator], BARS["real"], change)
