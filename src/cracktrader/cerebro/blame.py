"""Whose code raised, and at which bar."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType, TracebackType
from typing import Final

import backtrader as bt

_USER_CODE: Final = (bt.Strategy, bt.Indicator, bt.Observer, bt.Analyzer, bt.Sizer)
_LIBRARIES: Final = (Path(bt.__file__).parent, Path(__file__).parents[1])


def find_user_call(traceback: TracebackType | None) -> str | None:
    """Return ``Class.method`` of the user's strategy or part of it that *traceback* enters."""
    for frame in _frames(traceback):
        owner = frame.f_locals.get("self")
        if isinstance(owner, _USER_CODE) and not _is_library(frame):
            return f"{type(owner).__name__}.{frame.f_code.co_name}"
    return None


def describe_bar(feeds: Sequence[bt.AbstractDataBase]) -> str:
    """Say which bar is being worked on: its time and the feed that delivered it last."""
    # While a feed loads its next bar, it has a place for it but no time yet.
    begun = [i for i, feed in enumerate(feeds) if len(feed) and not math.isnan(feed.datetime[0])]
    if not begun:
        return "before the first bar"
    number = max(begun, key=lambda number: feeds[number].datetime[0])
    feed = feeds[number]
    time, name = bt.num2date(feed.datetime[0]), feed._name or f"data{number}"
    return f'at {time:%Y-%m-%d %H:%M:%S} UTC, feed "{name}", bar {len(feed)}'


def _frames(traceback: TracebackType | None) -> Iterator[FrameType]:
    while traceback is not None:
        yield traceback.tb_frame
        traceback = traceback.tb_next


def _is_library(frame: FrameType) -> bool:
    code = Path(frame.f_code.co_filename)
    return any(code.is_relative_to(library) for library in _LIBRARIES)
