"""Makes a broker fast for the length of a run, and an ordinary one again afterwards."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Final, Self

import backtrader as bt
from backtrader import comminfo, order, position, trade

from cracktrader.brokers.backtest import CCXTBackBroker
from cracktrader.brokers.fast_broker import FastBroker
from cracktrader.brokers.fast_notes import notification_way
from cracktrader.brokers.fast_value import Account, Positions, settle

VERIFIED: Final = "1.9.78.123"
"""The version of Backtrader whose code the fast broker repeats."""

_BackBroker: Final = bt.brokers.BackBroker
_bbroker: Final = sys.modules[_BackBroker.__module__]
_RESTING: Final = (
    *("next", "check_submitted", "_process_order_history", "_get_value", "get_notification"),
    *("_process_fund_history", "getcommissioninfo"),
)
_COMMISSIONS: Final = ("setcommission", "addcommissioninfo")
_COPIED: Final = (
    (_BackBroker, _bbroker),
    (order.OrderBase, order),
    (order.Order, order),
    (order.OrderData, order),
    (order.OrderExecutionBit, order),
    (position.Position, position),
    (trade.Trade, trade),
    (comminfo.CommInfoBase, comminfo),
)


class FastPath:
    """A broker that is fast while this is open; a context manager.

    Feeds must stand at a bar when the broker is asked for its value after that bar: where
    strategies may call the broker between a feed's move and `bar`, the path must be *eager*.
    """

    bar: Callable[[], bool]
    """Do what ``broker.next()`` does; say whether there are notifications to deliver."""

    def __init__(self, broker: Any, *, is_eager: bool = False) -> None:
        self._broker: Final = broker
        self._own_class: Final = type(broker)
        self._is_eager: Final = is_eager
        self._positions: Final = Positions(broker)
        self._ways: dict[Any, Callable[[Any], None]] = {}

    def __enter__(self) -> Self:
        broker, own = self._broker, self._own_class
        broker._account = Account(
            may_rest=_is_known(broker, _RESTING),
            may_try=_is_known(broker, ("_execute",)),
            may_remember=_is_known(broker, ("getcommissioninfo", *_COMMISSIONS)),
        )
        broker.__class__ = _fast_class(own)
        self._positions.take()
        self.bar = self._make_bar()
        return self

    def __exit__(self, *exc_info: object) -> None:
        broker = self._broker
        settle(broker)
        self._positions.give_back()
        broker.__class__ = self._own_class
        del broker._account

    def deliver(self, default_owner: Any) -> None:
        """Hand all notifications to their strategies, as Cerebro does without ``quicknotify``."""
        take, ways = self._broker.get_notification, self._ways
        while (told := take()) is not None:
            owner = told.p.owner
            if owner is None:
                owner = default_owner
            way = ways.get(owner)
            if way is None:
                way = ways[owner] = notification_way(owner)
            way(told)

    def _make_bar(self) -> Callable[[], bool]:
        broker, is_eager = self._broker, self._is_eager
        state, account, move = vars(broker), broker._account, broker.next

        def bar() -> bool:
            if account.is_busy or state["pending"] or state["submitted"] or state["_toactivate"]:
                move()
            else:
                account.is_stale = account.was_skipped = True
                if is_eager:
                    settle(broker)
            return bool(state["notifs"])

        return bar


def attach(broker: Any, *, is_eager: bool = False) -> FastPath | None:
    """Return a way to make *broker* fast, or None where `refusal` says why not."""
    return None if refusal(broker) else FastPath(broker, is_eager=is_eager)


def refusal(broker: Any) -> str | None:
    """Say why *broker* cannot be made fast; None if it can."""
    if not isinstance(broker, _BackBroker):
        return f"the broker, a {type(broker).__name__}, is not a BackBroker"
    if bt.__version__ != VERIFIED:
        return f"the broker's fast path repeats Backtrader {VERIFIED}, not {bt.__version__}"
    for cls, module in _COPIED:
        for name, method in vars(cls).items():
            code = getattr(method, "__code__", None)
            if code is not None and code.co_filename != module.__file__:
                return f"{cls.__name__}.{name} was patched"
    if (_bbroker.BuyOrder, _bbroker.SellOrder) != (order.BuyOrder, order.SellOrder):
        return "the broker's order classes were patched"
    return None


def _is_known(broker: Any, names: tuple[str, ...]) -> bool:
    cls, own = type(broker), vars(broker)
    return all(
        name not in own
        and any(getattr(cls, name) is getattr(k, name) for k in (_BackBroker, CCXTBackBroker))
        for name in names
    )


def _fast_class(own: type) -> type:
    body = {"__module__": own.__module__, "__qualname__": own.__qualname__, "_own_class": own}
    bases = (FastBroker,) if own is _BackBroker else (own, FastBroker)
    return type.__new__(type(own), own.__name__, bases, body)
