"""Dates and durations as people type them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Final

from cracktrader.cli.exits import UsageError

FORMS: Final = '"2024-01-31", "2024-01-31T12:00", "2024-01-31T12:00+02:00" or an age like "90d"'
_AGE: Final = re.compile(r"(\d+)\s*([smhdw])")
_UNIT_MS: Final = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}


def parse_moment(text: str, *, now_ms: int | Callable[[], int]) -> int:
    """Return ms UTC for a date, a time, ``now`` or an age before *now_ms*; UTC unless said.

    *now_ms* may be a function, which is called only if the time is needed.

    Raises:
        UsageError: if *text* is none of them.
    """
    word = text.strip()
    if word.lower() == "now":
        return _value(now_ms)
    if age := _AGE.fullmatch(word):
        found = _value(now_ms) - int(age[1]) * _UNIT_MS[age[2]]
    else:
        found = _read_date(word)
    if found < 0:
        raise UsageError(f'date was "{text}", which is before 1970; there were no exchanges')
    return found


def _read_date(word: str) -> int:
    try:
        moment = dt.datetime.fromisoformat(word)
    except ValueError:
        raise UsageError(f'date was "{word}"; use a form like {FORMS}') from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    return round(moment.timestamp() * 1000)


def parse_range(
    since: str | None, until: str | None, *, now_ms: int | Callable[[], int]
) -> tuple[int | None, int]:
    """Return ``[since, until)`` in ms UTC; *until* is now if left out.

    Raises:
        UsageError: if a date cannot be read or the range is empty.
    """
    end = _value(now_ms) if until is None else parse_moment(until, now_ms=now_ms)
    if since is None:
        return None, end
    start = parse_moment(since, now_ms=now_ms)
    if start >= end:
        raise UsageError(
            f"--since {since} ({show_moment(start)}) is not before the end {show_moment(end)}"
        )
    return start, end


def show_moment(timestamp: int | None) -> str:
    """Return ms UTC as ``2024-01-31 12:00`` (UTC), seconds only where there are any."""
    if timestamp is None:
        return ""
    moment = dt.datetime.fromtimestamp(timestamp / 1000, tz=dt.UTC)
    return moment.strftime("%Y-%m-%d %H:%M:%S").removesuffix(":00")


def show_day(timestamp: int | None) -> str:
    """Return the day of ms UTC, e.g. ``2024-01-31``."""
    return show_moment(timestamp)[:10]


def iso_moment(timestamp: int | None) -> str | None:
    """Return ms UTC as ISO 8601 for JSON, e.g. ``2024-01-31T12:00:00+00:00``."""
    if timestamp is None:
        return None
    return dt.datetime.fromtimestamp(timestamp / 1000, tz=dt.UTC).isoformat()


def _value(now_ms: int | Callable[[], int]) -> int:
    return now_ms() if callable(now_ms) else now_ms
