"""What an order's execution does to cash, position and order, in Backtrader's arithmetic."""

from __future__ import annotations

from typing import Any, Final

from backtrader import Order
from backtrader.position import Position

from cracktrader.brokers.dust import DustlessPosition
from cracktrader.brokers.fast_orders import execute_order, term
from cracktrader.brokers.fast_value import Deferred

_PLAIN: Final = Position.update
_DUSTLESS: Final = DustlessPosition.update


def moved(held: float, price: float, size: float, at: float) -> tuple[float, float, float, float]:
    """Return what ``Position(held, price).update(size, at)`` returns."""
    now = held + size
    if not now:
        return now, 0.0, 0, size
    if not held:
        return now, at, size, 0
    grows, stays = (size > 0, now > 0) if held > 0 else (size < 0, now < 0)
    if grows:
        return now, (price * held + size * at) / now, size, 0
    if stays:
        return now, price, 0, size
    return now, at, now, -held


class Trial:
    """A position to try an order on, as cheap as can be."""

    __slots__ = ("price", "size")

    def __init__(self, size: float, price: float) -> None:
        self.size, self.price = size, price

    def update(self, size: float, price: float) -> tuple[float, float, float, float]:
        """Add *size*; return what ``Position.update`` does."""
        result = moved(self.size, self.price, size, price)
        self.size, self.price = result[0], result[1]
        return result


def trial_of(position: Any) -> Any:
    """Return a copy of *position* to try orders on."""
    if type(position).update is _PLAIN:
        return Trial(position.size, position.price)
    if type(position).update is _DUSTLESS:
        trial = object.__new__(DustlessPosition)
        trial.__dict__ = position.__dict__.copy()
        return trial
    return position.clone()


def cash_after(broker: Any, order: Any, cash: float, trial: Any) -> float:
    """Return what ``_execute(order, cash=cash, position=trial)`` returns: nothing is booked."""
    own = order.__dict__
    data = own["p"].__dict__["data"]
    comminfo = opener = broker.getcommissioninfo(data)
    if data._compensate is not None:
        opener = broker.getcommissioninfo(data._compensate)
    price = own["created"].price
    if broker.p.coo and term(order, "exectype") == Order.Market:
        price = data.open[0]
    _, _, opened, closed = trial.update(own["executed"].remsize, price)
    has_shortcash = broker.p.shortcash
    if closed:
        cash += released(comminfo, closed, price, has_shortcash=has_shortcash)[1]
        cash -= comminfo.getcommission(closed, price)
    if opened:
        cash -= needed(comminfo, opened, price, has_shortcash=has_shortcash)[1]
        cash -= opener.getcommission(opened, price)
    return cash


def released(
    comminfo: Any, closed: float, price: float, *, has_shortcash: bool
) -> tuple[float, float]:
    """Return (value, cash) of the part of a position that is *closed*."""
    if has_shortcash:
        value = comminfo.getvaluesize(-closed, price)
    else:
        value = comminfo.getoperationcost(closed, price)
    return value, value / comminfo.get_leverage() if value > 0 else value


def needed(
    comminfo: Any, opened: float, price: float, *, has_shortcash: bool
) -> tuple[float, float]:
    """Return (value, cash) of the part of a position that is *opened*."""
    if has_shortcash:
        value = comminfo.getvaluesize(opened, price)
    else:
        value = comminfo.getoperationcost(opened, price)
    return value, value / comminfo.get_leverage() if value > 0 else value


