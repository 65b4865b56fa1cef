"""The fast loop over preloaded feeds: what Cerebro's _runonce does, with the same results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from backtrader.linebuffer import NAN
from backtrader.lineiterator import LineIterator
from backtrader.lineseries import LineSeries

from cracktrader.cerebro.clock import (
    Clock,
    Clocked,
    Clockwork,
    advances_natively,
    can_clock_line,
)
from cracktrader.cerebro.dispatch import Audience, analyzers_of_bars, play_analyzer
from cracktrader.cerebro.observers import make_step
from cracktrader.cerebro.once import run_once
from cracktrader.cerebro.timeline import Timeline

Step = Callable[[float], None]
"""Takes a strategy through a bar, given its time."""


def run(cerebro: Any, strategies: Sequence[Any]) -> None:
    """Run *strategies*; `eligibility` said that this covers all that they use."""
    for strategy in strategies:
        run_once(strategy)
        strategy.reset()
    clockwork = Clockwork()
    try:
        timeline = Timeline(cerebro.datas)
        for feed, clock in zip(cerebro.datas, timeline.clocks, strict=True):
            clockwork.put_feed(feed, clock)
        players = [_Player(strategy, timeline, clockwork) for strategy in strategies]
        steps = [_with_writers(p.make_step(), cerebro, strategies) for p in players]
        _loop(cerebro, strategies, timeline, steps)
    finally:
        clockwork.give_back()


def _loop(
    cerebro: Any, strategies: Sequence[Any], timeline: Timeline, steps: Sequence[Step]
) -> None:
    open_bar = _make_opening(cerebro, strategies)
    has_timers = bool(cerebro._timers)
    for now in timeline.turns():
        if open_bar is not None and open_bar(now):
            return
        cerebro._brokernotify()
        if cerebro._event_stop:
            return
        if has_timers:
            cerebro._check_timers(strategies, now, cheat=False)
        for step in steps:
            step(now)
            if cerebro._event_stop:
                return


def _make_opening(cerebro: Any, strategies: Sequence[Any]) -> Callable[[float], bool] | None:
    """Return what happens before the broker's turn, and says whether to stop; None if nothing."""
    cheats = bool(cerebro.p.cheat_on_open)
    has_timers = bool(cerebro._timerscheat)

    def open_bar(now: float) -> bool:
        if has_timers:
            cerebro._check_timers(strategies, now, cheat=True)
        for strategy in strategies if cheats else ():
            strategy._oncepost_open()
            if cerebro._event_stop:
                return True
        return False

    return open_bar if cheats or has_timers else None


def _with_writers(step: Step, cerebro: Any, strategies: Sequence[Any]) -> Step:
    if not cerebro.runwriters:
        return step

    def step_and_write(now: float) -> None:
        step(now)
        if not cerebro._event_stop:
            cerebro._next_writers(strategies)

    return step_and_write


class _Player:
    """A strategy and all that moves with it."""

    def __init__(self, strategy: Any, timeline: Timeline, clockwork: Clockwork) -> None:
        self._strategy, self._clockwork = strategy, clockwork
        self._feed_clocks = timeline.clocks
        # A strategy's indicators advance when its turn comes, not yet with the feeds.
        self._behind = {clock: Clock(leader=clock) for clock in timeline.clocks}
        self._clock = Clock()
        self._natives: list[Any] = []
        for line in strategy.lines.lines:
            clockwork.put_line(line, self._clock)
        self._put_indicators()
        clockwork.at_end(self._tell_wait)

    def make_step(self) -> Step:
        """Return what does ``strategy._oncepost``."""
        strategy, clock, natives = self._strategy, self._clock, self._natives
        indicators = strategy._lineiterators[LineIterator.IndType]
        known = len(indicators)
        behind = list(self._behind.items())
        (leader, follower), *others = behind
        append, *more = [line.array.append for line in strategy.lines.lines]
        notify, act = self._make_notify(), self._make_act()

        def step(now: float) -> None:
            follower.at = leader.at
            if others:
                for other_leader, other in others:
                    other.at = other_leader.at
            if natives or len(indicators) != known:
                _advance(natives, indicators[known:])
            clock.at += 1
            append(now)
            for append_more in more:
                append_more(NAN)
            notify()
            act()
            if strategy._orderspending or strategy._tradespending:
                strategy.clear()

        return step

    def _make_notify(self) -> Callable[[], None]:
        strategy, audience = self._strategy, Audience(self._strategy)
        tell = audience.notifier()
        if audience.is_told_every_bar:
            return tell

        def notify() -> None:
            if strategy._orderspending or strategy._tradespending:
                tell()

        return notify

    def _make_act(self) -> Callable[[], None]:
        strategy = self._strategy
        observers = strategy._lineiterators[LineIterator.ObsType]
        observe = [make_step(observer, strategy, self._clockwork) for observer in observers]
        analyzers = analyzers_of_bars(strategy.analyzers)
        wait = 1

        def act() -> None:
            nonlocal wait
            if wait >= 0:
                wait = strategy._minperstatus = self._wait()
            if wait < 0:
                strategy.next()
                for analyzer in analyzers:
                    analyzer._next()
            else:
                _begin(strategy, analyzers, wait)
            for note in observe:
                note(wait)

        return act

    def _wait(self) -> int:
        """Return for how many bars the strategy must still wait before its first ``next``."""
        behind = [self._behind[clock].at for clock in self._feed_clocks]
        periods: list[int] = self._strategy._minperiods
        return max(period - at - 1 for period, at in zip(periods, behind, strict=False))

    def _tell_wait(self) -> None:
        if self._clock.at >= 0:
            self._strategy._minperstatus = self._wait()

    def _put_indicators(self) -> None:
        waited_for: set[int] = set()
        for indicator in self._strategy._lineiterators[LineIterator.IndType]:
            clock = self._clock_of(indicator._clock)
            is_single = not isinstance(indicator, LineSeries)
            lines = [indicator] if is_single else indicator.lines.lines
            if (
                clock is None
                or not advances_natively(indicator)
                or not all(can_clock_line(line) for line in lines)
                or waited_for & {id(line) for line in lines}
            ):
                self._natives.append(indicator)
                waited_for.add(id(_line_of(indicator._clock)))
            elif is_single:
                self._clockwork.put_line(indicator, clock)
            else:
                self._clockwork.put_series(indicator, clock)

    def _clock_of(self, master: Any) -> Clock | None:
        """Return the clock of what is advanced whenever *master* is; None if there is none."""
        line = _line_of(master)
        leader = line._shared.leader if isinstance(line, Clocked) else None
        return None if leader is None else self._behind[leader]


def _begin(strategy: Any, analyzers: list[Any], wait: int) -> None:
    """Call what is called up to the first ``next``."""
    if wait == 0:
        strategy.nextstart()
    else:
        strategy.prenext()
    for analyzer in analyzers:
        play_analyzer(analyzer, wait)


def _line_of(part: Any) -> Any:
    """Return the line that says how long *part* is."""
    while isinstance(part, LineSeries) and type(part).__len__ is LineSeries.__len__:
        part = part.lines.lines[0]
    return part


def _advance(natives: list[Any], newcomers: list[Any]) -> None:
    for indicator in (*natives, *newcomers):
        if len(indicator._clock) > len(indicator):
            indicator.advance()
