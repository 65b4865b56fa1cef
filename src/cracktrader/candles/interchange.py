"""Candles from and to files of other programs: CSV and Parquet.

A time column may be called timestamp, time, date, datetime, open_time ... and hold seconds,
milliseconds, microseconds or nanoseconds since the epoch, or ISO 8601 text; text without a
time zone is UTC.
"""

from __future__ import annotations

import csv
import datetime as dt
import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, TextIO

import numpy as np

from cracktrader.candles.parquet import read_foreign_columns, write_candles
from cracktrader.domain.candle import COLUMNS, Candles, FloatColumn, IntColumn
from cracktrader.domain.timeframe import Timeframe
from cracktrader.errors import DataError

FORMATS: Final = (".csv", ".parquet")

_TIME_NAMES: Final = (
    "timestamp",
    "time",
    "datetime",
    "date",
    "open_time",
    "opentime",
    "open time",
    "unix",
    "ts",
    "t",
    "index",
    "__index_level_0__",
)
_SHORT: Final = {"o": "open", "h": "high", "l": "low", "c": "close", "v": "volume", "vol": "volume"}
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MS: Final = dt.timedelta(milliseconds=1)
# Candles opened between 2001 and 2286 whatever the unit: each has its own count of digits.
_SECONDS_BELOW: Final = 1e11
_MILLIS_BELOW: Final = 1e14
_MICROS_BELOW: Final = 1e17
_FARTHEST_MS: Final = 253_402_300_800_000  # the year 10000


def read_file(path: str | Path) -> Candles:
    """Read candles from a CSV or Parquet file, by its ending, in the order they stand there.

    Raises:
        DataError: if the file cannot be read, or a row makes no sense; it names the line.
    """
    file = Path(path)
    _require_format(file)
    try:
        if file.suffix.lower() == ".csv":
            with file.open(encoding="utf-8-sig", newline="") as text:
                return _read_csv(text, str(path))
        return _from_columns(read_foreign_columns(file), str(path))
    except UnicodeDecodeError as exc:
        raise DataError(f'"{path}" is not text in UTF-8: {exc.reason}') from exc
    except OSError as exc:
        raise DataError(f'cannot read candles from "{path}": {exc.strerror or exc}') from exc


def write_file(path: str | Path, candles: Candles) -> None:
    """Write candles to a CSV or Parquet file, by its ending; timestamps are ms UTC.

    Raises:
        DataError: if it cannot be written.
    """
    file = Path(path)
    _require_format(file)
    if file.suffix.lower() != ".csv":
        write_candles(file, candles)
        return
    try:
        with file.open("w", encoding="utf-8", newline="") as text:
            writer = csv.writer(text, lineterminator="\n")
            writer.writerow(COLUMNS)
            writer.writerows(_shown(candle) for candle in candles)
    except OSError as exc:
        raise DataError(f'cannot write candles to "{path}": {exc.strerror or exc}') from exc


def require_spacing(candles: Candles, timeframe: Timeframe, *, source: str) -> None:
    """Refuse ordered candles that cannot be of *timeframe*.

    Raises:
        DataError: if they do not open on its grid, or never follow one another directly.
    """
    stamps = candles.timestamp
    misplaced = np.flatnonzero(timeframe.floors(stamps) != stamps)
    if len(misplaced):
        raise DataError(
            f'"{source}" does not hold candles of {timeframe}: '
            f"{len(misplaced)} do not open on its grid, the first at {int(stamps[misplaced[0]])}"
        )
    if len(stamps) > 1 and bool((stamps[1:] > timeframe.closes(stamps[:-1])).all()):
        apart_s = int(np.diff(stamps).min()) // 1000
        raise DataError(
            f'"{source}" does not hold candles of {timeframe}: they are {apart_s} s apart or more'
        )


