"""A curve of account values → returns, ratios, drawdown. Knows nothing of trades."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from cracktrader.domain.candle import FloatColumn, IntColumn

DAY_MS: Final = 86_400_000
YEAR_MS: Final = 365 * DAY_MS
_SHORTEST_ANNUALISED_MS: Final = DAY_MS
_FLAT: Final = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Curve:
    """Account values after each bar, rising times in ms UTC, and the value before the first.

    *names_close*: a time is the end of its bar, so that midnight belongs to the day before.
    """

    timestamp: IntColumn
    value: FloatColumn
    start_value: float
    names_close: bool = False

    @property
    def bar_ms(self) -> int:
        """The usual distance of two bars; 0 if there are fewer than two."""
        return int(np.median(np.diff(self.timestamp))) if len(self.timestamp) > 1 else 0

    @property
    def span_ms(self) -> int:
        """Time covered, from the start of the first bar to the end of the last."""
        return int(self.timestamp[-1] - self.timestamp[0]) + self.bar_ms if len(self.value) else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawdown:
    """The deepest fall from a peak; *depth* is negative, *recovery* None if it never came."""

    depth: float
    peak: int
    trough: int
    recovery: int | None
    length_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Performance:
    """What a curve did. Fractions, annualised where the name is; None where undefined.

    Sharpe, Sortino and volatility are taken from daily returns (UTC days; from the bars
    themselves if those are longer) times *periods_per_year*, without a risk-free rate.
    """

    start_value: float
    end_value: float
    profit: float
    return_: float | None
    cagr: float | None
    volatility: float | None
    sharpe: float | None
    sortino: float | None
    calmar: float | None
    drawdown: Drawdown | None
    max_drawdown: float | None
    longest_under_water_ms: int
    best_day: float | None
    worst_day: float | None
    days: int
    periods_per_year: float


def performance(curve: Curve) -> Performance:
    """Measure *curve*."""
    end = float(curve.value[-1]) if len(curve.value) else curve.start_value
    samples, periods = period_returns(curve)
    fall = drawdown(curve)
    growth = cagr(curve)
    has_return = curve.start_value > 0 and len(curve.value) > 0
    return Performance(
        start_value=curve.start_value,
        end_value=end,
        profit=end - curve.start_value,
        return_=end / curve.start_value - 1 if has_return else None,
        cagr=growth,
        volatility=_volatility(samples, periods),
        sharpe=sharpe(samples, periods),
        sortino=sortino(samples, periods),
        calmar=growth / -fall.depth if fall and growth is not None else None,
        drawdown=fall,
        max_drawdown=(fall.depth if fall else 0.0) if has_return else None,
        longest_under_water_ms=longest_under_water_ms(curve),
        best_day=float(samples.max()) if len(samples) else None,
        worst_day=float(samples.min()) if len(samples) else None,
        days=len(samples),
        periods_per_year=periods,
    )


def period_returns(curve: Curve) -> tuple[FloatColumn, float]:
    """Return daily returns and 365; bars longer than a day stay as they are.

    Days without a bar count as days without a change. Empty once the account is not positive.
    """
    if not len(curve.value):
        return np.empty(0), 365.0
    if curve.bar_ms > DAY_MS:
        values, periods = curve.value, YEAR_MS / curve.bar_ms
    else:
        (_, values), periods = daily_values(curve), 365.0
    values = np.concatenate(([curve.start_value], values))
    if not np.all(values > 0):
        return np.empty(0), periods
    return values[1:] / values[:-1] - 1, periods


def daily_values(curve: Curve) -> tuple[IntColumn, FloatColumn]:
    """Return each UTC day (counted from the epoch) and the account at its end, gaps filled."""
    days = (curve.timestamp - int(curve.names_close)) // DAY_MS
    every = np.arange(days[0], days[-1] + 1)
    last = np.searchsorted(days, every, side="right") - 1
    return every, curve.value[last]


def monthly_returns(curve: Curve) -> dict[tuple[int, int], float]:
    """Return the return of each (year, month), in order; {} if the account was not positive."""
    if not len(curve.value) or not np.all(curve.value > 0) or curve.start_value <= 0:
        return {}
    days, values = daily_values(curve)
    months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    is_last = np.append(months[1:] != months[:-1], True)
    ends = np.concatenate(([curve.start_value], values[is_last]))
    returns = (ends[1:] / ends[:-1] - 1).tolist()
    return {
        (1970 + month // 12, month % 12 + 1): value
        for month, value in zip(months[is_last].tolist(), returns, strict=True)
    }


def cagr(curve: Curve) -> float | None:
    """Return the yearly rate that leads from start to end; None under a day or at a loss of all."""
    if curve.span_ms < _SHORTEST_ANNUALISED_MS or curve.start_value <= 0:
        return None
    growth = float(curve.value[-1]) / curve.start_value
    if growth <= 0:
        return None
    exponent = YEAR_MS / curve.span_ms * math.log(growth)
    # A day's luck, compounded over a year, is a number nobody can use.
    return math.expm1(exponent) if exponent < math.log(1e6) else None


def sharpe(returns: FloatColumn, periods_per_year: float) -> float | None:
    """Return mean over standard deviation (n - 1), annualised; None under two or if flat."""
    deviation = _deviation(returns)
    if deviation is None:
        return None
    return float(returns.mean()) / deviation * math.sqrt(periods_per_year)


def sortino(returns: FloatColumn, periods_per_year: float) -> float | None:
    """Return mean over downside deviation (about 0, n), annualised; None without a loss."""
    if len(returns) < 2:
        return None
    downside = math.sqrt(float(np.mean(np.minimum(returns, 0.0) ** 2)))
    return float(returns.mean()) / downside * math.sqrt(periods_per_year) if downside else None


def underwater(curve: Curve) -> FloatColumn:
    """Return how far below its peak so far the account is after each bar, 0 or negative."""
    peaks = np.maximum(np.maximum.accumulate(curve.value), curve.start_value)
    return np.divide(curve.value, peaks, out=np.ones_like(peaks), where=peaks > 0) - 1


def drawdown(curve: Curve) -> Drawdown | None:
    """Return the deepest fall, or None if there was none."""
    below = underwater(curve)
    if not len(below) or float(below.min()) >= 0:
        return None
    trough = int(below.argmin())
    at_peak = np.flatnonzero(below[:trough] >= 0)
    peak = int(at_peak[-1]) if len(at_peak) else 0
    recovered = np.flatnonzero(below[trough:] >= 0)
    recovery = int(curve.timestamp[trough + recovered[0]]) if len(recovered) else None
    start = int(curve.timestamp[peak])
    end = recovery if recovery is not None else int(curve.timestamp[-1])
    return Drawdown(
        depth=float(below[trough]),
        peak=start,
        trough=int(curve.timestamp[trough]),
        recovery=recovery,
        length_ms=end - start,
    )


def longest_under_water_ms(curve: Curve) -> int:
    """Return the longest time from a peak to the next higher value, or to the end."""
    if not len(curve.value):
        return 0
    is_peak = underwater(curve) >= 0
    is_peak[0] = True
    marks = np.append(np.flatnonzero(is_peak), len(is_peak) - 1)
    is_gap = np.diff(marks) > 1
    is_gap[-1] = True  # the curve may end under water
    return int(np.diff(curve.timestamp[marks])[is_gap].max())


def _volatility(returns: FloatColumn, periods_per_year: float) -> float | None:
    deviation = _deviation(returns)
    return None if deviation is None else deviation * math.sqrt(periods_per_year)


def _deviation(returns: FloatColumn) -> float | None:
    if len(returns) < 2:
        return None
    deviation = float(returns.std(ddof=1))
    return deviation if deviation > _FLAT else None
