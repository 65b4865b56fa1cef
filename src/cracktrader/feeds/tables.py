"""Any table somebody holds, read as named columns: DataFrame, Arrow, NumPy, dict, file ..."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from cracktrader.candles.interchange import read_file
from cracktrader.domain.candle import COLUMNS, Candles, FloatColumn, IntColumn
from cracktrader.errors import DataError

# Milliseconds below this are before 1973-03-03: the number was seconds.
_EARLIEST_MS: Final = 10**11
_TIME_NAMES: Final = ("datetime", "timestamp", "date", "time", "open_time")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Columns by position, their names, and the index if there is one."""

    names: tuple[Hashable, ...]
    length: int
    column: Callable[[int], Any]
    index: Any = None

    def position(self, name: Hashable, *, ignore_case: bool) -> int | None:
        """Return where the column *name* stands, or None."""
        for position, candidate in enumerate(self.names):
            if candidate == name or (ignore_case and _folded(candidate) == _folded(name)):
                return position
        return None

    def floats(self, position: int) -> FloatColumn:
        """Return a column as float64; what is missing is NaN."""
        column = self.column(position)
        try:
            if hasattr(column, "na_value") or hasattr(getattr(column, "dtype", None), "na_value"):
                column = column.to_numpy(dtype=np.float64, na_value=np.nan)
            return np.asarray(column, dtype=np.float64)
        except (TypeError, ValueError) as exc:
            raise DataError(f'column "{self.names[position]}" holds no numbers: {exc}') from exc

    def times_us(self, position: int | None) -> IntColumn:
        """Return a column (None: the index) as microseconds since 1970, UTC.

        Datetimes keep their moment, naive ones are UTC; integers are milliseconds, UTC.
        """
        if position is None:
            return _times_us(self.index, "the index")
        return _times_us(self.column(position), f'column "{self.names[position]}"')

    @property
    def time_position(self) -> int | None:
        """Where the times stand when nobody says: in the index, else in a column so named.

        Raises:
            DataError: if there is neither.
        """
        if self.index is not None:
            return None
        for name in _TIME_NAMES:
            if (position := self.position(name, ignore_case=True)) is not None:
                return position
        raise DataError(f"no column holds the times; it would be named {', '.join(_TIME_NAMES)}")


def open_table(source: Any) -> Table:
    """Read *source* as a table, without importing the library it comes from.

    The path of a CSV or Parquet file is one too; of a file only candles' six columns are read.

    Raises:
        DataError: if it is no table.
    """
    if isinstance(source, str | Path):
        source = read_file(source)
    if isinstance(source, Candles):
        return _of_mapping({name: getattr(source, name) for name in COLUMNS})
    if isinstance(source, Mapping):
        return _of_mapping(source)
    if isinstance(source, np.ndarray) and source.dtype.names:
        return _of_mapping({name: source[name] for name in source.dtype.names})
    if hasattr(source, "column_names") and hasattr(source, "column"):
        return _of_arrow(source)
    if hasattr(source, "columns") and hasattr(source, "iloc"):
        return _of_frame(source)
    raise DataError(
        f"a {type(source).__name__} is no table; use a DataFrame, an Arrow table, Candles, "
        "a NumPy record array, a dict of columns, or the path of a Parquet or CSV file"
    )


def _of_mapping(columns: Mapping[str, Any]) -> Table:
    names = tuple(columns)
    lengths = {len(columns[name]) for name in names}
    if len(lengths) != 1:
        raise DataError(f"columns differ in length: {sorted(lengths)}")
    return Table(names=names, length=lengths.pop(), column=lambda i: np.asarray(columns[names[i]]))


def _of_arrow(source: Any) -> Table:
    names = tuple(source.column_names)
    return Table(names=names, length=len(source), column=lambda i: source.column(i).to_numpy())


def _of_frame(source: Any) -> Table:
    return Table(
        names=tuple(source.columns),
        length=len(source),
        column=lambda i: source.iloc[:, i],
        index=source.index,
    )


def _folded(name: Hashable) -> Hashable:
    return name.lower() if isinstance(name, str) else name


def _times_us(column: Any, called: str) -> IntColumn:
    # A time zone lives in pandas' own dtype; asked for plain datetimes it gives them in UTC.
    zoned = getattr(getattr(column, "dtype", None), "tz", None) is not None
    values: npt.NDArray[Any] = np.asarray(column, dtype="datetime64[us]" if zoned else None)
    if values.dtype.kind == "M":
        if np.isnat(values).any():
            raise DataError(f"{called} has no time in row {int(np.isnat(values).argmax())}")
        return values.astype("datetime64[us]").view(np.int64)
    if values.dtype.kind in "iu":
        if len(values) and values.min() < _EARLIEST_MS:
            raise DataError(
                f"{called} holds no times but {values.min()}; whole numbers must be ms since 1970 "
                '(is "datetime" set to the right column?)'
            )
        times_us: IntColumn = np.multiply(values, 1000, dtype=np.int64, casting="unsafe")
        return times_us
    try:
        return np.array([_moment_us(value) for value in values], dtype=np.int64)
    except (AttributeError, TypeError, ValueError) as exc:
        raise DataError(f"{called} holds no times: {exc}") from exc


def _moment_us(value: Any) -> int:
    moment: dt.datetime = value.to_pydatetime() if hasattr(value, "to_pydatetime") else value
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    return (moment - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1)