def fill_order(broker: Any, order: Any, ago: int, price: float, dtcoc: float | None) -> None:
    """Do what ``_execute(order, ago=ago, price=price, dtcoc=dtcoc)`` does."""
    asked = order.p.__dict__["data"]
    comminfo = opener = broker.getcommissioninfo(asked)
    data = asked
    if asked._compensate is not None:
        data = asked._compensate
        opener = broker.getcommissioninfo(data)
    size = _size(broker, order, price, ago)
    position = broker.positions[data]
    after = pseudo_update(position, size, price)
    psize, pprice, opened, closed = after
    pnl = comminfo.profitandloss(-closed, position.price, price)
    closedvalue = closedcomm = openedvalue = openedcomm = 0.0
    if closed:
        closedvalue, closedcomm = _close(broker, position, comminfo, closed, price, pnl)
    popened = opened
    if opened:
        opened, openedvalue, openedcomm = _open(broker, position, (comminfo, opener), after, price)
    size_done = closed + opened
    if size_done:
        comminfo.confirmexec(size_done, price)
        feed = broker._account.feeds[data]
        update(position, size_done, price, feed, after if size_done == size else None)
        if closed and broker.p.int2pnl:
            closedcomm += broker.d_credit.pop(data, 0.0)
        fill = {
            "dt": dtcoc or feed.datetime[feed.clock.at + ago],
            "size": size_done,
            "price": price,
            "closed": closed,
            "opened": opened,
            "closedvalue": closedvalue,
            "openedvalue": openedvalue,
            "closedcomm": closedcomm,
            "openedcomm": openedcomm,
            "value": closedvalue + openedvalue,
            "comm": closedcomm + openedcomm,
            "pnl": pnl,
            "psize": psize,
            "pprice": pprice,
        }
        execute_order(order, fill, comminfo.margin)
        order.comminfo = comminfo
        broker.notify(order)
        broker._ococheck(order)
    if popened and not opened:
        order.margin()
        broker.notify(order)
        broker._ococheck(order)
        broker._bracketize(order, cancel=True)


def _size(broker: Any, order: Any, price: float, ago: int) -> float:
    if broker.p.filler is None:
        return order.executed.remsize  # type: ignore[no-any-return]
    size: float = broker.p.filler(order, price, ago)
    return size if order.isbuy() else -size


def pseudo_update(position: Any, size: float, price: float) -> tuple[float, float, float, float]:
    """Return what ``position.pseudoupdate(size, price)`` returns."""
    kind, held = type(position).update, position.size
    if kind is _DUSTLESS:
        held, size = position.rounded(size)
    elif kind is not _PLAIN:
        return position.pseudoupdate(size, price)  # type: ignore[no-any-return]
    return moved(held, position.price, size, price)


def update(
    position: Any,
    size: float,
    price: float,
    feed: Any,
    after: tuple[float, float, float, float] | None,
) -> None:
    """Do what ``position.update(size, price, now)`` does; *after* is its result if known."""
    if not isinstance(position, Deferred):
        position.update(size, price, feed.now())
        return
    own = position.__dict__
    held, before = own["size"], own["price"]
    if after is None:
        after = pseudo_update(position, size, price)
    own["price_orig"] = before
    own["size"], own["price"], own["upopened"], own["upclosed"] = after
    own["_seen"] = feed.time(), feed.tz
    if isinstance(position, DustlessPosition):
        own["_peak"] = position.peak_after(held)


def _close(
    broker: Any, position: Any, comminfo: Any, closed: float, price: float, pnl: float
) -> tuple[float, float]:
    value, cash = released(comminfo, closed, position.price, has_shortcash=broker.p.shortcash)
    own = broker.__dict__
    cash = own["cash"] + (cash + pnl * comminfo.stocklike)
    commission = comminfo.getcommission(closed, price)
    cash -= commission
    cash += comminfo.cashadjust(-closed, position.__dict__["adjbase"], price)
    own["cash"] = cash
    return value, commission


def _open(
    broker: Any,
    position: Any,
    schemes: tuple[Any, Any],
    after: tuple[float, float, float, float],
    price: float,
) -> tuple[float, float, float]:
    psize, _, opened, _ = after
    comminfo, opener = schemes
    value, cost = needed(comminfo, opened, price, has_shortcash=broker.p.shortcash)
    commission = opener.getcommission(opened, price)
    own = broker.__dict__
    cash = own["cash"] - cost
    cash -= commission
    if cash < 0.0:
        return 0, 0.0, 0.0
    if abs(psize) > abs(opened):
        cash += comminfo.cashadjust(psize - opened, position.__dict__["adjbase"], price)
    position.__dict__["adjbase"] = price
    own["cash"] = cash
    return opened, value, commission
