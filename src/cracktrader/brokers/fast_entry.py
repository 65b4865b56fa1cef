"""Orders on their way into the fast broker: made, grouped, checked, accepted, told of."""

from __future__ import annotations

from typing import Any

import backtrader as bt

from cracktrader.brokers.fast_fills import cash_after, trial_of
from cracktrader.brokers.fast_orders import KNOWN, clone_order, make_order, term
from cracktrader.brokers.fast_value import Account, settle

_Order = bt.Order


class FastEntry(bt.brokers.BackBroker):
    """The part of a fast broker that takes orders in.

    Each method does what Backtrader's of the same name does, and calls the others by name as
    it does, so that overrides are heard. Orders of an unknown class are left to Backtrader's.
    """

    _account: Account

    def buy(  # noqa: PLR0913, PLR0917 - Backtrader's signature
        self, owner: Any, data: Any, size: Any, price: Any = None, plimit: Any = None,
        exectype: Any = None, valid: Any = None, tradeid: Any = 0, oco: Any = None,
        trailamount: Any = None, trailpercent: Any = None, parent: Any = None,
        transmit: Any = True, histnotify: Any = False, _checksubmit: Any = True, **kwargs: Any,
    ) -> Any:  # fmt: skip
        terms = {
            "owner": owner, "data": data, "size": size, "price": price, "pricelimit": plimit,
            "exectype": exectype, "valid": valid, "tradeid": tradeid, "oco": None,
            "trailamount": trailamount, "trailpercent": trailpercent, "parent": parent,
            "transmit": transmit, "simulated": False, "histnotify": histnotify,
        }  # fmt: skip
        order = make_order(bt.BuyOrder, terms, self._account.feeds[data])
        if kwargs:
            order.addinfo(**kwargs)
        self._ocoize(order, oco)
        return self.submit(order, check=_checksubmit)

    def sell(  # noqa: PLR0913, PLR0917 - Backtrader's signature
        self, owner: Any, data: Any, size: Any, price: Any = None, plimit: Any = None,
        exectype: Any = None, valid: Any = None, tradeid: Any = 0, oco: Any = None,
        trailamount: Any = None, trailpercent: Any = None, parent: Any = None,
        transmit: Any = True, histnotify: Any = False, _checksubmit: Any = True, **kwargs: Any,
    ) -> Any:  # fmt: skip
        terms = {
            "owner": owner, "data": data, "size": size, "price": price, "pricelimit": plimit,
            "exectype": exectype, "valid": valid, "tradeid": tradeid, "oco": None,
            "trailamount": trailamount, "trailpercent": trailpercent, "parent": parent,
            "transmit": transmit, "simulated": False, "histnotify": histnotify,
        }  # fmt: skip
        order = make_order(bt.SellOrder, terms, self._account.feeds[data])
        if kwargs:
            order.addinfo(**kwargs)
        self._ocoize(order, oco)
        return self.submit(order, check=_checksubmit)

    def _take_children(self, order: Any) -> Any:
        if type(order) in KNOWN and term(order, "parent") is None:
            return order.ref
        return super()._take_children(order)

    def submit(self, order: Any, check: bool = True) -> Any:
        if type(order) not in KNOWN:
            return super().submit(order, check)
        group = self._take_children(order)
        if group is None:
            return order
        members = self._pchildren[group]
        members.append(order)
        if not term(order, "transmit"):
            return order
        sent = None
        for member in members:
            sent = self.transmit(member, check=check)
        return sent

    def transmit(self, order: Any, check: bool = True) -> Any:
        if self._account.is_stale:
            settle(self)
        if type(order) not in KNOWN or not (check and self.p.checksubmit):
            return super().transmit(order, check)
        own = order.__dict__
        own["status"], own["broker"] = _Order.Submitted, None
        own["plen"] = len(own["p"].__dict__["data"])
        self.submitted.append(order)
        self.orders.append(order)
        self.notify(order)
        return order

    def submit_accept(self, order: Any) -> None:
        if self._account.is_stale:
            settle(self)
        if type(order) not in KNOWN:
            super().submit_accept(order)
            return
        own = order.__dict__
        own["pannotated"], own["broker"] = None, None
        own["plen"] = len(own["p"].__dict__["data"])
        own["status"] = _Order.Accepted
        self.pending.append(order)
        self.notify(order)

    def check_submitted(self) -> None:
        submitted = self.submitted
        if not submitted:
            return
        if not self._account.may_try:
            super().check_submitted()
            return
        cash, trials = self.cash, {}
        while submitted:
            order = submitted.popleft()
            if self._take_children(order) is None:
                continue
            data = order.data
            position = self.positions[data]
            if data not in trials:
                trials[data] = trial_of(position)
            cash = cash_after(self, order, cash, trials[data])
            if cash >= 0.0:
                self.submit_accept(order)
                continue
            order.margin()
            self.notify(order)
            self._ococheck(order)
            self._bracketize(order, cancel=True)

    def notify(self, order: Any) -> None:
        self.notifs.append(clone_order(order) if type(order) in KNOWN else order.clone())

    # Groups of orders

    def _ocoize(self, order: Any, oco: Any) -> None:
        ref = order.ref
        leader = ref if oco is None else self._ocos[oco.ref]
        self._ocos[ref] = leader
        self._ocol[leader].append(ref)

    def _ococheck(self, order: Any) -> None:
        leader = self._ocos.get(self._ocos[order.ref], None)
        group = self._ocol.pop(leader, None)
        if group and self.pending:
            self._cancel_group(group)

    def _cancel_group(self, group: list[int]) -> None:
        pending = self.pending
        for i in range(len(pending) - 1, -1, -1):
            other = pending[i]
            if other is not None and other.ref in group:
                del pending[i]
                other.cancel()
                self.notify(other)

    def _bracketize(self, order: Any, cancel: bool = False) -> None:
        if cancel or type(order) not in KNOWN or term(order, "parent") is not None:
            super()._bracketize(order, cancel)
            return
        group = self._pchildren[order.ref]
        group.popleft()
        self._toactivate.extend(group)
