"""What the broker reads of a feed, found once a run: its lines and the end of its session."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from typing import Any, Final

from backtrader.feed import AbstractDataBase
from backtrader.utils.dateintern import date2num, num2date

# Backtrader's times are rounded to about 10 µs; this near to a boundary (in days) it is asked.
_NEAR: Final = 1e-6
_DAY: Final = dt.timedelta(days=1)


class OwnPosition:
    """The position of a feed whose lines are on no shared clock."""

    __slots__ = ("_line",)

    def __init__(self, line: Any) -> None:
        self._line: Final = line

    @property
    def at(self) -> int:
        """The index of the bar in the lines' arrays."""
        return self._line.idx  # type: ignore[no-any-return]


class Feed:
    """The columns of a feed, and ``clock.at``: where in them its bar is."""

    __slots__ = (
        *("data", "clock", "open", "high", "low", "close", "datetime", "tz", "attributes"),
        *("_clock_time", "_first", "_end", "_next", "_values"),
    )

    def __init__(self, data: Any) -> None:
        lines = data.lines
        self.data = data
        self.open, self.high = lines.open.array, lines.high.array
        self.low, self.close = lines.low.array, lines.close.array
        self.datetime = lines.datetime.array
        self.tz = lines.datetime._tz
        shared = vars(lines.datetime).get("_shared")
        self.clock: Final = OwnPosition(lines.datetime) if shared is None else shared
        self.attributes: Final = vars(data)
        self._clock_time: dt.time | None = None
        # The day whose session ends are known: its number, when its session ends and its last
        # moment, and the ends of its own and of the next day's session as Backtrader has them.
        self._first = self._end = self._next = math.inf
        self._values = (0.0, 0.0)

    def prices(self) -> tuple[Any, Any, Any, Any]:
        """Return open, high, low and close of the bar, or of the part of it seen so far."""
        ticks, at = self.attributes, self.clock.at
        popen, phigh = ticks.get("tick_open"), ticks.get("tick_high")
        plow, pclose = ticks.get("tick_low"), ticks.get("tick_close")
        return (
            self.open[at] if popen is None else popen,
            self.high[at] if phigh is None else phigh,
            self.low[at] if plow is None else plow,
            self.close[at] if pclose is None else pclose,
        )

    def time(self) -> float:
        """Return the time of the bar as Backtrader's number."""
        return self.datetime[self.clock.at]  # type: ignore[no-any-return]

    def now(self) -> dt.datetime:
        """Return the time of the bar as ``data.datetime.datetime()`` does."""
        when: dt.datetime = num2date(self.time(), tz=self.tz)
        return when

    def session_end(self, now: float) -> float:
        """Return when a session that is under way *now* ends, to Backtrader's last bit."""
        if self.data.p.sessionend is self._clock_time:
            if self._first <= now < self._end:
                return self._values[0]
            if self._end + 2 * _NEAR < now < self._next:
                return self._values[1]
        return self._find_session_end(now)

    def _find_session_end(self, now: float) -> float:
        end = self.data.p.sessionend
        when = num2date(now, tz=self.tz)
        at_end = when.replace(
            hour=end.hour, minute=end.minute, second=end.second, microsecond=end.microsecond
        )
        if self._is_plain():
            today, tomorrow = date2num(at_end), date2num(at_end + _DAY)
            self._clock_time, day = end, float(when.toordinal())
            self._first, self._end = day, today - _NEAR
            self._next, self._values = day + 1 - _NEAR, (today, tomorrow)
        if at_end < when:
            at_end += _DAY
        return float(self.data.date2num(at_end))

    def _is_plain(self) -> bool:
        native: Callable[..., float] = AbstractDataBase.date2num
        is_native = type(self.data).date2num is native and "date2num" not in self.attributes
        return is_native and self.data._tz is None and self.tz is None


class Feeds(dict[Any, Feed]):
    """Feeds, looked at when first asked for."""

    def __missing__(self, data: Any) -> Feed:
        feed = self[data] = Feed(data)
        return feed
