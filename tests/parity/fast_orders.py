"""A Cerebro whose broker is fast, and a transcript of everything orders, trades and broker hold."""

from collections import deque

import backtrader as bt
from backtrader.position import Position
from tests.parity.transcript import Transcript

from cracktrader.brokers.fast_path import attach, refusal


class Attached(bt.Cerebro):
    """Backtrader's loops with a fast broker."""

    attach = staticmethod(attach)

    def _brokernotify(self):
        if not self.path.bar():
            return
        if not self.p.quicknotify:
            self.path.deliver(self.runningstrats[0])
            return
        while (order := self._broker.get_notification()) is not None:
            owner = self.runningstrats[0] if order.owner is None else order.owner
            owner._addnotification(order, quicknotify=True)

    def _with_path(self, loop, strategies):
        self.path = self.attach(self._broker, is_eager=self.p.cheat_on_open)
        assert self.path is not None, refusal(self._broker)
        with self.path:
            return getattr(super(), loop)(strategies)

    def _runonce(self, strategies):
        return self._with_path("_runonce", strategies)

    def _runnext(self, strategies):
        return self._with_path("_runnext", strategies)

    def _runonce_old(self, strategies):
        return self._with_path("_runonce_old", strategies)

    def _runnext_old(self, strategies):
        return self._with_path("_runnext_old", strategies)


VALUES = (
    *("cash", "startingcash", "_value", "_valuemkt", "_valuelever", "_valuemktlever"),
    *("_leverage", "_unrealized", "_fundval", "_fundshares", "fundvalue", "fundshares"),
    *("d_credit", "_cash_addition", "positions"),
)
WORLD = (bt.AbstractDataBase, bt.CommInfoBase, bt.Strategy, bt.BrokerBase)
ORDERS = ("pending", "submitted", "orders", "notifs", "_toactivate")


class DeepTranscript(Transcript):
    """Writes down every attribute there is, in its order."""

    def __init__(self):
        super().__init__()
        # References go on counting from run to run.
        self.first = {cls: next(cls.refbasis) for cls in (bt.Order, bt.Trade)}

    def order(self, strategy, order):
        super().order(strategy, order)
        self.write("all of order", self.things(order), order.position, repr(order.info))
        self.write("trades", self.things(strategy._trades[order.data][order.tradeid][-2:]))

    def trade(self, strategy, trade):
        super().trade(strategy, trade)
        self.write("all of trade", self.things(trade))

    def bar(self, strategy, values):
        super().bar(strategy, values)
        broker = strategy.broker
        self.write("broker", *((name, self.things(getattr(broker, name))) for name in VALUES))
        for name in ORDERS:
            orders = list(getattr(broker, name))
            self.write(name, len(orders), self.things(orders[-6:], 1))
        for name in ("_ocos", "_ocol", "_pchildren"):
            groups = getattr(broker, name)
            last = [(self.ref(ref), self.refs(groups[ref])) for ref in list(groups)[-6:]]
            self.write(name, len(groups), last)
        for data, position in broker.positions.items():
            dated = getattr(position, "datetime", "never")
            self.write("position", data._name, dated, position.adjbase, position.price_orig)

    def things(self, thing, depth=0):
        """Return *thing* as plain things; references to the world by name."""
        if isinstance(thing, bt.Order) and depth:
            return "order", self.ref(thing.ref), thing.status
        if isinstance(thing, WORLD):
            return type(thing).__name__, getattr(thing, "_name", None)
        if isinstance(thing, dict):
            return [(self.things(k, 1), self.things(v, depth + 1)) for k, v in thing.items()]
        if isinstance(thing, list | tuple | deque):
            return [self.things(one, depth + 1) for one in thing]
        named = {} if isinstance(thing, type) else self.attributes(thing)
        return (type(thing).__name__, self.things(named, depth)) if named else thing

    def attributes(self, thing):
        if isinstance(thing, Position):
            names = ("size", "price", "price_orig", "upopened", "upclosed", "updt", "adjbase")
            return {name: getattr(thing, name) for name in names}
        named = dict(getattr(thing, "__dict__", {}))
        if isinstance(thing, bt.Trade):
            named["history"] = (len(thing.history), thing.history[-1:])
        if "ref" in named:
            named["ref"] -= self.first[bt.Trade if isinstance(thing, bt.Trade) else bt.Order]
        return named

    def ref(self, ref):
        return ref - self.first[bt.Order]

    def refs(self, those):
        if isinstance(those, int):
            return self.ref(those)
        return [self.ref(one if isinstance(one, int) else one.ref) for one in those]
