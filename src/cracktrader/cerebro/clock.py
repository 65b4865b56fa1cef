"""One clock, many lines: during a run lines read their position from a clock they share.

Backtrader advances every line of every feed, indicator and observer by itself, bar after bar.
In a preloaded run they all stand at the same bar, so here they ask one `Clock`, and a bar is
advanced by one assignment. For that each object gets a subclass of its own class for as long
as the run lasts. Afterwards it has its own class again, and stands where it would stand.
"""

from __future__ import annotations

import array
from collections.abc import Callable
from typing import Any, Final, Self
from weakref import WeakValueDictionary

from backtrader.feed import AbstractDataBase, DataClone
from backtrader.indicator import Indicator
from backtrader.linebuffer import LineBuffer
from backtrader.lineroot import LineRoot
from backtrader.lineseries import LineSeries

from cracktrader.errors import CracktraderError

_SECOND_STAGE: Final = 2  # Backtrader's: operators give values, not new lines


class Clock:
    """The position of all lines that share it: -1 before the first bar.

    *leader* is the clock of the feed that it follows, if any.
    """

    __slots__ = ("at", "leader")

    def __init__(self, leader: Clock | None = None) -> None:
        self.at = -1
        self.leader = leader


class Clocked:
    """What a line, feed or indicator does differently while it is on a clock."""

    _shared: Clock
    array: Any

    def __len__(self) -> int:
        return self._shared.at + 1

    def __getitem__(self, ago: int) -> Any:
        return self.array[self._shared.at + ago]

    def __lt__(self, other: Any) -> Any:
        return self.array[self._shared.at] < (other[0] if isinstance(other, LineRoot) else other)

    def __le__(self, other: Any) -> Any:
        return self.array[self._shared.at] <= (other[0] if isinstance(other, LineRoot) else other)

    def __gt__(self, other: Any) -> Any:
        return self.array[self._shared.at] > (other[0] if isinstance(other, LineRoot) else other)

    def __ge__(self, other: Any) -> Any:
        return self.array[self._shared.at] >= (other[0] if isinstance(other, LineRoot) else other)

    def __eq__(self, other: object) -> Any:
        return self.array[self._shared.at] == (other[0] if isinstance(other, LineRoot) else other)

    def __ne__(self, other: object) -> Any:
        return self.array[self._shared.at] != (other[0] if isinstance(other, LineRoot) else other)

    def __bool__(self) -> bool:
        return bool(self.array[self._shared.at])

    __hash__ = object.__hash__

    def __reduce_ex__(self, protocol: Any) -> Any:
        # Copies and pickles made during the run are of the object's own class.
        return _bare, (type(self).__bases__[1],), _plain_state(self)


def _refuse(*_: object, **__: object) -> None:
    raise CracktraderError(
        "lines cannot be moved by hand while the fast engine runs; Cerebro(fast=False) does without"
    )


class ClockedLine(Clocked):
    """A line on a clock."""

    idx = property(lambda self: self._shared.at, _refuse)
    _idx = idx
    lencount = property(lambda self: self._shared.at + 1, _refuse)
    home = forward = backwards = rewind = advance = reset = _refuse

    def get(self, ago: int = 0, size: int = 1) -> Any:
        end = self._shared.at + ago + 1
        return self.array[end - size : end]


class ClockedSeries(Clocked):
    """An indicator on a clock; ``array`` is that of its first line."""

    array = None


class ClockedFeed(ClockedSeries):
    """A feed on a clock."""


class _Tick:
    """What ``tick_open`` and so on of a feed is: the bar's value, but None at the last bar."""

    def __init__(self, line: int) -> None:
        self._line = line

    def __get__(self, feed: Any, owner: type) -> float | None:
        lines = feed.lines.lines
        at = feed._shared.at
        if at < 0:
            raise AttributeError
        value: float | None = lines[self._line].array[at]
        return value if at + 1 < lines[0].buflen() else None


