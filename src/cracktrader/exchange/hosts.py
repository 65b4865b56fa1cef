"""HostGate: when a host asks for silence, nobody in this process calls it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Final

from cracktrader.domain.clock import Clock

_SLOW_DOWN: Final = frozenset({418, 429})
# Binance writes `IP banned until 1573091432343`, a time in ms by its own clock.
_UNTIL: Final = re.compile(r"until\s+(\d{13})\b")
_SHORTEST_S: Final = 1.0
_SHORTEST_BAN_S: Final = 120.0
_LONGEST_GUESS_S: Final = 120.0
# A page in front of the exchange may ask for a day; our cancels shall not wait that long.
_LONGEST_OTHER_S: Final = 600.0


class HostGate:
    """Pauses per host, obeyed by every connection to it.

    An exchange limits by address, so a ban that one connection met counts for all of them.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._paused_until_s: dict[str, float] = {}
        self._refusals: dict[str, int] = {}

    def remaining_s(self, host: str) -> float:
        """Return how many seconds *host* must still be left alone; 0 if none."""
        until_s = self._paused_until_s.get(host)
        return 0.0 if until_s is None else max(until_s - self._clock.monotonic_s(), 0.0)

    def pause(self, host: str, seconds: float) -> None:
        """Leave *host* alone for *seconds*; a pause is never shortened."""
        until_s = self._clock.monotonic_s() + seconds
        self._paused_until_s[host] = max(until_s, self._paused_until_s.get(host, until_s))

    def observe(self, host: str, status: int, headers: Mapping[str, str], body: str) -> float:
        """Learn from a reply; return the seconds of pause it asked for, 0 if none.

        *headers* must not care about case; *body* may be empty unless the reply refuses.
        """
        # A 403, or a 503 with Retry-After, also asks for silence, if not as a limit.
        asked_s = self._asked_s(headers, body) if status >= 400 else None
        if status in _SLOW_DOWN:
            guess_s = self._guess_s(host, status)
            pause_s = guess_s if asked_s is None else asked_s
        else:
            self._refusals.pop(host, None)
            pause_s = min(asked_s or 0.0, _LONGEST_OTHER_S)
        if pause_s > 0:
            self.pause(host, pause_s)
        return pause_s

    def _guess_s(self, host: str, status: int) -> float:
        refusals = self._refusals[host] = self._refusals.get(host, 0) + 1
        floor_s = _SHORTEST_BAN_S if status == 418 else _SHORTEST_S
        return max(floor_s, min(_SHORTEST_S * 2.0 ** min(refusals - 1, 16), _LONGEST_GUESS_S))

    def _asked_s(self, headers: Mapping[str, str], body: str) -> float | None:
        waits = (self._until_s(headers, body), self._retry_after_s(headers))
        known = [wait for wait in waits if wait is not None]
        return max(*known, _SHORTEST_S) if known else None

    def _until_s(self, headers: Mapping[str, str], body: str) -> float | None:
        match = _UNTIL.search(body)
        if match is None:
            return None
        return (int(match[1]) - self._their_time_ms(headers)) / 1000

    def _retry_after_s(self, headers: Mapping[str, str]) -> float | None:
        text = headers.get("Retry-After", "").strip()
        if text.isdigit():
            return float(text)
        at_ms = date_ms(text)
        return None if at_ms is None else (at_ms - self._their_time_ms(headers)) / 1000

    def _their_time_ms(self, headers: Mapping[str, str]) -> int:
        # By the clock of whoever wrote the deadline: ours may be minutes off.
        at_ms = date_ms(headers.get("Date", ""))
        return self._clock.time_ms() if at_ms is None else at_ms


def date_ms(text: str) -> int | None:
    """Return the moment an HTTP date header tells, ms UTC; None if it is no date."""
    try:
        return int(parsedate_to_datetime(text).timestamp() * 1000)
    except (TypeError, ValueError, OverflowError):
        return None
