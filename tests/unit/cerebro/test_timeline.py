import backtrader as bt
from tests.unit.cerebro.runs import feed

from cracktrader.cerebro.timeline import Timeline


def loaded(data):
    data.setenvironment(bt.Cerebro())
    data.reset()
    data._start()
    data.preload()
    return data


def positions(*feeds):
    timeline = Timeline([loaded(data) for data in feeds])
    return timeline, [[clock.at for clock in timeline.clocks] for _ in timeline.turns()]


def test_feeds_with_the_same_times_share_a_clock():
    timeline, turns = positions(feed(4), feed(4))
    assert timeline.is_shared
    assert timeline.clocks[0] is timeline.clocks[1]
    assert turns == [[0, 0], [1, 1], [2, 2], [3, 3]]


def test_each_turn_advances_the_feeds_with_the_earliest_bar():
    timeline, turns = positions(feed(3), feed(3, start="2024-01-01 00:01"))
    assert not timeline.is_shared
    assert turns == [[0, -1], [1, 0], [2, 1], [2, 2]]


def test_a_shorter_feed_stands_at_its_end():
    _, turns = positions(feed(3), feed(1))
    assert turns == [[0, 0], [1, 0], [2, 0]]


def test_an_empty_feed_never_begins():
    _, turns = positions(feed(2), feed(0))
    assert turns == [[0, -1], [1, -1]]
