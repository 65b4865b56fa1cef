"""Candles of one file, as a store that a feed can take them from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import numpy as np

from cracktrader.candles.aggregate import aggregate_candles
from cracktrader.candles.interchange import read_file
from cracktrader.candles.merge import merge_candles
from cracktrader.domain.candle import Candles
from cracktrader.domain.timeframe import Timeframe
from cracktrader.errors import DataError, UnsupportedError
from cracktrader.feeds.history import History, HistoryRequest

_UNITS_MS: Final = {"w": 604_800_000, "d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000}
_SHORTEST_MONTH_MS: Final = 28 * 86_400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FileCandles:
    """What a file holds; longer timeframes are built from its own."""

    source: str
    candles: Candles
    timeframe: Timeframe

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a CSV or Parquet file.

        Raises:
            DataError: if it cannot be read or holds fewer than two candles.
        """
        candles = merge_candles(read_file(path))
        if len(candles) < 2:
            raise DataError(f'"{path}" holds {len(candles)} candles; a backtest needs more')
        return cls(source=str(path), candles=candles, timeframe=infer_timeframe(candles))

    @property
    def start(self) -> int:
        """The first open, ms UTC."""
        return int(self.candles.timestamp[0])

    @property
    def end(self) -> int:
        """The last close, ms UTC."""
        return self.timeframe.close_of(int(self.candles.timestamp[-1]))

    def history(self, request: HistoryRequest, *, on_progress: object = None) -> History:
        """Return what was asked for, as far as the file goes.

        Raises:
            UnsupportedError: if the file's candles cannot make up the timeframe.
            DataError: if there is nothing in that time.
        """
        wanted = request.timeframe
        start = wanted.ceil(max(self.start, request.start or self.start))
        end = wanted.floor(min(self.end, request.end or self.end))
        if not self.timeframe.divides(wanted):
            raise UnsupportedError(
                f'"{self.source}" holds {self.timeframe} candles; {wanted} cannot be made of them'
            )
        chosen = self.candles.between(start, end)
        if wanted != self.timeframe:
            chosen = aggregate_candles(chosen, self.timeframe, wanted, start=start, end=end)
        if not len(chosen):
            raise DataError(f'"{self.source}" holds no {wanted} candles in that time')
        return History(candles=chosen, start=start, end=end)


def infer_timeframe(candles: Candles) -> Timeframe:
    """Return the timeframe of ordered candles: the shortest step between two of them."""
    month = Timeframe(1, "M")
    stamps = candles.timestamp
    step_ms = int(np.diff(stamps).min())
    if step_ms >= _SHORTEST_MONTH_MS and all(month.floor(t) == t for t in stamps.tolist()):
        return Timeframe(round(step_ms / month.duration_ms), "M")
    for unit, length_ms in _UNITS_MS.items():
        if step_ms % length_ms == 0:
            return Timeframe(step_ms // length_ms, unit)
    raise DataError(f"candles are {step_ms} ms apart, which is no timeframe")
