"""A strategy that writes down every call it gets, and looks at lines in every way there is."""

import math
from typing import Any

import backtrader as bt
from tests.parity.gambler import Gambler


class Half(bt.Indicator):
    """An indicator of a user's, with ``next`` only."""

    lines = ("half", "longest")
    params = (("period", 3),)

    def __init__(self):
        self.addminperiod(self.p.period)

    def next(self):
        self.lines.half[0] = self.data[0] / 2
        self.lines.longest[0] = max(self.data.get(size=self.p.period))


class Witness(Gambler):
    """Gambles as its seed says, and writes down what it is told and what it sees.

    Params:
        asks: whether it asks for cash and value whenever it is called.
        looks: whether it looks at lines in every way at each bar.
        stops_at, fails_at: bar at which it stops the run, or raises.
    """

    params: Any = (
        ("asks", True),
        ("looks", True),
        ("stops_at", None),
        ("fails_at", None),
        ("name", ""),
    )

    def __init__(self):
        super().__init__()
        close = self.data.close
        self.cross = bt.ind.CrossOver(close, self.average)
        self.half = Half(close)
        self.macd = bt.ind.MACD(close, period_me1=3, period_me2=7, period_signal=3)
        self.signal_average = bt.ind.SMA(self.macd.signal, period=2)
        self.spread = self.data.high - self.data.low
        self.above = bt.And(close > self.average, self.spread > 0)
        self.before = close(-2)
        self.rest = [bt.ind.EMA(data, period=4) for data in self.datas[1:]]
        # Advanced by the strategy itself, and so one bar late.
        self.lagging = self.lines.datetime(-1)
        self.inner = self.macd.getindicators()[0]

    # Every call

    def told(self, name, *things):
        now = self.datetime[0] if len(self) else None
        lengths = [len(self), *(len(data) for data in self.datas), len(self.average)]
        times = [data.datetime[0] for data in self.datas if len(self)]
        books = [self.broker.getcash(), self.broker.getvalue()] if self.p.asks else []
        seen = [self.average[0], self.cross[0]] if len(self) else []
        self.p.transcript.write(self.p.name, name, now, lengths, times, books, seen, *things)

    def start(self):
        self.told("start")

    def prenext(self):
        self.told("prenext")
        self.look()

    def nextstart(self):
        self.told("nextstart")
        self.look()

    def prenext_open(self):
        self.told("prenext_open")

    def nextstart_open(self):
        self.told("nextstart_open")

    def next_open(self):
        self.told("next_open")
        super().next_open()

    def next(self):
        self.told("next")
        self.look()
        super().next()
        if len(self) == self.p.stops_at:
            self.cerebro.runstop()
        if len(self) == self.p.fails_at:
            raise ZeroDivisionError("on purpose")

    def notify_order(self, order):
        self.told("notify_order")
        super().notify_order(order)

    def notify_trade(self, trade):
        self.told("notify_trade")
        super().notify_trade(trade)

    def notify_cashvalue(self, cash, value):
        self.told("notify_cashvalue", cash, value)

    def notify_timer(self, timer, when, *args, **kwargs):
        self.told("notify_timer", when, args, kwargs)
        if timer.p.cheat:
            self.buy(size=self.p.unit)

    def stop(self):
        self.told("stop")
        super().stop()

    # Every look

    def look(self):
        if not self.p.looks:
            return
        write = self.p.transcript.write
        close = self.data.close
        for line in (close, self.data.lines.close, self.data_close, self.average, self.half):
            write("line", line[0], line[-1], len(line), line.buflen(), bool(line))
        write("get", list(close.get(0, 3)), list(close.get(-1, 2)), list(close.get(size=2)))
        write("raw", close.idx, close._idx, close.lencount, close.array[close.idx])
        write("array", len(self.data.array), self.half.array[0], self.data.lines[0].array[0])
        moment = self.data.datetime
        write(moment.datetime(), moment.date(), moment.time(), moment.dt(), moment.tm_raw())
        write(
            self.data.num2date(), self.datetime.datetime(0), len(self) > 1 and moment.datetime(-1)
        )
        write("half", self.half.half[0], self.half.lines.longest[0], self.half.l.half[-1])
        write("inner", self.inner[0], len(self.inner), len(self.lagging))
        if len(self.lagging) < self.lagging.buflen():
            write("lagging", self.lagging[0])
        write("macd", self.macd[0], self.macd.macd[0], self.macd.signal[0], self.signal_average[0])
        write("compare", self.average > close, self.average < close, self.average >= close)
        write("compare", close <= 3, close == close[0], close != self.average, close > self.cross)
        write("data", self.data > self.average, self.data < 1, self.data <= self.data)
        write("sums", close + 1, close - self.average, 2 * close, close / 3, -close, abs(close))
        write("other", [line[0] for line in self.rest], self.above[0], self.before[0])
        write("ticks", [getattr(d, "tick_close", None) for d in self.datas])
        write("ticks", [getattr(self.data, f"tick_{n}", None) for n in ("open", "volume", "last")])
        write("peek", [data.advance_peek() for data in self.datas if len(data)])
        among = {close: 1, self.data: 2}
        write("hash", among[close], among[self.data], hash(close) == object.__hash__(close))
        if self.stats:
            self.look_at_observers()
        if len(self) % 40 == 0:
            self.late = close(-1)
            write("late", len(self.late), len(self._lineiterators[0]))

    def look_at_observers(self):
        for observer in self._lineiterators[bt.LineIterator.ObsType]:
            values = [line[0] for line in observer.lines if len(line)]
            lengths = len(observer), observer.buflen()
            self.p.transcript.write("observer", type(observer).__name__, values, lengths)


class Silent(bt.Strategy):
    """The usual, but hears nothing but bars."""

    params = (("transcript", None), ("fast", 3), ("slow", 8), ("unit", 1.0), ("name", ""))

    def __init__(self):
        fast, slow = (bt.ind.SMA(period=p) for p in (self.p.fast, self.p.slow))
        self.cross = bt.ind.CrossOver(fast, slow)

    def next(self):
        if self.cross > 0:
            self.buy(size=self.p.unit)
        elif self.cross < 0:
            self.close()


class Trend(Silent):
    """The usual: few orders, asks nobody, listens to little."""

    def notify_order(self, order):
        self.p.transcript.order(self, order)


class LineWriter(Trend):
    """Keeps a line of its own."""

    lines = ("mine", "other")

    def next(self):
        super().next()
        self.lines.mine[0] = len(self) + self.data.close[0]
        last = self.lines.mine[-1]
        self.p.transcript.write("mine", last, len(self.lines.other), math.isnan(self.l.other[0]))


def describe(part):
    """Return all that tells where *part* stands and what it holds."""
    lines = [part] if isinstance(part, bt.linebuffer.LineBuffer) else part.lines.lines
    return [
        f"{type(part).__module__}.{type(part).__qualname__}",
        sorted(name for name in vars(part) if not name.startswith("_")),
        [
            (type(line).__name__, line.idx, line.lencount, line.buflen(), repr(list(line.array)))
            for line in lines
        ],
        [len(part), sorted(vars(lines[0]))],
        [(n, v) for n, v in sorted(vars(part).items()) if n.startswith("tick_") or n == "_dlen"],
    ]