def to_milliseconds(text: str) -> int:
    """Read one time: an epoch in s, ms, us or ns, or ISO 8601.

    Raises:
        ValueError: if *text* is neither.
    """
    try:
        number = float(text)
    except ValueError:
        moment = dt.datetime.fromisoformat(text.strip())
        aware = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
        return (aware - _EPOCH) // _MS
    if not math.isfinite(number):
        raise ValueError(f'"{text}" is no time')
    scale, divisor = _unit(abs(number))
    exact = int(text) if text.strip().lstrip("+-").isdigit() else number
    milliseconds = int(exact * scale // divisor)
    if abs(milliseconds) > _FARTHEST_MS:
        raise ValueError(f'"{text}" is no time')
    return milliseconds


def _unit(size: float) -> tuple[int, int]:
    """Return by what to multiply and divide a number of that size to get milliseconds."""
    if size < _SECONDS_BELOW:
        return 1000, 1
    if size < _MILLIS_BELOW:
        return 1, 1
    return (1, 1000) if size < _MICROS_BELOW else (1, 1_000_000)


def _read_csv(text: TextIO, source: str) -> Candles:
    reader = csv.reader(text)
    places: list[int] | None = None
    stamps: list[int] = []
    values: list[list[float]] = []
    try:
        for row in reader:
            if not any(cell.strip() for cell in row) or row[0].lstrip().startswith("#"):
                continue
            if places is None:
                places = _places(row, source)
                if not _is_data(row):
                    continue
            stamps.append(to_milliseconds(row[places[0]]))
            values.append([_number(row[place]) for place in places[1:]])
    except UnicodeDecodeError:
        raise
    except (ValueError, IndexError, OverflowError, csv.Error) as exc:
        reason = f"it has {len(row)} columns" if isinstance(exc, IndexError) else exc
        raise DataError(f'"{source}", line {reader.line_num}: {reason}') from exc
    table = np.array(values, dtype=np.float64).reshape(-1, len(COLUMNS) - 1)
    columns = (np.ascontiguousarray(table[:, i]) for i in range(len(COLUMNS) - 1))
    return Candles.from_arrays(np.array(stamps, dtype=np.int64), *columns)


def _places(header: Sequence[str], source: str) -> list[int]:
    """Return where the six columns stand; without a header, in the usual order."""
    if _is_data(header):
        if len(header) < len(COLUMNS):
            raise DataError(f'"{source}", line 1: a row needs six columns, this has {len(header)}')
        return list(range(len(COLUMNS)))
    names = [_plain(name) for name in header]
    return [_find(name, names, source) for name in COLUMNS]


def _find(name: str, names: Sequence[str], source: str) -> int:
    wanted = _TIME_NAMES if name == "timestamp" else (name,)
    for candidate in wanted:
        if candidate in names:
            return names.index(candidate)
    # Exchanges' own dumps say "Volume BTC" beside "Volume USDT": the base comes first.
    for position, other in enumerate(names):
        if name == "volume" and other.startswith("volume"):
            return position
    raise DataError(
        f'"{source}" has no column for {name}; it has {", ".join(names) or "none"}, '
        f"needed are {', '.join(COLUMNS)}"
    )


def _plain(name: str) -> str:
    lowered = name.strip().lower()
    return _SHORT.get(lowered, lowered)


def _is_data(row: Sequence[str]) -> bool:
    try:
        to_milliseconds(row[0])
    except (ValueError, OverflowError):
        return False
    return True


def _number(text: str) -> float:
    stripped = text.strip()
    if stripped.lower() in {"", "null", "none", "nan"}:
        return math.nan
    try:
        return float(stripped)
    except ValueError:
        raise ValueError(f'"{stripped}" is no number') from None


def _shown(candle: Iterable[float]) -> Iterator[str | int]:
    # repr() is the shortest text that reads back as the same number.
    return ("" if math.isnan(value) else repr(value) for value in candle)


def _from_columns(columns: dict[str, FloatColumn | IntColumn], source: str) -> Candles:
    names = [_plain(name) for name in columns]
    found = [list(columns.values())[_find(name, names, source)] for name in COLUMNS]
    values = (np.asarray(column, dtype=np.float64) for column in found[1:])
    return Candles.from_arrays(_milliseconds(found[0], source), *values)


def _milliseconds(stamps: FloatColumn | IntColumn, source: str) -> IntColumn:
    if not len(stamps):
        return stamps.astype(np.int64)
    sizes = np.abs(stamps.astype(np.float64))
    scale, divisor = _unit(float(sizes.max()))
    # What is missing is NaN, and fails this as well.
    is_time = sizes * scale / divisor <= _FARTHEST_MS
    if not bool(is_time.all()):
        row = int(np.argmin(is_time))
        raise DataError(f'"{source}", row {row + 1}: "{stamps[row]}" is no time')
    return (stamps * scale // divisor).astype(np.int64)


def _require_format(path: Path) -> None:
    if path.suffix.lower() not in FORMATS:
        raise DataError(f'"{path}" ends in "{path.suffix}"; use {" or ".join(FORMATS)}')
