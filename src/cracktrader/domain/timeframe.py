"""A Timeframe: "1m", milliseconds, Backtrader's (timeframe, compression).

Candles are named by their open time. Weeks open on Monday and months on their first
day, both at midnight UTC, as exchanges serve them; everything else counts from the epoch.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

_UNIT_MS: Final = {
    "s": 1_000,
    "m": 60_000,
    "h": 3_600_000,
    "d": 86_400_000,
    "w": 7 * 86_400_000,
}
_MONTH: Final = "M"
_UNITS: Final = (*_UNIT_MS, _MONTH)
# Backtrader's TimeFrame constants: Seconds 3, Minutes 4, Days 5, Weeks 6, Months 7.
_BACKTRADER: Final = {"s": (3, 1), "m": (4, 1), "h": (4, 60), "d": (5, 1), "w": (6, 1), "M": (7, 1)}
_PATTERN: Final = re.compile(r"([1-9]\d*)([smhdwM])")
# 1970-01-01 was a Thursday; the first Monday after it is 1970-01-05.
_FIRST_MONDAY_MS: Final = 4 * 86_400_000
_LONGEST_NOMINAL_MONTH_MS: Final = 31 * 86_400_000


@dataclass(frozen=True, slots=True, order=False)
class Timeframe:
    """How long a candle is, from ``1s`` to months.

    Build one with `parse`.
    """

    count: int
    unit: str

    def __post_init__(self) -> None:
        if self.count < 1 or self.unit not in _UNITS:
            raise ValueError(f'timeframe was "{self.count}{self.unit}"; use a form like {EXAMPLES}')

    @classmethod
    def parse(cls, text: str) -> Timeframe:
        """Read CCXT's notation: a count and one of s, m, h, d, w, M.

        Raises:
            ValueError: if *text* is nothing of the kind; the message says what is possible.
        """
        match = _PATTERN.fullmatch(str(text).strip())
        if match is None:
            raise ValueError(f'timeframe was "{text}"; use a form like {EXAMPLES}')
        return cls(int(match[1]), match[2])

    @property
    def name(self) -> str:
        """CCXT's notation, e.g. ``"15m"``."""
        return f"{self.count}{self.unit}"

    def __str__(self) -> str:
        return self.name

    @property
    def is_calendar(self) -> bool:
        """Whether candles differ in length (months)."""
        return self.unit == _MONTH

    @property
    def duration_ms(self) -> int:
        """Milliseconds of one candle; for months the longest possible."""
        if self.is_calendar:
            return self.count * _LONGEST_NOMINAL_MONTH_MS
        return self.count * _UNIT_MS[self.unit]

    @property
    def backtrader(self) -> tuple[int, int]:
        """Backtrader's (timeframe constant, compression)."""
        constant, factor = _BACKTRADER[self.unit]
        return constant, self.count * factor

    def floor(self, timestamp: int) -> int:
        """Return the open of the candle that contains *timestamp* (ms UTC)."""
        if self.is_calendar:
            months = _month_number(timestamp)
            return _month_open(months - months % self.count)
        return timestamp - (timestamp - self._origin) % self.duration_ms

    def floors(self, timestamps: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return the open of the candle that contains each timestamp, as int64 ms UTC."""
        if not self.is_calendar:
            return timestamps - (timestamps - self._origin) % self.duration_ms
        # Integers of datetime64[M] count months from 1970-01, as _month_number does.
        months = timestamps.astype("datetime64[ms]").astype("datetime64[M]").astype(np.int64)
        opens = (months - months % self.count).astype("datetime64[M]").astype("datetime64[ms]")
        return opens.astype(np.int64)

    def ceil(self, timestamp: int) -> int:
        """Return the first open at or after *timestamp* (ms UTC)."""
        floor = self.floor(timestamp)
        return floor if floor == timestamp else self.close_of(floor)

    def close_of(self, open_timestamp: int) -> int:
        """Return when the candle that opens at *open_timestamp* closes: the next candle's open."""
        return self.shift(open_timestamp, 1)

    def shift(self, open_timestamp: int, candles: int) -> int:
        """Return the open *candles* later (earlier if negative)."""
        if self.is_calendar:
            return _month_open(_month_number(open_timestamp) + candles * self.count)
        return open_timestamp + candles * self.duration_ms

    def opens(self, start: int, end: int) -> npt.NDArray[np.int64]:
        """Return every candle open in ``[start, end)`` as int64 ms UTC."""
        first = self.ceil(start)
        if not self.is_calendar:
            return np.arange(first, end, self.duration_ms, dtype=np.int64)
        opens = []
        while first < end:
            opens.append(first)
            first = self.close_of(first)
        return np.array(opens, dtype=np.int64)

    def closes(self, opens: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return the close time of each open, as int64 ms UTC."""
        if not self.is_calendar:
            return opens + np.int64(self.duration_ms)
        return np.array([self.close_of(int(value)) for value in opens], dtype=np.int64)

    def divides(self, longer: Timeframe) -> bool:
        """Whether every candle of *longer* is made of whole candles of this timeframe."""
        if self.is_calendar:
            return longer.is_calendar and longer.count % self.count == 0
        if longer.is_calendar:
            return _UNIT_MS["d"] % self.duration_ms == 0
        # Weeks start on a Monday, days since the epoch on a Thursday: origins must agree too.
        same_origin = (longer._origin - self._origin) % self.duration_ms == 0
        return same_origin and longer.duration_ms % self.duration_ms == 0

    @property
    def _origin(self) -> int:
        return _FIRST_MONDAY_MS if self.unit == "w" else 0


EXAMPLES: Final = "1s, 1m, 5m, 1h, 4h, 1d, 1w, 1M"


def _month_number(timestamp: int) -> int:
    moment = dt.datetime.fromtimestamp(timestamp / 1000, tz=dt.UTC)
    return (moment.year - 1970) * 12 + moment.month - 1


def _month_open(number: int) -> int:
    moment = dt.datetime(1970 + number // 12, number % 12 + 1, 1, tzinfo=dt.UTC)
    return int(moment.timestamp()) * 1000
