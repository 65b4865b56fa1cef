"""The fast loop over preloaded feeds: what Cerebro's _runonce does, with the same results."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

from cracktrader.brokers.fast_path import FastPath, attach
from cracktrader.cerebro.clock import Clockwork
from cracktrader.cerebro.garbage import postponed
from cracktrader.cerebro.once import run_once
from cracktrader.cerebro.player import Player, Step
from cracktrader.cerebro.timeline import Timeline


def run(cerebro: Any, strategies: Sequence[Any]) -> None:
    """Run *strategies*; `eligibility` said that this covers all that they use."""
    for strategy in strategies:
        run_once(strategy)
        strategy.reset()
    with postponed(), Clockwork() as clockwork, ExitStack() as stack:
        timeline = Timeline(cerebro.datas)
        for feed, clock in zip(cerebro.datas, timeline.clocks, strict=True):
            clockwork.put_feed(feed, clock)
        # Some strategies act, and may ask for values, after the feeds moved and before the broker.
        cheats = bool(cerebro.p.cheat_on_open or cerebro._timerscheat)
        fast_broker = attach(cerebro._broker, is_eager=cheats)
        if fast_broker is not None:
            stack.enter_context(fast_broker)
        players = [Player(strategy, timeline, clockwork) for strategy in strategies]
        steps = [_with_writers(p.make_step(), cerebro, strategies) for p in players]
        _loop(
            cerebro, timeline, _acts(cerebro, strategies, _make_kick(cerebro, fast_broker), steps)
        )


def _loop(cerebro: Any, timeline: Timeline, acts: Sequence[Step]) -> None:
    for now in timeline.turns():
        for act in acts:
            act(now)
            if cerebro._event_stop:
                return


def _make_kick(cerebro: Any, fast_broker: FastPath | None) -> Step:
    """Return the broker's turn: orders are tried, and what became of them is told."""
    if fast_broker is None:
        return lambda _: cerebro._brokernotify()
    bar, deliver = fast_broker.bar, fast_broker.deliver
    default_owner, is_quick = cerebro.runningstrats[0], cerebro.p.quicknotify

    def kick(_: float) -> None:
        if bar():
            if is_quick:
                _deliver_quickly(cerebro._broker, default_owner)
            else:
                deliver(default_owner)

    return kick


def _deliver_quickly(broker: Any, default_owner: Any) -> None:
    while (order := broker.get_notification()) is not None:
        owner = default_owner if order.owner is None else order.owner
        owner._addnotification(order, quicknotify=True)


def _acts(cerebro: Any, strategies: Sequence[Any], kick: Step, steps: Sequence[Step]) -> list[Step]:
    """Return what happens at each bar, in order; after each of them the run may be stopped."""
    opens = [_open(strategy) for strategy in strategies] if cerebro.p.cheat_on_open else []
    before, after = [*opens, kick], list(steps)
    if cerebro._timerscheat:
        before[0] = _chain(_timers(cerebro, strategies, cheat=True), before[0])
    if cerebro._timers:
        after[0] = _chain(_timers(cerebro, strategies, cheat=False), after[0])
    return before + after


def _open(strategy: Any) -> Step:
    return lambda _: strategy._oncepost_open()


def _timers(cerebro: Any, strategies: Sequence[Any], *, cheat: bool) -> Step:
    return lambda now: cerebro._check_timers(strategies, now, cheat=cheat)


def _chain(first: Step, second: Step) -> Step:
    def both(now: float) -> None:
        first(now)
        second(now)

    return both


def _with_writers(step: Step, cerebro: Any, strategies: Sequence[Any]) -> Step:
    if not cerebro.runwriters:
        return step

    def step_and_write(now: float) -> None:
        step(now)
        if not cerebro._event_stop:
            cerebro._next_writers(strategies)

    return step_and_write
