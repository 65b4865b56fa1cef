"""Backtrader's own analyzers at a bar: the same results with less looking up."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from typing import Any, Final

import backtrader as bt
from backtrader.analyzer import TimeFrameAnalyzerBase

from cracktrader.cerebro.clock import Clockwork
from cracktrader.cerebro.dispatch import overrides

_PERIOD_METHODS: Final = ("_dt_over", "_get_dt_cmpkey", "_get_subday_cmpkey")
_ALMOST_MIDNIGHT: Final = 0.9999  # from here on a time may be rounded into the next day

Key = tuple[Any, Any]
"""What Backtrader calls dtcmp and dtkey: which period a bar is in."""


def speed_up(analyzers: Iterable[Any], strategy: Any, clockwork: Clockwork) -> None:
    """Give Backtrader's own *analyzers* quicker methods until *clockwork* is given back."""
    periods = Periods(strategy)
    for analyzer in analyzers:
        speed_up(analyzer._children, strategy, clockwork)
        if _is_periodic(analyzer, strategy):
            clockwork.put_method(analyzer, "_dt_over", periods.make_dt_over(analyzer))
        if isinstance(analyzer, bt.analyzers.DrawDown) and not overrides(
            analyzer, bt.analyzers.DrawDown, "next"
        ):
            clockwork.put_method(analyzer, "next", _make_next_of_drawdown(analyzer))


def _is_periodic(analyzer: Any, strategy: Any) -> bool:
    return (
        isinstance(analyzer, TimeFrameAnalyzerBase)
        and analyzer.strategy is strategy
        and analyzer.timeframe != bt.TimeFrame.NoTimeFrame
        and not overrides(analyzer, TimeFrameAnalyzerBase, *_PERIOD_METHODS)
    )


class Periods:
    """Which year, day, minute ... a strategy's bar is in; found out once for all analyzers."""

    def __init__(self, strategy: Any) -> None:
        self._line = strategy.lines.datetime
        self._finders: dict[tuple[int, int], Callable[[float], Key]] = {}

    def make_dt_over(self, analyzer: Any) -> Callable[[], bool]:
        """Return what does ``analyzer._dt_over``."""
        line, find = self._line, self._finder_for(analyzer)

        def dt_over() -> bool:
            dtcmp, dtkey = find(line[0])
            if analyzer.dtcmp is None or dtcmp > analyzer.dtcmp:
                analyzer.dtkey, analyzer.dtkey1 = dtkey, analyzer.dtkey
                analyzer.dtcmp, analyzer.dtcmp1 = dtcmp, analyzer.dtcmp
                return True
            return False

        return dt_over

    def _finder_for(self, analyzer: Any) -> Callable[[float], Key]:
        period = analyzer.timeframe, analyzer.compression
        if period not in self._finders:
            self._finders[period] = self._make_finder(analyzer)
        return self._finders[period]

    def _make_finder(self, analyzer: Any) -> Callable[[float], Key]:
        line = self._line

        def ask(_: float) -> Key:
            key: Key = analyzer._get_dt_cmpkey(line.datetime())
            return key

        if line._tz is not None:
            return _once_per_bar(ask)
        if analyzer.timeframe >= bt.TimeFrame.Days:
            return _once_per_day(ask)
        return _once_per_bar(_by_time_of_day(ask))


def _once_per_bar(find: Callable[[float], Key]) -> Callable[[float], Key]:
    seen: float | None = None
    key: Key = None, None

    def find_once(now: float) -> Key:
        nonlocal seen, key
        if now != seen:
            key, seen = find(now), now
        return key

    return find_once


def _once_per_day(find: Callable[[float], Key]) -> Callable[[float], Key]:
    seen = -1
    key: Key = None, None

    def find_once(now: float) -> Key:
        nonlocal seen, key
        day = int(now)
        if now - day > _ALMOST_MIDNIGHT:
            return find(now)
        if day != seen:
            key, seen = find(now), day
        return key

    return find_once


def _by_time_of_day(find: Callable[[float], Key]) -> Callable[[float], Key]:
    """The same time of day is as far into its period on every day."""
    since_midnight: dict[float, dt.timedelta] = {}
    seen = -1
    midnight = dt.datetime.fromordinal(1)

    def find_once(now: float) -> Key:
        nonlocal seen, midnight
        day = int(now)
        if day != seen:
            midnight, seen = dt.datetime.fromordinal(day), day
        time = now - day
        if time not in since_midnight:
            since_midnight[time] = find(now)[0] - midnight
        key = midnight + since_midnight[time]
        return key, key

    return find_once


def _make_next_of_drawdown(analyzer: Any) -> Callable[[], None]:
    def next_bar() -> None:
        # DrawDown.next, without Backtrader's attributes of dicts.
        rets = analyzer.rets
        highest = rets["max"]
        moneydown = rets["moneydown"] = analyzer._maxvalue - analyzer._value
        drawdown = rets["drawdown"] = 100.0 * moneydown / analyzer._maxvalue
        highest["moneydown"] = max(highest["moneydown"], moneydown)
        highest["drawdown"] = max(highest["drawdown"], drawdown)
        length = rets["len"] = rets["len"] + 1 if drawdown else 0
        highest["len"] = max(highest["len"], length)

    return next_bar
