"""A Candle, and columns of candles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

FloatColumn = npt.NDArray[np.float64]
IntColumn = npt.NDArray[np.int64]
BoolColumn = npt.NDArray[np.bool_]

PRICE_COLUMNS: Final = ("open", "high", "low", "close")
COLUMNS: Final = ("timestamp", *PRICE_COLUMNS, "volume")


class Candle(NamedTuple):
    """One candle; *timestamp* is its open in ms UTC, *volume* is in base currency."""

    timestamp: int
    open: float
    high: float
    low: float
    close: float
    volume: float


def _no_floats() -> FloatColumn:
    return np.empty(0, dtype=np.float64)


def _no_ints() -> IntColumn:
    return np.empty(0, dtype=np.int64)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candles:
    """Candles as six columns of equal length, ordered by nothing in particular.

    *timestamp* is int64, ms UTC, the open of each candle; the others are float64. A value
    an exchange left out is NaN. Columns are shared, not copied: do not write to them.
    """

    timestamp: IntColumn = field(default_factory=_no_ints)
    open: FloatColumn = field(default_factory=_no_floats)
    high: FloatColumn = field(default_factory=_no_floats)
    low: FloatColumn = field(default_factory=_no_floats)
    close: FloatColumn = field(default_factory=_no_floats)
    volume: FloatColumn = field(default_factory=_no_floats)

    def __post_init__(self) -> None:
        lengths = {name: len(getattr(self, name)) for name in COLUMNS}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"columns differ in length: {lengths}")
        if self.timestamp.dtype != np.int64:
            raise ValueError(f"timestamp must be int64 ms UTC, was {self.timestamp.dtype}")

    @classmethod
    def from_rows(cls, rows: Sequence[Sequence[float | None]]) -> Candles:
        """Build columns from CCXT's rows ``[timestamp, open, high, low, close, volume]``.

        Raises:
            ValueError: if a row has no timestamp or fewer than six values.
        """
        if not rows:
            return cls()
        if any(len(row) < len(COLUMNS) or row[0] is None for row in rows):
            raise ValueError("a candle row needs a timestamp and five more values")
        table = np.array([row[1:6] for row in rows], dtype=np.float64)
        stamps = np.array([row[0] for row in rows], dtype=np.int64)
        return cls.from_arrays(stamps, *(np.ascontiguousarray(table[:, i]) for i in range(5)))

    @classmethod
    def from_arrays(cls, timestamp: IntColumn, *columns: FloatColumn) -> Candles:
        """Build from the six arrays in the order of `COLUMNS`."""
        return cls(timestamp=timestamp, **dict(zip(COLUMNS[1:], columns, strict=True)))

    @classmethod
    def concat(cls, parts: Sequence[Candles]) -> Candles:
        """Put *parts* behind one another, in the given order."""
        if not parts:
            return cls()
        return cls(**{n: np.concatenate([getattr(p, n) for p in parts]) for n in COLUMNS})

    def __len__(self) -> int:
        return len(self.timestamp)

    def __iter__(self) -> Iterator[Candle]:
        columns = (getattr(self, name).tolist() for name in COLUMNS)
        return map(Candle._make, zip(*columns, strict=True))

    def take(self, selection: slice | BoolColumn | IntColumn) -> Candles:
        """Return the chosen rows: a slice, a boolean mask or positions."""
        return Candles(**{name: getattr(self, name)[selection] for name in COLUMNS})

    def between(self, start: int | None, end: int | None) -> Candles:
        """Return the rows with ``start <= timestamp < end`` (ms UTC); None leaves a side open."""
        mask = np.ones(len(self), dtype=np.bool_)
        if start is not None:
            mask &= self.timestamp >= start
        if end is not None:
            mask &= self.timestamp < end
        return self if bool(mask.all()) else self.take(mask)

    def to_rows(self) -> list[list[float]]:
        """Return CCXT's rows, timestamps as int."""
        return [list(candle) for candle in self]

    def equals(self, other: Candles) -> bool:
        """Whether both hold the same values in the same order; NaN equals NaN."""
        return all(
            np.array_equal(getattr(self, n), getattr(other, n), equal_nan=n != "timestamp")
            for n in COLUMNS
        )
