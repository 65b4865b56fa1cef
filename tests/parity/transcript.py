"""Writes down everything a strategy hears, as text: floats by repr, so equal means equal."""

import dataclasses
from collections import Counter


@dataclasses.dataclass
class Transcript:
    lines: list[str] = dataclasses.field(default_factory=list)
    seen: Counter[str] = dataclasses.field(default_factory=Counter)
    first_order: int | None = None
    first_trade: int | None = None

    def order(self, strategy, order):
        if self.first_order is None:
            self.first_order = order.ref
        created, executed = order.created, order.executed
        bits = [list(vars_of_bit(bit)) for bit in executed.iterpending() if bit is not None]
        self.seen["notifications"] += 1
        self.seen["fills"] += len(bits)
        self.seen[order.getstatusname()] += 1
        if bits:
            self.seen[order.getordername()] += 1
        self.write(
            "order",
            len(strategy),
            order.ref - self.first_order,
            order.getstatusname(),
            order.getordername(),
            order.ordtypename(),
            order.data._name,
            order.tradeid,
            order.triggered,
            order.size,
            [created.dt, created.size, created.price, created.pricelimit, created.pclose],
            [executed.dt, executed.size, executed.remsize, executed.price, executed.value],
            [executed.comm, executed.pnl, executed.margin, executed.psize, executed.pprice],
            bits,
        )

    def trade(self, strategy, trade):
        if self.first_trade is None:
            self.first_trade = trade.ref
        self.seen["trades"] += 1
        self.write(
            "trade",
            len(strategy),
            trade.ref - self.first_trade,
            [trade.status, trade.tradeid, trade.size, trade.price, trade.value],
            [trade.commission, trade.pnl, trade.pnlcomm, trade.isclosed, trade.justopened],
            [trade.baropen, trade.dtopen, trade.barclose, trade.dtclose, trade.barlen],
        )

    def bar(self, strategy, values):
        self.seen["bars"] += 1
        held = [(p.size, p.price, p.adjbase) for p in map(strategy.getposition, strategy.datas)]
        broker = strategy.broker
        extra = [broker.get_leverage(), broker.get_value(lever=True), broker.get_value(mkt=True)]
        self.write("bar", len(strategy), strategy.datetime[0], values, held, extra)

    def write(self, *things):
        self.lines.append(repr(things))


def vars_of_bit(bit):
    names = "dt size price closed opened closedvalue openedvalue closedcomm openedcomm value comm"
    for name in (*names.split(), "pnl", "psize", "pprice"):
        yield getattr(bit, name)
