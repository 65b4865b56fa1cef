import copy
import pickle

import backtrader as bt
import pytest
from backtrader.linebuffer import LineBuffer
from tests.unit.cerebro.runs import Looker, feed, make

from cracktrader.cerebro.clock import Clock, Clocked, Clockwork, can_clock_line
from cracktrader.errors import CracktraderError, StrategyError


def look(act, at=5, **options):
    cerebro = make(Looker, params={"at": {at: act}}, **options)
    (strategy,) = cerebro.run()
    assert cerebro.explain().engine == "fast"
    return strategy.seen[0]


def line_of(values):
    line = LineBuffer()
    for value in values:
        line.forward(value)
    line.home()
    line._stage2()
    return line


def test_a_line_on_a_clock_stands_where_the_clock_stands():
    line, clock = line_of([1.0, 2.0, 0.0]), Clock()
    with Clockwork() as clockwork:
        clockwork.put_line(line, clock)
        assert (len(line), line.idx, line._idx, line.lencount, line.buflen()) == (0, -1, -1, 0, 3)
        clock.at = 1
        assert (len(line), line.idx, line[0], line[-1], line[1]) == (2, 1, 2.0, 1.0, 0.0)
        assert list(line.get(0, 2)) == [1.0, 2.0]
        assert bool(line)
        clock.at = 2
        assert not line
        clock.at = 1
    assert type(line) is LineBuffer
    assert vars(line).keys() == vars(LineBuffer()).keys() | {"_opstage"}
    assert (len(line), line.idx, line[0]) == (2, 1, 2.0)


@pytest.mark.parametrize(
    "compare",
    [
        lambda a, b: a < b,
        lambda a, b: a <= b,
        lambda a, b: a > b,
        lambda a, b: a >= b,
        lambda a, b: a == b,
        lambda a, b: a != b,
    ],
)
@pytest.mark.parametrize("other", [1.0, 2.0, 3.0])
def test_lines_on_clocks_compare_their_values(compare, other):
    line, clock = line_of([2.0]), Clock()
    with Clockwork() as clockwork:
        clockwork.put_line(line, clock)
        clock.at = 0
        assert compare(line, other) == compare(2.0, other)
        plain = line_of([other])
        plain.advance()
        assert compare(line, plain) == compare(2.0, other)
        assert compare(plain, line) == compare(other, 2.0)


@pytest.mark.parametrize(
    "move",
    [
        lambda self: self.data.advance(),
        lambda self: self.data.home(),
        lambda self: self.data.close.rewind(),
        lambda self: self.data.close.forward(),
        lambda self: self.data.close.reset(),
        lambda self: setattr(self.average.lines[0], "idx", 3),
        lambda self: setattr(self.data.close, "lencount", 3),
    ],
)
def test_moving_a_line_by_hand_is_refused_and_says_what_to_do(move):
    with pytest.raises(CracktraderError, match=r"Cerebro\(fast=False\)"):
        make(Looker, params={"at": {5: move}}).run()


@pytest.mark.parametrize("duplicate", [copy.copy, lambda x: pickle.loads(pickle.dumps(x))])  # noqa: S301
def test_a_copy_made_during_the_run_is_an_ordinary_line(duplicate):
    line, clock = line_of([1.0, 2.0]), Clock()
    with Clockwork() as clockwork:
        clockwork.put_line(line, clock)
        clock.at = 1
        copied = duplicate(line)
    assert type(copied) is LineBuffer
    assert (len(copied), copied.idx, copied[0]) == (2, 1, 2.0)
    assert vars(copied).keys() == vars(line).keys()


def test_a_copy_of_an_indicator_is_an_ordinary_one():
    average = look(lambda self: copy.copy(self.average))
    assert type(average) is bt.ind.SMA
    assert "_shared" not in vars(average)


def test_during_the_run_objects_bear_their_own_class_names():
    names = look(lambda self: [type(x).__qualname__ for x in (self.data, self.average)])
    assert names == ["PandasData", "SMA"]


def test_no_class_is_changed_and_no_indicator_registered():
    known = dict(bt.Indicator._indcol), dict(bt.Strategy._indcol)
    before = {cls: dict(vars(cls)) for cls in (LineBuffer, bt.ind.SMA, bt.feeds.PandasData)}
    look(len)
    assert (bt.Indicator._indcol, bt.Strategy._indcol) == known
    assert before == {cls: dict(vars(cls)) for cls in before}


def test_all_is_given_back_when_a_strategy_raises():
    cerebro = make(Looker, params={"at": {5: lambda _: 1 / 0}})
    with pytest.raises(StrategyError, match="bar 5"):
        cerebro.run()
    (strategy,) = cerebro.runningstrats
    parts = [*cerebro.datas, strategy.average, *cerebro.datas[0].lines, *strategy.lines]
    assert not any(isinstance(part, Clocked) for part in parts)
    assert [len(part) for part in parts] == [5] * len(parts)


def test_ticks_are_the_bars_values_and_none_at_the_last():
    ticks = {
        at: lambda self: (self.data.tick_close, self.data.tick_last, self.data.close[0])
        for at in (1, 20)
    }
    (strategy,) = make(Looker, params={"at": ticks}).run()
    (first, last) = strategy.seen
    assert first[0] == first[1] == first[2]
    assert last[:2] == (None, None)
    assert strategy.data.tick_close is None


def test_a_feed_that_has_not_begun_has_no_ticks():
    late = feed(5, start="2024-01-01 00:10")
    seen = look(lambda self: hasattr(self.data1, "tick_open"), feeds=[feed(), late])
    assert seen is False


def test_an_indicator_with_its_own_way_to_read_keeps_it():
    class Twice(bt.ind.SMA):
        def __getitem__(self, ago):
            return 2 * self.lines[0][ago]

    class Strategy(Looker):
        def __init__(self):
            super().__init__()
            self.twice = Twice(period=3)

    cerebro = make(Strategy, params={"at": {5: lambda self: (self.twice[0], self.average[0])}})
    (strategy,) = cerebro.run()
    ((twice, once),) = strategy.seen
    assert twice == 2 * once


def test_a_line_that_is_not_at_its_start_is_left_alone():
    line = line_of([1.0])
    assert can_clock_line(line)
    line.advance()
    assert not can_clock_line(line)
