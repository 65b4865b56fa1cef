"""Backtrader's orders, made and copied attribute by attribute instead of by its metaclasses."""

from __future__ import annotations

import datetime as dt
from collections import deque
from collections.abc import Callable
from typing import Any, Final

from backtrader import BuyOrder, Order, SellOrder
from backtrader.order import OrderData, OrderExecutionBit
from backtrader.utils.autodict import AutoOrderedDict

from cracktrader.brokers.fast_feeds import Feed

KNOWN: Final = frozenset({BuyOrder, SellOrder})
"""The classes made here; any other order is handled by Backtrader's own code."""

_TRAILING: Final = frozenset({Order.StopTrail, Order.StopTrailLimit})
_DAY_END: Final = dt.time(23, 59, 59, 9999)  # Backtrader's own
_new: Final[Callable[[Any], Any]] = object.__new__


def make_order(cls: Any, terms: dict[str, Any], feed: Feed) -> Any:
    """Return what ``cls(**terms)`` returns; *terms* are all of the order's params, in order.

    The attributes are set in Backtrader's order, so that even ``vars(order)`` is the same.
    """
    params = _new(cls.params)
    params.__dict__ = terms
    size = terms["size"]
    order = _new(cls)
    order.__dict__ = state = {
        "params": params,
        "p": params,
        "ref": next(cls.refbasis),
        "broker": None,
        "info": AutoOrderedDict(),
        "comminfo": None,
        "triggered": False,
        "_active": terms["parent"] is None,
        "status": Order.Created,
        "_plimit": terms["pricelimit"],
    }
    if terms["exectype"] is None:
        state["exectype"] = Order.Market
    if cls.ordtype == Order.Sell:
        state["size"] = size = -size
    at = feed.clock.at
    close, now = feed.close[at], feed.datetime[at]
    state["created"] = created = _created(terms, size, close, now)
    if terms["exectype"] in _TRAILING:
        _set_trail(order, created)
    else:
        state["_limitoffset"] = 0.0
    state["executed"] = _nothing_executed(size)
    state["position"] = 0
    if terms["valid"] is not None:
        _set_valid(order, feed)
    state["dteos"] = feed.session_end(now)
    return order


def clone_order(order: Any) -> Any:
    """Return ``order.clone()``: a copy whose new executions are marked as pending."""
    clone = _new(type(order))
    state = clone.__dict__ = order.__dict__.copy()
    executed = state["executed"]
    marks = executed.__dict__
    marks["p1"], marks["p2"] = marks["p2"], len(marks["exbits"])
    state["executed"] = copied = _new(type(executed))
    copied.__dict__ = marks.copy()
    return clone


def execute_order(order: Any, fill: dict[str, Any], margin: float | None) -> None:
    """Do what ``order.execute`` does with *fill*, the attributes of an execution in order."""
    executed = order.executed
    execution = _new(OrderExecutionBit)
    execution.__dict__ = fill
    value, comm = fill["value"], fill["comm"]
    if type(executed) is not OrderData:
        executed.addbit(execution)
        executed.margin = margin
    else:
        state, size = executed.__dict__, fill["size"]
        state["exbits"].append(execution)
        state["remsize"] -= size
        state["dt"] = fill["dt"]
        before = state["size"]
        state["size"] = total = before + size
        state["price"] = (before * state["price"] + size * fill["price"]) / total
        state["value"] += value
        state["comm"] += comm
        state["pnl"] += fill["pnl"]
        state["psize"], state["pprice"] = fill["psize"], fill["pprice"]
        state["margin"] = margin
    order.status = Order.Partial if executed.remsize else Order.Completed


def term(order: Any, name: str) -> Any:
    """Return ``getattr(order, name)`` of one of its params, without Python's long search."""
    own = order.__dict__
    return own[name] if name in own else own["p"].__dict__[name]


def _created(terms: dict[str, Any], size: float, close: float, now: float) -> Any:
    price, limit = terms["price"], terms["pricelimit"]
    reference = close if not price and not limit else price
    created = _new(OrderData)
    created.__dict__ = {
        "pclose": close,
        "exbits": deque(),
        "p1": 0,
        "p2": 0,
        "dt": now,
        "size": size,
        "remsize": 0,
        "price": limit if limit and not reference else reference,
        "pricelimit": limit or reference,
        "trailamount": terms["trailamount"],
        "trailpercent": terms["trailpercent"],
        "_plimit": limit,
        "value": 0.0,
        "comm": 0.0,
        "margin": None,
        "pnl": 0.0,
        "psize": 0,
        "pprice": 0,
    }
    return created


def _nothing_executed(size: float) -> Any:
    executed = _new(OrderData)
    executed.__dict__ = {
        "pclose": 0.0,
        "exbits": deque(),
        "p1": 0,
        "p2": 0,
        "dt": None,
        "size": 0,
        "remsize": size,
        "price": 0.0,
        "pricelimit": 0.0,
        "trailamount": 0.0,
        "trailpercent": 0.0,
        "_plimit": 0.0,
        "value": 0.0,
        "comm": 0.0,
        "margin": None,
        "pnl": 0.0,
        "psize": 0,
        "pprice": 0,
    }
    return executed


def _set_trail(order: Any, created: Any) -> None:
    order._limitoffset = created.price - created.pricelimit
    price, created.price = created.price, float("inf" if order.isbuy() else "-inf")
    order.trailadjust(price)


def _set_valid(order: Any, feed: Feed) -> None:
    # A number means nothing to Backtrader but itself, though it must be one.
    data, valid = feed.data, order.p.valid
    if isinstance(valid, dt.date):
        order.valid = data.date2num(valid)
    elif isinstance(valid, dt.timedelta):
        today = valid == Order.DAY
        until = dt.datetime.combine(feed.now().date(), _DAY_END) if today else feed.now() + valid
        order.valid = data.date2num(until)
    elif valid:
        feed.time() + valid
