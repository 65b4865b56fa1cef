"""BackBroker with the same results for less work; its methods stand in for Backtrader's."""

from __future__ import annotations

import collections
from typing import Any

import backtrader as bt
from backtrader import Position

from cracktrader.brokers.fast_entry import FastEntry
from cracktrader.brokers.fast_fills import fill_order
from cracktrader.brokers.fast_orders import KNOWN, term
from cracktrader.brokers.fast_value import (
    bare,
    close_bar,
    scheme_of,
    settle,
    settled,
    total,
)

_Order = bt.Order


class FastBroker(FastEntry):
    """Put between a broker's class and BackBroker for a run, so that overrides stay in front.

    Each method does what Backtrader's of the same name does, and calls the others by name as
    it does. What meets an order or position of an unknown class is left to Backtrader's.
    """

    _own_class: type

    _value = settled("_value")
    _valuemkt = settled("_valuemkt")
    _valuelever = settled("_valuelever")
    _valuemktlever = settled("_valuemktlever")
    _leverage = settled("_leverage")
    _unrealized = settled("_unrealized")
    _fundval = settled("_fundval")
    d_credit = settled("d_credit")
    cash = settled("cash")

    # Executions

    def _execute(
        self,
        order: Any,
        ago: int | None = None,
        price: float | None = None,
        cash: float | None = None,
        position: Any = None,
        dtcoc: float | None = None,
    ) -> float | None:
        if ago is None:
            return super()._execute(order, ago, price, cash, position, dtcoc)
        if price is not None:
            fill_order(self, order, ago, price, dtcoc)
        return None

    def _try_exec(self, order: Any) -> None:
        if type(order) not in KNOWN:
            super()._try_exec(order)
            return
        own = order.__dict__
        feed = self._account.feeds[own["p"].__dict__["data"]]
        popen, phigh, plow, pclose = feed.prices()
        kind = term(order, "exectype")
        created = own["created"].__dict__
        if kind == _Order.Market:
            self._try_exec_market(order, popen, phigh, plow)
        elif kind == _Order.Close:
            self._try_exec_close(order, pclose)
        elif kind == _Order.Limit:
            self._try_exec_limit(order, popen, phigh, plow, created["price"])
        else:
            self._try_exec_other(order, kind, (popen, phigh, plow, pclose), created)

    def _try_exec_other(
        self, order: Any, kind: int, prices: tuple[float, ...], created: dict[str, Any]
    ) -> None:
        popen, phigh, plow, pclose = prices
        price, limit = created["price"], created["pricelimit"]
        is_limited = kind in (_Order.StopLimit, _Order.StopTrailLimit)
        if order.triggered and is_limited:
            self._try_exec_limit(order, popen, phigh, plow, limit)
        elif is_limited:
            self._try_exec_stoplimit(order, popen, phigh, plow, pclose, price, limit)
        elif kind in (_Order.Stop, _Order.StopTrail):
            self._try_exec_stop(order, popen, phigh, plow, price, pclose)
        elif kind == _Order.Historical:
            self._try_exec_historical(order)

    def _try_exec_market(self, order: Any, popen: float, phigh: float, plow: float) -> None:
        own, p = order.__dict__, self.p
        dtcoc, price, created = None, popen, own["created"]
        if p.coc and own["info"].get("coc", True):
            dtcoc, price = created.dt, created.pclose
        elif not p.coo:
            feed = self._account.feeds[own["p"].__dict__["data"]]
            if feed.time() <= created.dt:
                return
        if order.ordtype == _Order.Buy:
            slipped = self._slip_up(phigh, price, doslip=p.slip_open)
        else:
            slipped = self._slip_down(plow, price, doslip=p.slip_open)
        self._execute(order, ago=0, price=slipped, dtcoc=dtcoc)

    # Bars

    def next(self) -> None:
        settle(self)
        waiting = self._toactivate
        while waiting:
            waiting.popleft().activate()
        if self.p.checksubmit:
            self.check_submitted()
        self._charge_interest()
        self._process_order_history()
        self._work_pending()
        if self._account.may_rest and not (self._fundhist or self._cash_addition):
            close_bar(self)
            return
        self._adjust_cash()
        self._get_value()
        self._account.is_busy = True

    def _charge_interest(self) -> None:
        state, credit = self.__dict__, 0.0
        feeds = state["_account"].feeds
        for data, position in state["positions"].items():
            own = position.__dict__
            if own["size"] == 0:
                continue
            scheme, feed = scheme_of(self, data), feeds[data]
            if "_seen" in own and not scheme.charges:
                state["d_credit"][data] += 0.0
                own["_seen"] = feed.time(), feed.tz
                continue
            now = feed.now()
            due = scheme.comminfo.get_credit_interest(data, position, now)
            state["d_credit"][data] += due
            credit += due
            position.datetime = now
        state["cash"] -= credit

    def _work_pending(self) -> None:
        pending = self.pending
        pending.append(None)
        while (order := pending.popleft()) is not None:
            own = order.__dict__
            if (type(order) not in KNOWN or term(order, "valid")) and order.expire():
                self._drop(order)
                continue
            if not own["_active"]:
                pending.append(order)
                continue
            self._try_exec(order)
            if own["status"] <= _Order.Partial:
                pending.append(order)
            elif own["status"] == _Order.Completed:
                self._bracketize(order)

    def _drop(self, order: Any) -> None:
        self.notify(order)
        self._ococheck(order)
        self._bracketize(order, cancel=True)

    def _adjust_cash(self) -> None:
        feeds, state = self._account.feeds, self.__dict__
        for data, position in self.positions.items():
            if position:
                comminfo, feed = self.getcommissioninfo(data), feeds[data]
                close = feed.close[feed.clock.at]
                own = position.__dict__
                state["cash"] += comminfo.cashadjust(own["size"], own["adjbase"], close)
                own["adjbase"] = close

    # Values

    def _get_value(self, datas: Any = None, lever: bool = False) -> Any:
        settle(self)
        if datas or self._fundhist or self._cash_addition:
            return super()._get_value(datas, lever)
        total(self)
        return self._valuelever if lever else self._value

    def add_cash(self, cash: float) -> None:
        settle(self)
        super().add_cash(cash)
        self._account.is_busy = True

    def setcommission(self, *args: Any, **kwargs: Any) -> None:
        settle(self)
        super().setcommission(*args, **kwargs)
        self._account.schemes.clear()
        self._account.is_busy = True

    def addcommissioninfo(self, comminfo: Any, name: str | None = None) -> None:
        settle(self)
        super().addcommissioninfo(comminfo, name)
        self._account.schemes.clear()
        self._account.is_busy = True

    def set_shortcash(self, shortcash: bool) -> None:
        settle(self)
        super().set_shortcash(shortcash)

    def add_order_history(self, orders: Any, notify: bool = True) -> None:
        super().add_order_history(orders, notify)
        self._account.is_busy = True

    def set_fund_history(self, fund: Any) -> None:
        settle(self)
        super().set_fund_history(fund)
        self._account.is_busy = True

    def __reduce_ex__(self, protocol: Any) -> Any:
        # A copy made during the run is of the broker's own class, and stands on its own.
        settle(self)
        own: Any = type(self)._own_class
        state = {k: v for k, v in own.__getstate__(self).items() if k != "_account"}
        if type(self.positions) is collections.defaultdict:
            state["positions"] = collections.defaultdict(Position, self.positions)
        return bare, (own,), state
