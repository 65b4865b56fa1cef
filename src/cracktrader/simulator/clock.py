"""A clock the local exchange lives by: as fast as asked, paused, stepped, or moved ahead."""

from __future__ import annotations

import threading
from typing import Final

from cracktrader.domain.clock import Clock, SystemClock
from cracktrader.errors import ConfigError

SLOWEST: Final = 1.0
FASTEST: Final = 10_000.0


class VirtualClock:
    """Virtual time that runs *speed* times as fast as real time.

    It never goes backwards. Any thread may read and move it.
    """

    def __init__(
        self,
        start_ms: int,
        *,
        speed: float = 1.0,
        is_paused: bool = False,
        source: Clock | None = None,
    ) -> None:
        self._source = source if source is not None else SystemClock()
        self._lock = threading.Lock()
        self._start_ms = self._anchor_ms = start_ms
        self._anchor_s = self._source.monotonic_s()
        self._speed = _checked(speed)
        self._is_paused = is_paused

    def time_ms(self) -> int:
        with self._lock:
            return self._now()

    def monotonic_s(self) -> float:
        return (self.time_ms() - self._start_ms) / 1000

    @property
    def is_paused(self) -> bool:
        """Whether time stands still."""
        return self._is_paused

    @property
    def speed(self) -> float:
        """Virtual seconds per real second, 1 to 10,000."""
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        checked = _checked(speed)
        with self._lock:
            self._anchor_at(self._now())
            self._speed = checked

    def pause(self) -> None:
        """Stop time where it is."""
        with self._lock:
            self._anchor_at(self._now())
            self._is_paused = True

    def resume(self) -> None:
        """Let time run on from where it stopped."""
        with self._lock:
            self._anchor_at(self._now())
            self._is_paused = False

    def step(self, milliseconds: int) -> int:
        """Move ahead by *milliseconds*, paused or not; return the new time.

        Raises:
            ValueError: if *milliseconds* is negative.
        """
        if milliseconds < 0:
            raise ValueError(f"an exchange's clock never goes back; the step was {milliseconds} ms")
        with self._lock:
            self._anchor_at(self._now() + milliseconds)
            return self._anchor_ms

    def jump(self, timestamp: int) -> None:
        """Move ahead to *timestamp* (ms UTC).

        Raises:
            ValueError: if that time has passed.
        """
        with self._lock:
            now = self._now()
            if timestamp < now:
                raise ValueError(
                    f"an exchange's clock never goes back; it is {now}, asked for {timestamp}"
                )
            self._anchor_at(timestamp)

    def _now(self) -> int:
        if self._is_paused:
            return self._anchor_ms
        passed_s = self._source.monotonic_s() - self._anchor_s
        return self._anchor_ms + int(passed_s * 1000 * self._speed)

    def _anchor_at(self, timestamp: int) -> None:
        self._anchor_ms = timestamp
        self._anchor_s = self._source.monotonic_s()


def _checked(speed: float) -> float:
    if not SLOWEST <= speed <= FASTEST:  # a NaN fails this too
        raise ConfigError(f"speed was {speed:g}; use {SLOWEST:g} to {FASTEST:g}")
    return float(speed)
