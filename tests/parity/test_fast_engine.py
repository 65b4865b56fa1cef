"""Cerebro's fast loop leaves nothing different from Backtrader's, to the bit."""

import functools

import backtrader as bt
import pytest
from tests.parity.engine_scenarios import SCENARIOS

from cracktrader.cerebro import observers as engine_observers
from cracktrader.cerebro import player
from cracktrader.cerebro.cerebro import Cerebro
from cracktrader.cerebro.clock import Clock, Clocked, Clockwork
from cracktrader.cerebro.dispatch import Audience
from cracktrader.cerebro.timeline import Timeline


def assert_same(scenario, cerebro_class=Cerebro):
    _, expected = scenario.run(bt.Cerebro)
    cerebro, actual = scenario.run(cerebro_class)
    for number, (theirs, ours) in enumerate(zip(expected, actual, strict=False)):
        assert ours == theirs, (scenario.name, number)
    assert len(actual) == len(expected)
    return cerebro, actual


def test_the_table_is_as_long_as_it_should_be():
    assert len(SCENARIOS) == len({scenario.name for scenario in SCENARIOS})
    assert len(SCENARIOS) >= 70


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_all_that_is_told_and_left_is_backtraders(scenario):
    cerebro, lines = assert_same(scenario)
    choice = cerebro.explain()
    assert (choice.engine == "fast") == scenario.is_fast, choice
    assert len(lines) > 10


# The suite can fail: engines that are a little wrong are caught


def clock_off_by_one(monkeypatch):
    getitem = Clocked.__getitem__
    monkeypatch.setattr(Clocked, "__getitem__", lambda self, ago: getitem(self, ago - 1))


def indicators_with_the_feeds(monkeypatch):
    monkeypatch.setattr(player, "Clock", lambda leader=None: leader or Clock())


def skipped_notification(monkeypatch):
    monkeypatch.setattr(Audience, "notifier", lambda _: lambda: None)


def cash_told_to_nobody(monkeypatch):
    monkeypatch.setattr(Audience, "is_told_every_bar", False)


def value_computed_late(monkeypatch):
    def late(observer, clock):
        note, value = NOTE_BROKER(observer, clock), observer.lines.value.array

        def note_late():
            note()
            value[clock.at] = value[clock.at - 1]

        return note_late

    monkeypatch.setattr(engine_observers, "_note_broker", late)


def first_next_too_early(monkeypatch):
    wait = player.Player._wait
    monkeypatch.setattr(player.Player, "_wait", lambda self: wait(self) - 1)


def feeds_all_at_once(monkeypatch):
    monkeypatch.setattr(Timeline, "_are_alike", lambda _: True)


def not_given_back(monkeypatch):
    monkeypatch.setattr(Clockwork, "__exit__", lambda *_: None)


def analyzers_skipped(monkeypatch):
    monkeypatch.setattr(player, "analyzers_of_bars", lambda _: [])


def late_indicators_forgotten(monkeypatch):
    monkeypatch.setattr(player.Player, "_make_move_others", lambda *_: lambda: None)


NOTE_BROKER = engine_observers._note_broker
WRONG_ENGINES = (
    *(clock_off_by_one, indicators_with_the_feeds, skipped_notification, cash_told_to_nobody),
    *(value_computed_late, first_next_too_early, feeds_all_at_once, not_given_back),
    *(analyzers_skipped, late_indicators_forgotten),
)
JURY = [
    scenario
    for scenario in SCENARIOS
    if scenario.name in {"misaligned witness", "cheat on open", "clerks", "resampled quiet"}
]


@pytest.mark.parametrize("break_it", WRONG_ENGINES, ids=lambda engine: engine.__name__)
def test_an_engine_a_little_wrong_is_caught(break_it, monkeypatch):
    expected = backtrader_says()
    break_it(monkeypatch)
    assert any(differs(scenario, e) for scenario, e in zip(JURY, expected, strict=True))


@functools.cache
def backtrader_says():
    return [scenario.run(bt.Cerebro)[1] for scenario in JURY]


def differs(scenario, expected):
    try:
        return scenario.run(Cerebro)[1] != expected
    except Exception:  # noqa: BLE001 - whatever a wrong engine raises
        return True
