"""Delivers the broker's notifications to strategies, and keeps their trades."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Final

import backtrader as bt
from backtrader.trade import Trade

_new: Final = object.__new__
_ADD: Final = bt.Strategy._addnotification
_IS_BACKTRADERS: Final = _ADD.__module__ == "backtrader.strategy"


def notification_way(strategy: Any) -> Callable[[Any], None]:
    """Return what does ``strategy._addnotification(order)``; faster where that is Backtrader's."""
    is_usual = type(strategy)._addnotification is _ADD
    if is_usual and _IS_BACKTRADERS and "_addnotification" not in vars(strategy):
        return functools.partial(add_notification, strategy)
    return strategy._addnotification  # type: ignore[no-any-return]


def add_notification(strategy: Any, order: Any) -> None:
    """Do what Backtrader's ``strategy._addnotification(order)`` does."""
    strategy._orderspending.append(order)
    executed = order.executed
    if not executed.size:
        return
    terms = order.p
    data, tradeid = terms.data, terms.tradeid
    if data._compensate is not None:
        data = data._compensate
    trades = strategy._trades[data][tradeid]
    if not trades:
        trades.append(_new_trade(strategy, data, tradeid))
    for fill in executed.iterpending():
        _add_fill(strategy, trades, order, fill)


def _add_fill(strategy: Any, trades: list[Any], order: Any, fill: Any) -> None:
    trade, told = trades[-1], strategy._tradespending
    if fill.closed:
        update_trade(trade, order, fill, is_closing=True)
        if trade.isclosed:
            told.append(clone_trade(trade))
    if fill.opened:
        if trade.isclosed:
            trade = _new_trade(strategy, trade.data, trade.tradeid)
            trades.append(trade)
        update_trade(trade, order, fill, is_closing=False)
        # Under several trade ids an order that opens the position may close a trade.
        if trade.isclosed:
            told.append(clone_trade(trade))
    if trade.justopened:
        told.append(clone_trade(trade))


def update_trade(trade: Any, order: Any, fill: Any, *, is_closing: bool) -> None:
    """Do what ``trade.update`` does with one part of *fill*."""
    size = fill.closed if is_closing else fill.opened
    commission = fill.closedcomm if is_closing else fill.openedcomm
    comminfo, price, own = order.comminfo, fill.price, trade.__dict__
    if own["historyon"]:
        trade.update(order, size, price, 0.0, commission, fill.pnl, comminfo=comminfo)
        return
    before = own["size"]
    now = own["size"] = before + size
    own["commission"] = paid = own["commission"] + commission
    data = own["data"]
    bars, when = len(data), data.lines.datetime[0]
    own["justopened"] = not before
    if not before:
        own["baropen"], own["dtopen"], own["long"] = bars, when, now > 0
    own["isopen"] = is_open = bool(now)
    own["barlen"] = bars - own["baropen"]
    own["isclosed"] = bool(before and not now)
    if own["isclosed"]:
        own["barclose"], own["dtclose"], own["status"] = bars, when, Trade.Closed
    elif is_open:
        own["status"] = Trade.Open
    pnl = 0.0
    if abs(now) > abs(before):
        own["price"] = (before * own["price"] + size * price) / now
    else:
        pnl = comminfo.profitandloss(-size, own["price"], price)
    own["pnl"] += pnl
    own["pnlcomm"] = own["pnl"] - paid
    own["value"] = comminfo.getvaluesize(now, own["price"])


def clone_trade(trade: Any) -> Any:
    """Return ``copy.copy(trade)``."""
    clone = _new(type(trade))
    clone.__dict__ = trade.__dict__.copy()
    return clone


def _new_trade(strategy: Any, data: Any, tradeid: Any) -> Any:
    return Trade(data=data, tradeid=tradeid, historyon=strategy._tradehistoryon)
