"""CandleFeed: a drop-in for Backtrader's PandasData that fills its lines in bulk."""

from __future__ import annotations

import array
import datetime as dt
from typing import Any

import backtrader as bt
import numpy as np

from cracktrader.domain.candle import FloatColumn
from cracktrader.domain.timeframe import Timeframe
from cracktrader.errors import ConfigError, DataError, did_you_mean
from cracktrader.feeds.columns import dates2num, fill_lines, to_array, within
from cracktrader.feeds.grid import GridClone, open_time, replayer_for, resampler_for
from cracktrader.feeds.options import parse_timeframe, parse_zone
from cracktrader.feeds.tables import Table, open_table


class CandleFeed(bt.DataBase):
    """Your own bars, from a DataFrame, an Arrow table, NumPy, a dict, Candles or a file.

    Takes what ``bt.feeds.PandasData`` takes and delivers the same bars. Where the times and
    values stand is said as there: ``datetime`` is None (the index), -1 (by name), a column's
    position or name; the others the same, with None for "not there". Times are taken as they
    are; whole numbers are ms since 1970, UTC.

    Only if ``ccxt_timeframe`` is given are the rows read as candles named by their open, as
    exchanges and the archive give them: each bar then bears the time of its close.
    """

    params: Any = (
        ("ccxt_timeframe", None),
        ("nocase", True),
        ("datetime", None),
        ("open", -1),
        ("high", -1),
        ("low", -1),
        ("close", -1),
        ("volume", -1),
        ("openinterest", -1),
    )

    _columns: dict[str, FloatColumn] | None = None
    _cells: list[tuple[Any, array.array[float]]] | None = None
    _candle_timeframe: Timeframe | None = None
    _row = _length = 0

    def __init__(self, **unknown: Any) -> None:
        # Backtrader's metaclass has taken out everything that is a parameter.
        for name in unknown:
            hint = did_you_mean(name, self.params._getkeys())  # noqa: SLF001
            raise TypeError(f'{type(self).__name__} has no option "{name}".{hint}')
        super().__init__()
        timeframe = self._chosen_timeframe()
        if timeframe is not None:
            self._use_timeframe(timeframe)

    def start(self) -> None:
        super().start()
        self._row = 0
        self._cells = None
        self._columns = self._read()
        self._length = len(self._columns["datetime"])

    def preload(self) -> None:
        """Take in every bar; in one go unless something must see them one by one."""
        if self._needs_each_bar():
            super().preload()
        else:
            self._fill()
        # The lines hold all of it now: no second copy in memory, nor in a pickle.
        self._columns = self._cells = None

    def resample(self, **kwargs: Any) -> None:
        """Make longer bars; of candles these are the exchange's own of that timeframe."""
        if self._candle_timeframe is None:
            super().resample(**kwargs)
        else:
            self.addfilter(resampler_for(**kwargs), **kwargs)

    def replay(self, **kwargs: Any) -> None:
        """Let longer bars grow; of candles these end as the exchange's own of that timeframe."""
        if self._candle_timeframe is None:
            super().replay(**kwargs)
        else:
            self.addfilter(replayer_for(**kwargs), **kwargs)

    def clone(self, **kwargs: Any) -> bt.DataBase:
        if self._candle_timeframe is None:
            return super().clone(**kwargs)
        return GridClone(dataname=self, **kwargs)

    def open_time(self, ago: int = 0) -> dt.datetime:
        """Return when the bar *ago* opened (0: the current one, -1: the one before), in UTC.

        Raises:
            DataError: if nobody said that the rows are candles.
        """
        if self._candle_timeframe is None:
            raise DataError(
                f'when the bars of "{self._name}" open is unknown: their times are taken as they '
                'are; ccxt_timeframe="1m" says that they are the opens of candles'
            )
        return open_time(self, ago)

    def _chosen_timeframe(self) -> Timeframe | None:
        """Return the timeframe that the rows are candles of; None if they are only bars."""
        chosen = self.p.ccxt_timeframe
        return None if chosen is None else parse_timeframe(chosen)

    def _use_timeframe(self, timeframe: Timeframe) -> None:
        """Take the rows for candles of *timeframe*."""
        self._candle_timeframe = timeframe
        self.p.timeframe, self.p.compression = timeframe.backtrader

    def _gettz(self) -> Any:
        return parse_zone(self.p.tz)

    def _gettzinput(self) -> Any:
        return parse_zone(self.p.tzinput)

    def _read(self) -> dict[str, FloatColumn]:
        """Return the columns by line name, ``datetime`` as Backtrader's day numbers."""
        return self._columns_of(self.p.dataname)

    def _columns_of(self, source: Any) -> dict[str, FloatColumn]:
        table = open_table(source)
        positions = {alias: self._position(table, alias) for alias in self.getlinealiases()}
        when = positions.pop("datetime")
        columns = {a: table.floats(p) for a, p in positions.items() if p is not None}
        times_us = table.times_us(table.time_position if when is None else when)
        later_us = 0
        if self._candle_timeframe is not None and self._candle_timeframe.is_calendar:
            times_us = self._candle_timeframe.closes(times_us // 1000) * 1000
        elif self._candle_timeframe is not None:
            later_us = self._candle_timeframe.duration_ms * 1000
        columns["datetime"] = dates2num(times_us, later_us=later_us)
        return columns

    def _position(self, table: Table, alias: str) -> int | None:
        wanted = getattr(self.p, alias)
        if wanted is None:
            return None
        if isinstance(wanted, str):
            found = table.position(wanted, ignore_case=self.p.nocase)
            if found is None:
                raise ConfigError(_no_such_column(table, alias, wanted))
            return found
        if wanted < 0:
            return table.position(alias, ignore_case=self.p.nocase)
        if wanted >= len(table.names):
            raise ConfigError(_no_such_column(table, alias, wanted))
        return int(wanted)

    def _needs_each_bar(self) -> bool:
        cls = type(self)
        return bool(
            self._filters
            or cls._load is not CandleFeed._load
            or cls.load is not bt.DataBase.load
            or any(line.bindings or line.mode != line.UnBounded for line in self.lines.lines)
        )

    def _fill(self) -> None:
        columns = self._columns or {}
        dates = columns["datetime"]
        if self._tzinput:
            dates = self._as_utc(dates)
        delivered = within(dates, self.fromdate, self.todate)
        columns = {**columns, "datetime": dates}
        if delivered is not None:
            columns = {alias: column[delivered] for alias, column in columns.items()}
        aliases = self.getlinealiases()
        named = [
            (line, columns.get(alias))
            for line, alias in zip(self.lines.lines, aliases, strict=False)
        ]
        unnamed = [(line, None) for line in self.lines.lines[len(aliases) :]]
        fill_lines([*named, *unnamed], len(columns["datetime"]))
        self._row = self._length

    def _as_utc(self, dates: FloatColumn) -> FloatColumn:
        localize = self._tzinput.localize
        moved = [bt.date2num(localize(bt.num2date(date))) for date in dates.tolist()]
        return np.array(moved, dtype=np.float64)

    def _load(self) -> bool:
        row = self._row
        if row >= self._length:
            return False
        if self._cells is None:
            self._cells = self._make_cells()
        for line, column in self._cells:
            line[0] = column[row]
        self._row = row + 1
        return True

    def _make_cells(self) -> list[tuple[Any, array.array[float]]]:
        """Pair each line with its values as a plain array, which is quick to index."""
        columns = self._columns or {}
        return [(getattr(self.lines, alias), to_array(c)) for alias, c in columns.items()]


def _no_such_column(table: Table, alias: str, wanted: str | int) -> str:
    names = [str(name) for name in table.names]
    return (
        f'no column "{wanted}" for "{alias}"; there are {", ".join(names)}.'
        f"{did_you_mean(str(wanted), names)}"
    )