class Clockwork:
    """Puts objects on clocks, and gives them back: a context manager."""

    def __init__(self) -> None:
        self._undo: list[Callable[[], object]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        """Make every object an ordinary one again, standing where its clock stands."""
        while self._undo:
            self._undo.pop()()

    def put_line(self, line: Any, clock: Clock) -> None:
        """Let *line* follow *clock*; `can_clock_line` said that it can."""
        own = type(line)

        def give_back() -> None:
            line.__class__ = own
            del line._shared
            line._idx, line.lencount = clock.at, clock.at + 1

        line._shared = clock
        line.__class__ = _clocked(own, ClockedLine)
        self._undo.append(give_back)

    def put_series(self, series: Any, clock: Clock) -> None:
        """Let an indicator and its lines follow *clock*."""
        self._put_lines(series, clock)
        if can_clock_series(series):
            self._put_members(series, clock, ClockedSeries)

    def put_feed(self, feed: Any, clock: Clock) -> None:
        """Let *feed* and its lines follow *clock*."""
        ticks = _take_ticks(feed)
        self._put_lines(feed, clock)
        self._put_members(feed, clock, ClockedFeed)

        def give_back_ticks() -> None:
            _set_ticks(feed, ticks)
            if isinstance(feed, DataClone):
                feed._dlen += len(feed)

        self._undo.append(give_back_ticks)

    def _put_lines(self, series: Any, clock: Clock) -> None:
        for line in series.lines.lines:
            self.put_line(line, clock)

    def _put_members(self, series: Any, clock: Clock, kind: type) -> None:
        own = type(series)
        aliases = [alias for alias in series.getlinealiases() if not _has(series, alias)]

        def give_back() -> None:
            series.__class__ = own
            for name in ("_shared", "array", *aliases):
                vars(series).pop(name, None)

        series._shared = clock
        series.__class__ = _clocked(own, kind)
        series.array = series.lines.lines[0].array
        for alias in aliases:
            # Else Python looks for it everywhere before it asks the lines.
            setattr(series, alias, getattr(series.lines, alias))
        self._undo.append(give_back)

    def put_method(self, thing: Any, name: str, method: Callable[..., Any]) -> None:
        """Let *thing* have *method* instead of its class's *name*."""
        setattr(thing, name, method)
        self._undo.append(lambda: vars(thing).pop(name, None))

    def at_end(self, act: Callable[[], None]) -> None:
        """Do *act* before anything is given back."""
        self._undo.append(act)


_LINE_METHODS: Final = (
    *("__len__", "__getitem__", "__lt__", "__le__", "__gt__", "__ge__", "__eq__", "__ne__"),
    *("__bool__", "__hash__", "__reduce_ex__", "idx", "get", "buflen", "home", "forward"),
    *("backwards", "rewind", "advance", "reset"),
)
_SERIES_METHODS: Final = (*_LINE_METHODS[:11], "array", "__getattr__")
FEED_METHODS: Final = ("advance_peek", "_tick_nullify", "_tick_fill", *_SERIES_METHODS)
_ADVANCES: Final = (
    LineSeries.advance,
    Indicator.advance,
    LineBuffer.advance,
    AbstractDataBase.advance,
    DataClone.advance,
)


def can_clock_line(line: Any) -> bool:
    """Say whether *line* is one of Backtrader's making, full, and at its start."""
    return (
        line.mode == line.UnBounded
        and type(line.array) is array.array
        and (line._idx, line.lencount, line._opstage) == (-1, 0, _SECOND_STAGE)
        and is_own(type(line), LineBuffer, _LINE_METHODS)
    )


def can_clock_series(series: Any) -> bool:
    """Say whether *series* does with its lines what Backtrader's do."""
    return series._opstage == _SECOND_STAGE and is_own(type(series), LineSeries, _SERIES_METHODS)


def advances_natively(part: Any) -> bool:
    """Say whether ``part.advance()`` is Backtrader's."""
    return type(part).advance in _ADVANCES


def is_own(cls: type, base: type, names: tuple[str, ...]) -> bool:
    """Say whether *cls* has all methods *names* from *base*."""
    plain = getattr(cls.__init_subclass__, "__func__", None) is None
    return plain and all(getattr(cls, name) is getattr(base, name) for name in names)


_classes: WeakValueDictionary[tuple[type, type], type] = WeakValueDictionary()


def _clocked(own: type, kind: type) -> Any:
    """Return the subclass of *own* whose objects are on a clock."""
    made: Any = _classes.get((own, kind))
    if made is None:
        body: dict[str, Any] = {"__module__": own.__module__, "__qualname__": own.__qualname__}
        if kind is ClockedFeed:
            aliases = list(own.lines._getlines())  # type: ignore[attr-defined]
            body |= {f"tick_{alias}": _Tick(i) for i, alias in enumerate(aliases)}
            body["tick_last"] = _Tick(0)
            body.pop("tick_datetime", None)
        # Not by calling the metaclass, which would register a new kind of indicator.
        metaclass: Any = type(own)
        made = type.__new__(metaclass, own.__name__, (kind, own), body)
        _classes[own, kind] = made
    return made


def _tick_names(feed: Any) -> list[str]:
    return [*(f"tick_{a}" for a in feed.getlinealiases() if a != "datetime"), "tick_last"]


def _take_ticks(feed: Any) -> dict[str, Any]:
    present = vars(feed)
    return {name: present.pop(name) for name in _tick_names(feed) if name in present}


def _set_ticks(feed: Any, before: dict[str, Any]) -> None:
    ticks = {name: getattr(feed, name) for name in _tick_names(feed)} if len(feed) else before
    vars(feed).update(ticks)


def _has(thing: Any, name: str) -> bool:
    try:
        object.__getattribute__(thing, name)
    except AttributeError:
        return False
    return True


def _bare(cls: Any) -> Any:
    return cls.__new__(cls)


def _plain_state(thing: Any) -> dict[str, Any]:
    state = dict(vars(thing))
    clock = state.pop("_shared")
    if isinstance(thing, ClockedLine):
        return {**state, "_idx": clock.at, "lencount": clock.at + 1}
    del state["array"]
    return state
