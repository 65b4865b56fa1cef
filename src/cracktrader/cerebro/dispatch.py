"""Who listens to what: a call that reaches nobody is not made."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import chain
from typing import Any, Final

import backtrader as bt

_HISTORICAL: Final = bt.Order.Historical
_NOTIFIES: Final = (bt.Strategy._notify, bt.SignalStrategy._notify)
_BAR_METHODS: Final = ("_next", "next", "_nextstart", "nextstart", "_prenext", "prenext")
_BOOKS: Final = ("getcash", "getvalue", "fundvalue", "fundshares")


def overrides(thing: Any, base: type, *names: str) -> bool:
    """Say whether *thing*, or its class, has another method than *base* under any of *names*."""
    cls = type(thing)
    return any(getattr(cls, n) is not getattr(base, n) or n in vars(thing) for n in names)


def analyzers_of_bars(analyzers: Iterable[Any]) -> list[Any]:
    """Return the analyzers that do anything at a bar, of themselves or through children."""
    return [analyzer for analyzer in analyzers if _hears(analyzer, *_BAR_METHODS)]


def play_analyzer(analyzer: Any, wait: int) -> None:
    """Take *analyzer* through a bar; the strategy must *wait* so long for its first ``next``."""
    if wait < 0:
        analyzer._next()
    elif wait == 0:
        analyzer._nextstart()
    else:
        analyzer._prenext()


def _hears(analyzer: Any, *names: str) -> bool:
    return overrides(analyzer, bt.Analyzer, *names) or any(
        _hears(child, *names) for child in analyzer._children
    )


class Audience:
    """Those in a strategy who listen to orders, trades, cash and value."""

    def __init__(self, strategy: Any) -> None:
        everyone = list(chain(strategy.analyzers, strategy._slave_analyzers))
        self._strategy = strategy
        self._order = [a for a in everyone if _listens(a, "order")]
        self._trade = [a for a in everyone if _listens(a, "trade")]
        hearing = [(a, _listens(a, "cashvalue"), _listens(a, "fund")) for a in everyone]
        self._cash = [told for told in hearing if any(told[1:])]
        self._is_quick = bool(strategy.cerebro.p.quicknotify)

    @property
    def is_told_every_bar(self) -> bool:
        """Whether ``_notify`` does anything at a bar without orders and trades."""
        strategy = self._strategy
        return (
            bool(self._cash)
            or overrides(strategy, bt.Strategy, "notify_cashvalue", "notify_fund")
            or type(strategy)._notify not in _NOTIFIES
            or not isinstance(strategy.broker, bt.brokers.BackBroker)
            or overrides(strategy.broker, bt.brokers.BackBroker, *_BOOKS)
        )

    def notifier(self) -> Callable[[], None]:
        """Return what does ``strategy._notify()``, called at a bar, to those who listen."""
        if overrides(self._strategy, bt.Strategy, "_notify"):
            notify: Callable[[], None] = self._strategy._notify
            return notify
        return self._tell_all if self.is_told_every_bar else self._tell_news

    def _tell_all(self) -> None:
        self._tell_news()
        strategy = self._strategy
        broker = strategy.broker
        cash, value = broker.getcash(), broker.getvalue()
        fund = broker.fundvalue, broker.fundshares
        strategy.notify_cashvalue(cash, value)
        strategy.notify_fund(cash, value, *fund)
        for analyzer, hears_cash, hears_fund in self._cash:
            if hears_cash:
                analyzer._notify_cashvalue(cash, value)
            if hears_fund:
                analyzer._notify_fund(cash, value, *fund)

    def _tell_news(self) -> None:
        if self._is_quick:
            return  # they know already
        strategy = self._strategy
        for order in strategy._orderspending:
            if order.exectype != _HISTORICAL or order.histnotify:
                strategy.notify_order(order)
            for analyzer in self._order:
                analyzer._notify_order(order)
        for trade in strategy._tradespending:
            strategy.notify_trade(trade)
            for analyzer in self._trade:
                analyzer._notify_trade(trade)


def _listens(analyzer: Any, what: str) -> bool:
    return _hears(analyzer, f"notify_{what}", f"_notify_{what}")
