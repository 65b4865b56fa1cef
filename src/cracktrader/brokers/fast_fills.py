"""What an order's execution does to cash, position and order, in Backtrader's arithmetic."""

from __future__ import annotations

from typing import Any, Final

from backtrader import Order
from backtrader.position import Position

from cracktrader.brokers.dust import DustlessPosition
from cracktrader.brokers.fast_orders import execute_order, term
from cracktrader.brokers.fast_quotes import Quote, make_quote
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
        _, gets, fee = quote_of(broker, comminfo)(closed, -closed, price, price, has_shortcash)
        cash += gets
        cash -= fee
    if opened:
        _, pays, fee = quote_of(broker, comminfo)(opened, opened, price, price, has_shortcash)
        cash -= pays
        cash -= fee if opener is comminfo else opener.getcommission(opened, price)
    return cash


def quote_of(broker: Any, comminfo: Any) -> Quote:
    """Return what quotes prices as *comminfo* does."""
    quotes = broker._account.quotes
    quote = quotes.get(comminfo)
    if quote is None:
        quote = quotes[comminfo] = make_quote(comminfo)
    return quote  # type: ignore[no-any-return]


def fill_order(broker: Any, order: Any, ago: int, price: float, dtcoc: float | None) -> None:
    """Do what ``_execute(order, ago=ago, price=price, dtcoc=dtcoc)`` does."""
    data = order.p.__dict__["data"]
    comminfo = opener = broker.getcommissioninfo(data)
    if data._compensate is not None:
        data = data._compensate
        opener = broker.getcommissioninfo(data)
    size = _size(broker, order, price, ago)
    position = broker.positions[data]
    after = pseudo_update(position, size, price)
    psize, pprice, opened, closed = after
    pnl = comminfo.profitandloss(-closed, position.price, price)
    fill = {
        "dt": dtcoc,
        "size": size,
        "price": price,
        "closed": closed,
        "opened": opened,
        "closedvalue": 0.0,
        "openedvalue": 0.0,
        "closedcomm": 0.0,
        "openedcomm": 0.0,
        "value": 0.0,
        "comm": 0.0,
        "pnl": pnl,
        "psize": psize,
        "pprice": pprice,
    }
    if closed:
        _close(broker, position, comminfo, fill)
    if opened:
        _open(broker, position, (comminfo, opener), fill)
    if closed + fill["opened"]:
        _book(broker, order, (data, comminfo, ago), fill, after)
    if opened and not fill["opened"]:
        order.margin()
        broker._drop(order)


def _book(
    broker: Any, order: Any, where: tuple[Any, Any, int], fill: dict[str, Any], after: Any
) -> None:
    data, comminfo, ago = where
    size, price, feed = fill["closed"] + fill["opened"], fill["price"], broker._account.feeds[data]
    comminfo.confirmexec(size, price)
    update(broker.positions[data], size, price, feed, after if size == fill["size"] else None)
    if fill["closed"] and broker.p.int2pnl:
        fill["closedcomm"] += broker.__dict__["d_credit"].pop(data, 0.0)
    fill["size"] = size
    fill["dt"] = fill["dt"] or feed.datetime[feed.clock.at + ago]
    fill["value"] = fill["closedvalue"] + fill["openedvalue"]
    fill["comm"] = fill["closedcomm"] + fill["openedcomm"]
    execute_order(order, fill, comminfo.margin)
    order.comminfo = comminfo
    broker.notify(order)
    broker._ococheck(order)


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


def _close(broker: Any, position: Any, comminfo: Any, fill: dict[str, Any]) -> None:
    closed, price, own = fill["closed"], fill["price"], broker.__dict__
    quote = quote_of(broker, comminfo)
    value, gets, fee = quote(closed, -closed, position.price, price, broker.p.shortcash)
    cash = own["cash"] + (gets + fill["pnl"] * comminfo.stocklike)
    cash -= fee
    own["cash"] = cash + comminfo.cashadjust(-closed, position.__dict__["adjbase"], price)
    fill["closedvalue"], fill["closedcomm"] = value, fee


def _open(broker: Any, position: Any, schemes: tuple[Any, Any], fill: dict[str, Any]) -> None:
    opened, price, psize = fill["opened"], fill["price"], fill["psize"]
    comminfo, opener = schemes
    value, pays, fee = quote_of(broker, comminfo)(opened, opened, price, price, broker.p.shortcash)
    if opener is not comminfo:
        fee = opener.getcommission(opened, price)
    own = broker.__dict__
    cash = own["cash"] - pays
    cash -= fee
    if cash < 0.0:
        fill["opened"] = 0
        return
    if abs(psize) > abs(opened):
        cash += comminfo.cashadjust(psize - opened, position.__dict__["adjbase"], price)
    position.__dict__["adjbase"] = price
    own["cash"] = cash
    fill["openedvalue"], fill["openedcomm"] = value, fee
