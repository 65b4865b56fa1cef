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


class Feed:
    """The lines of a feed."""

    __slots__ = (
        *("data", "open", "high", "low", "close", "datetime", "attributes"),
        *("_clock", "_first", "_end", "_next", "_values"),
    )

    def __init__(self, data: Any) -> None:
        lines = data.lines
        self.data = data
        self.open, self.high = lines.open, lines.high
        self.low, self.close = lines.low, lines.close
        self.datetime = lines.datetime
        self.attributes: Final = vars(data)
        self._clock: dt.time | None = None
        # The day whose session ends are known: its number, when its session ends and its last
        # moment, and the ends of its own and of the next day's session as Backtrader has them.
        self._first = self._end = self._next = math.inf
        self._values = (0.0, 0.0)

    def prices(self) -> tuple[Any, Any, Any, Any]:
        """Return open, high, low and close of the bar, or of the part of it seen so far."""
        ticks = self.attributes
        popen, phigh = ticks.get("tick_open"), ticks.get("tick_high")
        plow, pclose = ticks.get("tick_low"), ticks.get("tick_close")
        return (
            self.open[0] if popen is None else popen,
            self.high[0] if phigh is None else phigh,
            self.low[0] if plow is None else plow,
            self.close[0] if pclose is None else pclose,
        )

    def now(self) -> dt.datetime:
        """Return the time of the bar as ``data.datetime.datetime()`` does."""
        when: dt.datetime = num2date(self.datetime[0], tz=self.datetime._tz)
        return when

    def session_end(self) -> float:
        """Return when a session that is under way now ends, to Backtrader's last bit."""
        now = self.datetime[0]
        if self.data.p.sessionend is self._clock:
            if self._first <= now < self._end:
                return self._values[0]
            if self._end + 2 * _NEAR < now < self._next:
                return self._values[1]
        return self._find_session_end(now)

    def _find_session_end(self, now: float) -> float:
        end = self.data.p.sessionend
        when = num2date(now, tz=self.datetime._tz)
        at_end = when.replace(
            hour=end.hour, minute=end.minute, second=end.second, microsecond=end.microsecond
        )
        if self._is_plain():
            today, tomorrow = date2num(at_end), date2num(at_end + _DAY)
            self._clock, day = end, float(when.toordinal())
            self._first, self._end = day, today - _NEAR
            self._next, self._values = day + 1 - _NEAR, (today, tomorrow)
        if at_end < when:
            at_end += _DAY
        return float(self.data.date2num(at_end))

    def _is_plain(self) -> bool:
        native: Callable[..., float] = AbstractDataBase.date2num
        is_native = type(self.data).date2num is native and "date2num" not in self.attributes
        return is_native and self.data._tz is None and self.datetime._tz is None


class Feeds(dict[Any, Feed]):
    """Feeds, looked at when first asked for."""

    def __missing__(self, data: Any) -> Feed:
        feed = self[data] = Feed(data)
        return feed
