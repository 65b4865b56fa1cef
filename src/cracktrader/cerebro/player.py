"""A strategy in the fast loop, and all that moves with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from backtrader.linebuffer import NAN
from backtrader.lineiterator import LineIterator
from backtrader.lineseries import LineSeries

from cracktrader.cerebro.analyzers import speed_up
from cracktrader.cerebro.clock import (
    Clock,
    Clocked,
    Clockwork,
    advances_natively,
    can_clock_line,
)
from cracktrader.cerebro.dispatch import Audience, analyzers_of_bars, play_analyzer
from cracktrader.cerebro.observers import make_steps
from cracktrader.cerebro.timeline import Timeline

Step = Callable[[float], None]
"""What is done at a bar, given its time."""


class Player:
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
        strategy, clock = self._strategy, self._clock
        (leader, follower), *others = self._behind.items()
        append, *appends = [line.array.append for line in strategy.lines.lines]
        indicators = strategy._lineiterators[LineIterator.IndType]
        known, has_others = len(indicators), bool(others or appends or self._natives)
        move_others = self._make_move_others(known)
        audience = Audience(strategy)
        tell, is_told = audience.notifier(), audience.is_told_every_bar
        watch = self._make_watch()
        wait = 1

        def step(now: float) -> None:
            nonlocal wait
            follower.at = leader.at
            # Indicators that are made during the run join the others.
            if has_others or len(indicators) != known:
                move_others()
            clock.at += 1
            append(now)
            if is_told or strategy._orderspending or strategy._tradespending:
                tell()
            if wait < 0:
                strategy.next()
            else:
                wait = self._begin()
            if watch is not None:
                watch(wait)
            if strategy._orderspending or strategy._tradespending:
                strategy.clear()

        return step

    def _make_move_others(self, known: int) -> Callable[[], None]:
        """Return what moves all that does not move with the first feed."""
        natives = self._natives
        indicators = self._strategy._lineiterators[LineIterator.IndType]
        _, *pairs = self._behind.items()
        _, *appends = [line.array.append for line in self._strategy.lines.lines]

        def move_others() -> None:
            for leader, follower in pairs:
                follower.at = leader.at
            for indicator in (*natives, *indicators[known:]):
                if len(indicator._clock) > len(indicator):
                    indicator.advance()
            for append in appends:
                append(NAN)

        return move_others

    def _make_watch(self) -> Callable[[int], None] | None:
        """Return what analyzers and observers do after the strategy; None if there are none."""
        strategy = self._strategy
        observers = strategy._lineiterators[LineIterator.ObsType]
        notes = make_steps(observers, strategy, self._clockwork)
        analyzers = analyzers_of_bars(strategy.analyzers)
        speed_up(strategy.analyzers, strategy, self._clockwork)
        for observer in observers:
            speed_up(observer._analyzers, strategy, self._clockwork)

        def watch(wait: int) -> None:
            if wait < 0:
                for analyzer in analyzers:
                    analyzer._next()
            else:
                for analyzer in analyzers:
                    play_analyzer(analyzer, wait)
            for note in notes:
                note(wait)

        return watch if notes or analyzers else None

    def _begin(self) -> int:
        """Play a bar up to the first ``next``; return for how long to wait for the next one."""
        strategy = self._strategy
        wait = strategy._minperstatus = self._wait()
        if wait < 0:
            strategy.next()
        elif wait == 0:
            strategy.nextstart()
        else:
            strategy.prenext()
        return wait

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


def _line_of(part: Any) -> Any:
    """Return the line that says how long *part* is."""
    while isinstance(part, LineSeries) and type(part).__len__ is LineSeries.__len__:
        part = part.lines.lines[0]
    return part
