"""Delivers the broker's notifications to strategies, and keeps their trades."""

from __future__ import annotations

from typing import Any, Final

import backtrader as bt
from backtrader.trade import Trade

_new: Final = object.__new__
_ADD: Final = bt.Strategy._addnotification


def add_notification(strategy: Any, order: Any) -> None:
    """Do what ``strategy._addnotification(order)`` does, where that is Backtrader's."""
    strategy._orderspending.append(order)
    executed = order.executed
    if not executed.size:
        return
    terms = order.p
    data = terms.data
    if data._compensate is not None:
        data = data._compensate
    trades = strategy._trades[data][terms.tradeid]
    if not trades:
        trades.append(_new_trade(strategy, data, terms.tradeid))
    trade = trades[-1]
    for fill in executed.iterpending():
        if fill.closed:
            _update(trade, order, fill.closed, fill, fill.closedcomm)
            if trade.isclosed:
                strategy._tradespending.append(clone_trade(trade))
        if fill.opened:
            if trade.isclosed:
                trade = _new_trade(strategy, data, terms.tradeid)
                trades.append(trade)
            _update(trade, order, fill.opened, fill, fill.openedcomm)
            if trade.isclosed:
                strategy._tradespending.append(clone_trade(trade))
        if trade.justopened:
            strategy._tradespending.append(clone_trade(trade))


def can_add(strategy: Any) -> bool:
    """Say whether *strategy* takes its notifications as Backtrader's do."""
    return type(strategy)._addnotification is _ADD and "_addnotification" not in vars(strategy)


def clone_trade(trade: Any) -> Any:
    """Return ``copy.copy(trade)``."""
    clone = _new(type(trade))
    clone.__dict__ = trade.__dict__.copy()
    return clone


def _new_trade(strategy: Any, data: Any, tradeid: Any) -> Any:
    return Trade(data=data, tradeid=tradeid, historyon=strategy._tradehistoryon)


def _update(trade: Any, order: Any, size: float, fill: Any, commission: float) -> None:
    trade.update(
        order, size, fill.price, fill.value, commission, fill.pnl, comminfo=order.comminfo
    )
