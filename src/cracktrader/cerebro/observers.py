"""Observers in the fast loop: Backtrader's standard ones only where they have something to note."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import backtrader as bt
from backtrader.linebuffer import NAN

from cracktrader.cerebro.clock import Clock, Clockwork, can_clock_line, can_clock_series
from cracktrader.cerebro.dispatch import overrides, play_analyzer

Step = Callable[[int], None]
"""Lets an observer note the bar, given how many bars the strategy must still wait."""

_METHODS: Final = ("next", "prenext", "nextstart", "forward")


def make_step(observer: Any, strategy: Any, clockwork: Clockwork) -> Step:
    """Return what lets *observer* do at a bar what ``strategy._next_observers`` would."""
    maker = next((m for cls, m in _STANDARD if _is_standard(observer, cls)), None)
    if maker is None:
        return _native(observer, strategy)
    clock = Clock()
    for line in observer.lines.lines:
        clockwork.put_line(line, clock)
    return maker(observer, strategy, clock)


def _is_standard(observer: Any, cls: type) -> bool:
    return (
        issubclass(type(observer), cls)
        and not overrides(observer, cls, *_METHODS)
        and not observer._analyzers
        and can_clock_series(observer)
        and all(can_clock_line(line) and not line.bindings for line in observer.lines.lines)
    )


def _native(observer: Any, strategy: Any) -> Step:
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


def _broker(observer: Any, strategy: Any, clock: Clock) -> Step:
    cash, value = (line.array for line in observer.lines.lines)
    forward, broker = _forward(observer, clock), strategy.broker

    def step(_: int) -> None:
        forward()
        if observer._fundmode:
            value[clock.at] = broker.fundvalue
        else:
            value[clock.at] = broker.getvalue()
            cash[clock.at] = broker.getcash()

    return step


def _buy_sell(observer: Any, strategy: Any, clock: Clock) -> Step:
    forward = _forward(observer, clock)
    observer.curbuylen = observer.curselllen = 0

    def step(_: int) -> None:
        forward()
        if strategy._orderspending:
            observer.next()

    return step


def _trades(observer: Any, strategy: Any, clock: Clock) -> Step:
    forward = _forward(observer, clock)

    def step(_: int) -> None:
        forward()
        if strategy._tradespending:
            observer.next()

    return step


def _forward(observer: Any, clock: Clock) -> Callable[[], None]:
    appends = [line.array.append for line in observer.lines.lines]

    def forward() -> None:
        clock.at += 1
        for append in appends:
            append(NAN)

    return forward


_STANDARD: Final[tuple[tuple[type, Callable[[Any, Any, Clock], Step]], ...]] = (
    (bt.observers.Broker, _broker),
    (bt.observers.BuySell, _buy_sell),
    (bt.observers.Trades, _trades),
    (bt.observers.DataTrades, _trades),
)
