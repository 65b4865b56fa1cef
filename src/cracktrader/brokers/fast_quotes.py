"""What a part of an order costs, in one call where Backtrader's schemes need four."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import backtrader as bt

from cracktrader.brokers.commission import CCXTCommissionInfo

Quote = Callable[[float, float, float, float, bool], tuple[float, float, float]]
"""``quote(size, held, worth, price, has_shortcash)`` for an execution of *size* at *price*.

It returns the value of what is *held* because of it, or was until then (that is: minus *size*),
where a unit is *worth* that much; the cash that this binds or frees; and the commission.
"""

_PRICING: Final = (
    *("getvaluesize", "getoperationcost", "get_leverage", "getcommission", "_getcommission"),
)


def make_quote(comminfo: Any) -> Quote:
    """Return what quotes prices as *comminfo* does, in its own arithmetic."""
    if comminfo._stocklike and comminfo._commtype == bt.CommInfoBase.COMM_PERC:
        if _prices_as(bt.CommInfoBase, comminfo):
            return _percentage(comminfo)
        if _prices_as(CCXTCommissionInfo, comminfo):
            return _contracts(comminfo)
    return _asked(comminfo)


def _prices_as(cls: Any, comminfo: Any) -> bool:
    own = vars(comminfo)
    return all(
        name not in own and getattr(type(comminfo), name) is getattr(cls, name)
        for name in (*_PRICING, "_contract")
        if hasattr(cls, name)
    )


def _percentage(comminfo: Any) -> Quote:
    terms = comminfo.p

    def quote(
        size: float, held: float, worth: float, price: float, has_shortcash: bool
    ) -> tuple[float, float, float]:
        units = abs(size)
        value = (held if has_shortcash else units) * worth
        cash = value / terms.leverage if value > 0 else value
        return value, cash, units * terms.commission * price

    return quote


def _contracts(comminfo: Any) -> Quote:
    terms = comminfo.p
    contract = float(terms.mult)

    def quote(
        size: float, held: float, worth: float, price: float, has_shortcash: bool
    ) -> tuple[float, float, float]:
        units = abs(size)
        value = float((held if has_shortcash else units) * worth) * contract
        cash = value / terms.leverage if value > 0 else value
        return value, cash, float(units * terms.commission * price) * contract

    return quote


def _asked(comminfo: Any) -> Quote:
    def quote(
        size: float, held: float, worth: float, price: float, has_shortcash: bool
    ) -> tuple[float, float, float]:
        if has_shortcash:
            value = comminfo.getvaluesize(held, worth)
        else:
            value = comminfo.getoperationcost(size, worth)
        cash = value / comminfo.get_leverage() if value > 0 else value
        return value, cash, comminfo.getcommission(size, price)

    return quote
