"""Which bars may fill an order: those that opened after it was sent.

Where several feeds run, a strategy that acts on a fast one may trade a slow one, whose bar
is under way or has closed. Backtrader fills there all the same, at a price of the past.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import backtrader as bt

from cracktrader.errors import DataError


def latest(feeds: Iterable[bt.AbstractDataBase]) -> float:
    """Return the time that *feeds* have reached, as Backtrader's day number."""
    return max((feed.datetime[0] for feed in feeds if len(feed)), default=-math.inf)


def may_fill(order: bt.Order, *, cheats: Any) -> bool:
    """Whether the current bar may fill *order*, which bears the time it was *sent* at.

    *cheats* are the broker's ``coo`` and ``coc``: whoever cheats on open or close means to.
    """
    if cheats.coo or (cheats.coc and order.exectype == bt.Order.Market):
        return True
    return order.exectype == bt.Order.Historical or _opened_after(order.data, order.sent)


def _opened_after(feed: bt.AbstractDataBase, sent: float) -> bool:
    # Where nobody knows when a bar opened, and in one that grows, it counts as open when seen.
    if len(feed) > 1 and feed.datetime[-1] >= sent:
        return True
    if feed.datetime[0] <= sent:
        return False
    opened = None if getattr(feed, "replaying", False) else _open(feed)
    return opened is None or opened >= sent


def _open(feed: bt.AbstractDataBase) -> float | None:
    if not hasattr(feed, "open_time"):
        return None
    try:
        return float(bt.date2num(feed.open_time()))
    except DataError:
        return None
