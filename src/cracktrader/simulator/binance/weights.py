"""Request weight: what a client used in this minute, and when it is too much."""

from __future__ import annotations

from typing import Final

from cracktrader.domain.clock import Clock
from cracktrader.simulator.binance.refusals import Refused

BINANCE_LIMIT: Final = 6_000
"""Binance's own limit per minute and address."""

_MINUTE_S: Final = 60
_REFUSALS_BEFORE_BAN: Final = 10
_BAN_S: Final = 120
_ADVICE: Final = "Please use WebSocket Streams for live updates to avoid"


class RequestWeights:
    """Counts the weight used per minute of real time, and refuses as Binance does.

    *limit* None counts only. A client that goes on after ten refusals is banned for two
    minutes, then for twice as long each time.
    """

    def __init__(self, clock: Clock, *, limit: int | None = None) -> None:
        self._clock = clock
        self._limit = limit
        self._started = self._minute()
        self._used = 0
        self._refusals = 0
        self._bans = 0
        self._banned_until_s = 0.0

    @property
    def limit(self) -> int:
        """The limit that is told to clients."""
        return BINANCE_LIMIT if self._limit is None else self._limit

    @property
    def used(self) -> int:
        """Weight used in the running minute."""
        return self._used if self._minute() == self._started else 0

    def spend(self, weight: int) -> None:
        """Count one request.

        Raises:
            Refused: with 429 if the limit is exceeded, with 418 while banned.
        """
        now_s = self._clock.monotonic_s()
        if now_s < self._banned_until_s:
            raise self._banned(self._banned_until_s - now_s)
        if (minute := self._minute()) != self._started:
            self._started, self._used, self._refusals = minute, 0, 0
        self._used += weight
        if self._limit is None or self._used <= self._limit:
            return
        self._refusals += 1
        if self._refusals > _REFUSALS_BEFORE_BAN:
            ban_s = _BAN_S * 2**self._bans
            self._bans += 1
            self._banned_until_s = now_s + ban_s
            raise self._banned(ban_s)
        raise too_many_requests(self._limit, retry_after_s=_MINUTE_S - now_s % _MINUTE_S)

    def _minute(self) -> int:
        return int(self._clock.monotonic_s() // _MINUTE_S)

    def _banned(self, seconds: float) -> Refused:
        return banned(self._clock.time_ms() + int(seconds * 1000), retry_after_s=seconds)


def too_many_requests(limit: int, *, retry_after_s: float) -> Refused:
    """Return the refusal of a request above the limit."""
    return Refused(
        -1003,
        f"Too much request weight used; current limit is {limit} request weight per 1 MINUTE. "
        f"{_ADVICE} polling the API.",
        status=429,
        headers={"Retry-After": str(int(retry_after_s) + 1)},
    )


def banned(until: int, *, retry_after_s: float) -> Refused:
    """Return the refusal of every request until *until* (ms UTC, real time)."""
    return Refused(
        -1003,
        f"Way too much request weight used; IP banned until {until}. {_ADVICE} bans.",
        status=418,
        headers={"Retry-After": str(int(retry_after_s) + 1)},
    )
