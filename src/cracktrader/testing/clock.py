"""A clock that moves only when told to."""

from __future__ import annotations


class ManualClock:
    """Stands still until `advance` moves it."""

    def __init__(self, time_ms: int = 0) -> None:
        self._time_ms = time_ms
        self._monotonic_ms = 0

    def time_ms(self) -> int:
        return self._time_ms

    def monotonic_s(self) -> float:
        return self._monotonic_ms / 1000

    def advance(self, milliseconds: int) -> None:
        """Move time forward."""
        self._time_ms += milliseconds
        self._monotonic_ms += milliseconds
