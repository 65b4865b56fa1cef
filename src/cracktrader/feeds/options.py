"""What a feed may be asked for, read and checked: timeframes, dates, zones, policies."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

import pytz

from cracktrader.domain.timeframe import EXAMPLES, Timeframe
from cracktrader.errors import ConfigError, did_you_mean
from cracktrader.feeds.grid import timeframe_of

_DATE_FORMS: Final = '"2024-01-31", "2024-01-31T12:00" or "2024-01-31T12:00+02:00"'
# What Backtrader understands besides.
_ZONE_ALIASES: Final = {"CST": "CST6CDT"}


def parse_timeframe(text: str) -> Timeframe:
    """Read CCXT's notation.

    Raises:
        ConfigError: if it is none.
    """
    try:
        return Timeframe.parse(text)
    except ValueError as exc:
        raise ConfigError(f"{exc}.{did_you_mean(str(text), EXAMPLES.split(', '))}") from None


def choose_timeframe(ccxt_timeframe: str | None, timeframe: Any, compression: int) -> Timeframe:
    """Return the one timeframe that is meant by CCXT's word, Backtrader's pair, or both.

    Raises:
        ConfigError: if they contradict each other, or say something that exchanges do not have.
    """
    said = None if ccxt_timeframe is None else parse_timeframe(ccxt_timeframe)
    if timeframe is None:
        return said or parse_timeframe("1m")
    if isinstance(timeframe, str):
        other = parse_timeframe(timeframe)
    else:
        found = timeframe_of(timeframe, compression)
        if found is None:
            raise ConfigError(
                f"no exchange has candles of Backtrader's timeframe {timeframe}, compression "
                f"{compression}; use a form like {EXAMPLES}"
            )
        other = found
    if said is not None and said.backtrader != other.backtrader:
        raise ConfigError(f'ccxt_timeframe is "{said}" but timeframe says "{other}"; give one')
    return said or other


def choose_word(name: str, word: str, possible: Sequence[str]) -> str:
    """Return *word* if it is one of *possible*.

    Raises:
        ConfigError: if it is not.
    """
    if word not in possible:
        raise ConfigError(
            f'{name} was "{word}"; possible: {", ".join(possible)}.{did_you_mean(word, possible)}'
        )
    return word


def parse_zone(zone: Any) -> Any:
    """Return the time zone that Backtrader is to show times in; names are looked up.

    Raises:
        ConfigError: if there is no zone of that name.
    """
    if not isinstance(zone, str):
        return zone
    try:
        return pytz.timezone(_ZONE_ALIASES.get(zone, zone))
    except pytz.UnknownTimeZoneError:
        hint = did_you_mean(zone, pytz.all_timezones)
        raise ConfigError(
            f'time zone was "{zone}"; use a name like "Europe/Paris".{hint}'
        ) from None


def parse_moment(name: str, value: Any, *, zone: Any = None, day_end: bool = False) -> int | None:
    """Return ms UTC for a datetime, a date, ISO 8601 text or ms; None stays None.

    What has no offset is in *zone*, UTC if there is none. A ``date`` without a time means
    its whole day, as in Backtrader: its end if *day_end*.

    Raises:
        ConfigError: if *value* is none of them.
    """
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    if isinstance(value, str):
        try:
            value = dt.datetime.fromisoformat(value.strip())
        except ValueError:
            raise ConfigError(f'{name} was "{value}"; use a form like {_DATE_FORMS}') from None
    if not isinstance(value, dt.date):
        raise ConfigError(
            f"{name} was {value!r}; use a datetime, a date or a form like {_DATE_FORMS}"
        )
    if not isinstance(value, dt.datetime):
        value = dt.datetime.combine(value, dt.time.min) + dt.timedelta(days=day_end)
    if value.tzinfo is None:
        value = (zone or pytz.utc).localize(value)
    moment: dt.datetime = value
    return round(moment.timestamp() * 1000)
