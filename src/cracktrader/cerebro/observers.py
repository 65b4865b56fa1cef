"""Observers in the fast loop: Backtrader's standard ones only where they have something to note."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from typing import Any, Final

import backtrader as bt
from backtrader.linebuffer import NAN

from cracktrader.cerebro.clock import Clock, Clockwork, can_clock_line, can_clock_series
from cracktrader.cerebro.dispatch import overrides, play_analyzer

Step = Callable[[int], None]
"""Lets an observer note the bar, given how many bars the strategy must still wait."""

_METHODS: Final = ("next", "prenext", "nextstart", "forward")


def make_steps(observers: Iterable[Any], strategy: Any, clockwork: Clockwork) -> list[Step]:
    """Return what lets *observers* do at a bar what ``strategy._next_observers`` would."""
    steps = []
    for is_standard, group in itertools.groupby(observers, _is_standard):
        if is_standard:
            steps.append(_make_standard_step(list(group), strategy, clockwork))
        else:
            steps += [_make_native_step(observer, strategy) for observer in group]
    return steps


def _is_standard(observer: Any) -> bool:
    base = next((cls for cls in _STANDARD if isinstance(observer, cls)), None)
    return (
        base is not None
        and not overrides(observer, base, *_METHODS)
        and not observer._analyzers
        and can_clock_series(observer)
        and all(can_clock_line(line) and not line.bindings for line in observer.lines.lines)
    )


def _make_native_step(observer: Any, strategy: Any) -> Step:
    def step(wait: int) -> None:
        for analyzer in observer._analyzers:
            play_analyzer(analyzer, wait)
        if len(strategy) > len(observer):
            observer.forward()
        if wait < 0:
            observer.next()
        elif wait == 0:
            observer.nextstart()
        elif len(observer):
            observer.prenext()

    return step


def _make_standard_step(group: list[Any], strategy: Any, clockwork: Clockwork) -> Step:
    """Return the step of standard observers in a row, which do not look at one another."""
    clock = Clock()
    lines = [line for observer in group for line in observer.lines.lines]
    for line in lines:
        clockwork.put_line(line, clock)
    appends = [line.array.append for line in lines]
    of_broker = [_note_broker(o, clock) for o in group if isinstance(o, bt.observers.Broker)]
    note_news = _make_note_news(group, strategy)

    def step(_: int) -> None:
        clock.at += 1
        for append in appends:
            append(NAN)
        for note in of_broker:
            note()
        if strategy._orderspending or strategy._tradespending:
            note_news()

    return step


def _make_note_news(group: list[Any], strategy: Any) -> Callable[[], None]:
    of_orders = [o for o in group if isinstance(o, bt.observers.BuySell)]
    of_trades = [o for o in group if isinstance(o, (bt.observers.Trades, bt.observers.DataTrades))]
    for observer in of_orders:
        observer.curbuylen = observer.curselllen = 0

    def note_news() -> None:
        for observer in of_orders if strategy._orderspending else ():
            observer.next()
        for observer in of_trades if strategy._tradespending else ():
            observer.next()

    return note_news


def _note_broker(observer: Any, clock: Clock) -> Callable[[], None]:
    cash, value = (line.array for line in observer.lines.lines)
    broker = observer._owner.broker

    def note() -> None:
        if observer._fundmode:
            value[clock.at] = broker.fundvalue
        else:
            value[clock.at] = broker.getvalue()
            cash[clock.at] = broker.getcash()

    return note


_STANDARD: Final = (
    bt.observers.Broker,
    bt.observers.BuySell,
    bt.observers.Trades,
    bt.observers.DataTrades,
)
