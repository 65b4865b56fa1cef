"""Resampling and replaying along the exchange's own candles: UTC days, weeks from Monday.

Backtrader's own filters think of a bar's date, so a bar that closes at midnight would count
for the next day, week or month. These think of the candle that a bar closes in.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import backtrader as bt
from backtrader.feed import DataClone
from backtrader.resamplerfilter import DTFaker, Replayer, Resampler

from cracktrader.domain.timeframe import Timeframe
from cracktrader.errors import DataError

_EPOCH_ORDINAL: Final = dt.date(1970, 1, 1).toordinal()
_DAY_MS: Final = 86_400_000
_UNITS: Final = {
    bt.TimeFrame.Seconds: (1, "s"),
    bt.TimeFrame.Minutes: (1, "m"),
    bt.TimeFrame.Days: (1, "d"),
    bt.TimeFrame.Weeks: (1, "w"),
    bt.TimeFrame.Months: (1, "M"),
    bt.TimeFrame.Years: (12, "M"),
}


def num2ms(number: float) -> int:
    """Return Backtrader's day number as ms since 1970, UTC."""
    return round((number - _EPOCH_ORDINAL) * _DAY_MS)


def ms2num(timestamp: int) -> float:
    """Return ms since 1970, UTC, as Backtrader's day number."""
    moment = dt.datetime.fromtimestamp(timestamp / 1000, tz=dt.UTC)
    number: float = bt.date2num(moment)
    return number


def timeframe_of(constant: int, compression: int) -> Timeframe | None:
    """Return Backtrader's (timeframe, compression) in our words; None for ticks and the like."""
    if constant not in _UNITS or compression < 1:
        return None
    factor, unit = _UNITS[constant]
    count = factor * compression
    if unit == "m" and count % 60 == 0:
        return Timeframe(count // 60, "h")
    return Timeframe(count, unit)


def open_time(data: Any, ago: int = 0) -> dt.datetime:
    """Return when a bar of *data* opened that bears the time of its close; aware, UTC.

    Raises:
        DataError: if Backtrader's timeframe is none that has a beginning.
    """
    timeframe = timeframe_of(data._timeframe, data._compression)  # noqa: SLF001
    if timeframe is None:
        raise DataError(f'"{data._name}" has no candles but ticks, which do not open')  # noqa: SLF001
    opened = timeframe.floor(num2ms(data.lines.datetime[ago]) - 1)
    return dt.datetime.fromtimestamp(opened / 1000, tz=dt.UTC)


class GridClone(DataClone):
    """What Cerebro makes of a feed on the grid that is used as it is and resampled, too."""

    def resample(self, **kwargs: Any) -> None:
        self.addfilter(resampler_for(**kwargs), **kwargs)

    def replay(self, **kwargs: Any) -> None:
        self.addfilter(replayer_for(**kwargs), **kwargs)

    def clone(self, **kwargs: Any) -> GridClone:
        return GridClone(dataname=self, **kwargs)

    def open_time(self, ago: int = 0) -> dt.datetime:
        """Return when the bar *ago* opened, aware, UTC."""
        return open_time(self, ago)


class _Grid:
    """Mixin for Backtrader's filters: a bar belongs to the candle it closes in."""

    bar: Any
    p: Any

    def __init__(self, data: Any) -> None:
        self._grid: Any = timeframe_of(self.p.timeframe, self.p.compression)
        super().__init__(data)  # type: ignore[call-arg]
        self.componly = False
        self.doadjusttime = bool(self.p.adjbartime)

    def _candle(self: Any, number: float) -> int:
        """Return the open of the candle that a bar closing at *number* belongs to."""
        opened: int = self._grid.floor(num2ms(number) - 1)
        return opened

    def _dataonedge(self: Any, data: Any) -> tuple[bool, bool]:
        closed = num2ms(data.datetime[0])
        return self._grid.floor(closed) == closed, True

    def _checkbarover(self, data: Any, fromcheck: bool = False, forcedata: Any = None) -> bool:  # noqa: FBT001, FBT002  (Backtrader's signature)
        now = DTFaker(data, forcedata) if fromcheck else data
        return self._candle(self.bar.datetime) < self._candle(now.datetime[0])

    def _calcadjtime(self: Any, greater: bool = False) -> float:  # noqa: FBT001, FBT002
        opened = self._candle(self.bar.datetime)
        return ms2num(self._grid.close_of(opened) if self.p.rightedge else opened)


class GridResampler(_Grid, Resampler):
    """Backtrader's Resampler on the exchange's grid, without candles that are not whole."""

    def __init__(self, data: Any) -> None:
        self._source = timeframe_of(data._timeframe, data._compression)  # noqa: SLF001
        self._begun: int | None = None
        super().__init__(data)

    def __call__(self, data: Any, fromcheck: bool = False, forcedata: Any = None) -> bool:  # noqa: FBT001, FBT002
        if not fromcheck and self._is_cut(data):
            data.backwards()
            return True
        consumed: bool = super().__call__(data, fromcheck=fromcheck, forcedata=forcedata)
        return consumed

    def last(self, data: Any) -> bool:
        """Deliver what is left, unless its candle was still growing."""
        if self.bar.isopen() and not self._grid_closed():
            self.bar.bstart(maxdate=True)
        delivered: bool = super().last(data)
        return delivered

    def _is_cut(self, data: Any) -> bool:
        """Whether the bar belongs to a first candle whose beginning was never seen."""
        candle = self._candle(data.datetime[0])
        if self._begun is None:
            opened = num2ms(data.datetime[0])
            if self._source is not None:
                opened = self._source.floor(opened - 1)
            # The first candle that is seen from its beginning.
            self._begun = candle if opened == candle else self._grid.close_of(candle)
        return candle < self._begun

    def _grid_closed(self) -> bool:
        closed = num2ms(self.bar.datetime)
        return bool(self._grid.floor(closed) == closed)


class GridReplayer(_Grid, Replayer):
    """Backtrader's Replayer on the exchange's grid."""


def resampler_for(**kwargs: Any) -> type[Resampler]:
    """Return the filter that makes longer bars as *kwargs* ask."""
    return GridResampler if _is_on_grid(**kwargs) else Resampler


def replayer_for(**kwargs: Any) -> type[Replayer]:
    """Return the filter that lets longer bars grow as *kwargs* ask."""
    return GridReplayer if _is_on_grid(**kwargs) else Replayer


def _is_on_grid(
    *,
    timeframe: int = bt.TimeFrame.Days,
    compression: int = 1,
    bar2edge: bool = True,
    boundoff: int = 0,
    **_: Any,
) -> bool:
    """Whether a resampling asks for nothing but a timeframe."""
    return bar2edge and not boundoff and timeframe_of(timeframe, compression) is not None
