"""Which runs the fast loop covers, and why not the others."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any, Final, Literal

import backtrader as bt
from backtrader.feed import AbstractDataBase, DataClone

from cracktrader.cerebro.clock import FEED_METHODS, is_own
from cracktrader.cerebro.dispatch import overrides

_CEREBRO_METHODS: Final = ("_brokernotify", "_check_timers", "_next_writers")
_STRATEGY_METHODS: Final = (
    *("_once", "_oncepost", "_getminperstatus", "_next_analyzers", "_next_observers"),
    *("clear", "forward", "reset", "home", "advance", "__len__"),
)


@dataclasses.dataclass(frozen=True)
class EngineChoice:
    """Which loop ran: ``fast``, or ``backtrader``'s own, and for which reasons."""

    engine: Literal["fast", "backtrader"]
    reasons: tuple[str, ...]

    def __str__(self) -> str:
        loop = "the fast loop" if self.engine == "fast" else "Backtrader's own loop"
        return f"{loop}: {'; '.join(self.reasons)}"


FAST: Final = EngineChoice("fast", ("the feeds are preloaded and the indicators computed at once",))


def choose_once(cerebro: Any, strategies: Sequence[Any]) -> EngineChoice:
    """Choose the loop for a run with preloaded feeds and indicators computed at once."""
    reasons = tuple(_obstacles(cerebro, strategies))
    return EngineChoice("backtrader", reasons) if reasons else FAST


def choose_next(cerebro: Any) -> EngineChoice:
    """Say why a run goes bar by bar, or with ``oldsync``."""
    params = cerebro.p
    reasons = [
        reason
        for is_so, reason in (
            (params.oldsync, "oldsync=True"),
            (cerebro._dolive or params.live, "a feed is live"),
            (cerebro._doreplay, "Cerebro resamples or replays a feed"),
            (cerebro._exactbars, f"exactbars={params.exactbars}"),
            (not params.preload, "preload=False"),
            (not params.runonce, "runonce=False"),
        )
        if is_so
    ]
    asks = "an indicator works bar by bar only (_nextforce)"
    return EngineChoice("backtrader", tuple(reasons) or (asks,))


def _obstacles(cerebro: Any, strategies: Sequence[Any]) -> Iterator[str]:
    if not cerebro.p.fast:
        yield "fast=False"
    if overrides(cerebro, bt.Cerebro, *_CEREBRO_METHODS):
        yield f"{type(cerebro).__name__} changes how Cerebro kicks broker, timers or writers"
    if len({id(feed) for feed in cerebro.datas}) < len(cerebro.datas):
        yield "a feed was added twice"
    for number, feed in enumerate(cerebro.datas):
        if not _is_plain_feed(feed):
            yield f'feed "{feed._name or f"data{number}"}" moves in its own way'
    for strategy in strategies:
        yield from _obstacles_of(strategy, cerebro.datas)


def _is_plain_feed(feed: Any) -> bool:
    own = DataClone if isinstance(feed, DataClone) else AbstractDataBase
    return (
        is_own(type(feed), AbstractDataBase, FEED_METHODS)
        and type(feed).advance is own.advance
        and not {"advance", "advance_peek"} & vars(feed).keys()
        and all(line.mode == line.UnBounded for line in feed.lines)
    )


def _obstacles_of(strategy: Any, feeds: list[Any]) -> Iterator[str]:
    name = type(strategy).__name__
    if overrides(strategy, bt.Strategy, *_STRATEGY_METHODS) or strategy._oldsync:
        yield f"{name} changes how a strategy is run"
    if [id(feed) for feed in strategy.datas] != [id(feed) for feed in feeds]:
        yield f"{name} has feeds of its own"
    lines = strategy.lines.lines
    if any(line.bindings or line.mode != line.UnBounded for line in lines):
        yield f"{name} sets lines of its own"
