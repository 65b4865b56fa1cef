"""A strategy that sends every kind of order, at random from a seed."""

import datetime as dt
import random
from typing import Any

import backtrader as bt

ORDER = bt.Order
SINGLE = (
    ORDER.Market,
    ORDER.Close,
    ORDER.Limit,
    ORDER.Stop,
    ORDER.StopLimit,
    ORDER.StopTrail,
    ORDER.StopTrailLimit,
)


class Gambler(bt.Strategy):
    params: Any = (("seed", 0), ("transcript", None), ("unit", 1.0), ("use_sizer", False))

    def __init__(self):
        self.random = random.Random(self.p.seed)  # noqa: S311
        self.mine = []
        self.average = bt.ind.SMA(self.data.close, period=5)

    # What it hears

    def notify_order(self, order):
        self.p.transcript.order(self, order)

    def notify_trade(self, trade):
        self.p.transcript.trade(self, trade)

    def notify_fund(self, *values):
        self.p.transcript.bar(self, values)

    def stop(self):
        self.p.transcript.write("end", self.broker.getvalue(), self.broker.getcash())

    # What it does

    def next_open(self):
        if self.random.random() < 0.3:
            self.order(coo=True)

    def next(self):
        for _ in range(self.random.choice((0, 1, 1, 2))):
            act = self.random.choice(self.acts)
            act(self)

    def single(self):
        self.order()

    def order(self, **extra):
        data, price = self.feed_and_price()
        exectype = self.random.choice(SINGLE)
        side = self.random.choice((self.buy, self.sell))
        terms = self.terms(exectype, price, is_buy=side == self.buy)
        size = None if self.p.use_sizer and self.random.random() < 0.5 else self.size()
        valid = self.valid() if exectype != ORDER.Market else None
        tradeid = self.random.choice((0, 0, 0, 1))
        made = side(
            data=data, size=size, exectype=exectype, valid=valid, tradeid=tradeid, **terms, **extra
        )
        self.keep(made)

    def bracket(self):
        data, price = self.feed_and_price()
        up, down = (
            price * self.random.uniform(1.0005, 1.02),
            price * self.random.uniform(0.98, 0.9995),
        )
        entry = self.random.choice((ORDER.Market, ORDER.Limit, ORDER.Stop))
        entry_price = price * self.random.uniform(0.995, 1.005)
        leave_out = self.random.choice(("", "", "stopexec", "limitexec"))
        suppressed = {leave_out: None} if leave_out else {}
        common = {"data": data, "size": self.size(), "price": entry_price, "exectype": entry}
        if self.random.random() < 0.5:
            orders = self.buy_bracket(**common, stopprice=down, limitprice=up, **suppressed)
        else:
            orders = self.sell_bracket(**common, stopprice=up, limitprice=down, **suppressed)
        for order in orders:
            self.keep(order)

    def either_or(self):
        data, price = self.feed_and_price()
        size = self.size()
        first = self.sell(
            data=data, size=size, exectype=ORDER.Limit, price=price * self.random.uniform(1, 1.01)
        )
        second = self.sell(
            data=data,
            size=size,
            exectype=self.random.choice((ORDER.Stop, ORDER.StopTrail)),
            price=price * self.random.uniform(0.99, 1),
            trailpercent=0.01,
            oco=first,
        )
        third = self.buy(data=data, size=size, exectype=ORDER.Limit, price=price * 0.99, oco=second)
        for order in (first, second, third):
            self.keep(order)

    def target(self):
        data, price = self.feed_and_price()
        kind = self.random.randrange(3)
        if kind == 0:
            self.keep(self.order_target_size(data=data, target=self.random.randint(-3, 3)))
        elif kind == 1:
            self.keep(self.order_target_percent(data=data, target=self.random.uniform(-0.5, 0.9)))
        else:
            target = self.random.uniform(-5, 9) * price * self.p.unit
            self.keep(self.order_target_value(data=data, target=target))

    def leave(self):
        self.keep(self.close(data=self.random.choice(self.datas)))

    def take_back(self):
        if self.mine:
            self.cancel(self.random.choice(self.mine[-20:]))

    def move_cash(self):
        self.broker.add_cash(self.random.choice((-100.0, 250.5)))

    acts = (
        (single,) * 8
        + (bracket,) * 2
        + (either_or, target, target, leave, leave, take_back, take_back, move_cash)
    )

    # What it draws

    def feed_and_price(self):
        data = self.random.choice(self.datas)
        return data, data.close[0]

    def size(self):
        whole = self.random.randint(1, 5) * self.p.unit
        return whole if self.random.random() < 0.6 else whole * self.random.random()

    def terms(self, exectype, price, *, is_buy):
        way = self.random.choice((1, 1, 1, -1)) * (1 if is_buy else -1)
        away = price * (1 + way * abs(self.random.gauss(0, 0.004)))
        near = price * (1 - way * abs(self.random.gauss(0, 0.003)))
        limit = away * (1 + self.random.gauss(0, 0.002))
        trail = self.random.choice(({"trailpercent": 0.004}, {"trailamount": price * 0.003}))
        return {
            ORDER.Limit: {"price": near},
            ORDER.Stop: {"price": away},
            ORDER.StopLimit: {"price": away, "plimit": limit},
            ORDER.StopTrail: {"price": near if self.random.random() < 0.5 else None, **trail},
            ORDER.StopTrailLimit: {"price": price, "plimit": limit, **trail},
        }.get(exectype, {})

    def valid(self):
        now = self.data.datetime.datetime(0)
        return self.random.choice(
            (
                None,
                None,
                0,
                dt.timedelta(),
                dt.timedelta(hours=self.random.randint(1, 30)),
                now + dt.timedelta(minutes=self.random.randint(1, 90)),
                self.data.datetime[0] + self.random.random(),
            )
        )

    def keep(self, order):
        if order is not None:
            self.mine.append(order)
