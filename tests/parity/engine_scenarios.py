"""A table of runs: every option of Cerebro, with strategies that use what it changes."""

import contextlib
import dataclasses
import datetime as dt
import io
from collections.abc import Callable
from typing import Any

import backtrader as bt
from tests.parity.scenarios import CANDLES, load
from tests.parity.transcript import Transcript
from tests.parity.witness import LineWriter, Silent, Trend, Witness, describe

from cracktrader.brokers.backtest import CCXTBackBroker
from cracktrader.errors import StrategyError
from cracktrader.feeds.candle import CandleFeed

BARS = 90


class Record(Transcript):
    """What is told in a run; writers print it, as the parameter it is."""

    def __repr__(self):
        return "record"


def frame(name, first=300, bars=BARS):
    return load(CANDLES[name][0]).iloc[first : first + bars]


def minutes(part, compression=1, feed=bt.feeds.PandasData, **options):
    return feed(dataname=part, timeframe=bt.TimeFrame.Minutes, compression=compression, **options)


# Feeds


def one(cerebro):
    cerebro.adddata(minutes(frame("1m")), name="a")


def ours(cerebro):
    cerebro.adddata(minutes(frame("1m"), feed=CandleFeed, ccxt_timeframe=None), name="a")


def alike(cerebro):
    for name, first in (("a", 300), ("b", 900), ("c", 2000)):
        part = frame("1m", first).set_axis(frame("1m").index)
        cerebro.adddata(minutes(part), name=name)


def misaligned(cerebro):
    cerebro.adddata(minutes(frame("1m", 300)), name="a")
    cerebro.adddata(minutes(frame("usdc", 310, 60)), name="b")
    cerebro.adddata(minutes(frame("1m", 340, 70).iloc[::3]), name="c")


def doubled_times(cerebro):
    part = frame("1m")
    cerebro.adddata(minutes(part), name="a")
    times = part.index.to_series()
    times.iloc[10:13] = times.iloc[10]
    cerebro.adddata(minutes(part.set_axis(times)), name="b")


def timeframes(cerebro):
    hours = frame("1h", 100)
    days = load(CANDLES["1d"][0])
    cerebro.adddata(minutes(hours, 60), name="hours")
    first = days.index.searchsorted(hours.index[0])
    part = days.iloc[first - 3 : first + 4]
    cerebro.adddata(bt.feeds.PandasData(dataname=part, timeframe=bt.TimeFrame.Days), name="days")


def resampled(cerebro):
    cerebro.adddata(minutes(frame("1m")), name="a")
    feed = minutes(frame("1m"))
    feed.resample(timeframe=bt.TimeFrame.Minutes, compression=5)
    cerebro.adddata(feed, name="b")


def resampled_alone(cerebro):
    feed = minutes(frame("1m", bars=BARS * 2))
    feed.resample(timeframe=bt.TimeFrame.Minutes, compression=3)
    cerebro.adddata(feed, name="a")


def clone(cerebro):
    feed = minutes(frame("1m"))
    cerebro.adddata(feed, name="a")
    other = feed.clone()
    other.resample(timeframe=bt.TimeFrame.Minutes, compression=5)
    cerebro.adddata(other, name="b")


def resampled_by_cerebro(cerebro):
    feed = minutes(frame("1m"))
    cerebro.adddata(feed, name="a")
    cerebro.resampledata(feed, name="b", timeframe=bt.TimeFrame.Minutes, compression=5)


def resampled_candles(cerebro):
    feed = CandleFeed(dataname=frame("1m"), ccxt_timeframe="1m")
    cerebro.adddata(feed, name="a")
    other = feed.clone()
    other.resample(timeframe=bt.TimeFrame.Minutes, compression=5)
    cerebro.adddata(other, name="b")


def replayed(cerebro):
    feed = minutes(frame("1m"))
    cerebro.replaydata(feed, name="a", timeframe=bt.TimeFrame.Minutes, compression=5)


def filtered(cerebro):
    feed = minutes(frame("1m"))
    feed.addfilter_simple(lambda data: data.datetime[0] % 2 > 1.9)
    cerebro.adddata(feed, name="a")


def empty_beside_full(cerebro):
    one(cerebro)
    cerebro.adddata(minutes(frame("1m", bars=0)), name="none")


# What is added


def analyzers(cerebro):
    for name in (
        *("TradeAnalyzer", "DrawDown", "TimeDrawDown", "SharpeRatio", "Returns", "TimeReturn"),
        *("SQN", "VWR", "Transactions", "PositionsValue", "GrossLeverage", "PeriodStats"),
        *("Calmar", "LogReturnsRolling", "PyFolio"),
    ):
        cerebro.addanalyzer(getattr(bt.analyzers, name))
    if cerebro.p.stdstats:
        cerebro.addanalyzer(bt.analyzers.AnnualReturn)


class Clerk(bt.Analyzer):
    """Writes down all it hears."""

    def create_analysis(self):
        self.heard = []

    def get_analysis(self):
        return self.heard

    def note(self, *things):
        strategy = self.strategy
        self.heard.append((len(self), len(self.data), strategy.datetime[0], *things))

    def prenext(self):
        self.note("prenext")

    def nextstart(self):
        self.note("nextstart")

    def next(self):
        self.note("next", self.strategy.broker.getvalue())

    def notify_order(self, order):
        self.note("order", order.status, order.executed.size)

    def notify_trade(self, trade):
        self.note("trade", trade.size, trade.pnl)

    def notify_cashvalue(self, *values):
        self.note("cashvalue", *values)

    def notify_fund(self, *values):
        self.note("fund", *values)


class Parent(bt.Analyzer):
    """Hears nothing itself."""

    def __init__(self):
        self.child = Clerk()

    def get_analysis(self):
        return self.child.get_analysis()


def clerks(cerebro):
    cerebro.addanalyzer(Clerk)
    cerebro.addanalyzer(Parent)


class Count(bt.Observer):
    """A user's observer, which looks at a standard one."""

    lines = ("count", "value")

    def next(self):
        self.lines.count[0] = len(self) + len(self.data)
        if self._owner.stats:
            self.lines.value[0] = self._owner.stats[0].lines[0][0]


class LoudTrades(bt.observers.Trades):
    """A standard observer with a ``next`` of its own."""

    def next(self):
        super().next()
        if self.lines.pnlplus[0] != self.lines.pnlplus[0]:
            self.lines.pnlplus[0] = -1.0


def observers(cerebro):
    for name in (
        *("Cash", "Value", "FundValue", "FundShares", "DrawDown", "DrawDownLength"),
        *("DrawDown_Old", "TimeReturn", "LogReturns", "Benchmark"),
    ):
        cerebro.addobserver(getattr(bt.observers, name))
    cerebro.addobserver(Count)
    cerebro.addobserver(LoudTrades)
    cerebro.addobservermulti(Count)


def timers(cerebro):
    for cheat in (False, True):
        cerebro.add_timer(
            dt.time(0, 0), repeat=dt.timedelta(minutes=7), strats=True, cheat=cheat, extra=cheat
        )
    cerebro.add_timer(bt.timer.SESSION_START, offset=dt.timedelta(minutes=3), strats=True)


def cheating_timer(cerebro):
    cerebro.add_timer(dt.time(0, 0), repeat=dt.timedelta(minutes=9), strats=True, cheat=True)


def writer(cerebro):
    cerebro.written = io.StringIO()
    cerebro.addwriter(bt.WriterFile, out=cerebro.written, csv=True)


class Signal(bt.Indicator):
    lines = ("signal",)

    def __init__(self):
        self.lines.signal = self.data - bt.ind.SMA(period=5)


def signals(cerebro):
    cerebro.add_signal(bt.SIGNAL_LONGSHORT, Signal)
    cerebro.signal_accumulate(onoff=True)


def signals_with_exit(cerebro):
    cerebro.add_signal(bt.SIGNAL_LONG, Signal)
    cerebro.add_signal(bt.SIGNAL_LONGEXIT, Signal)
    cerebro.signal_concurrent(onoff=True)


def sizer(cerebro):
    cerebro.addsizer(bt.sizers.PercentSizer, percents=10)


def indicators(cerebro):
    cerebro.addindicator(bt.ind.RSI, period=5)
    cerebro.addindicator(bt.ind.Stochastic)


def history(cerebro):
    times = frame("1m").index
    orders = [[times[i].to_pydatetime(), size, 20_000.0 + i] for i, size in ((3, 1), (9, -2))]
    cerebro.add_order_history(orders, notify=True)


def nothing(cerebro):
    """Add nothing."""


WITNESS: Any = ((Witness, {}),)
QUIET: Any = ((Witness, {"asks": False, "looks": False}),)
CAPTIOUS: Any = ((Witness, {"looks": True, "asks": False}),)
TREND: Any = ((Trend, {}),)
SILENT: Any = ((Silent, {}),)


@dataclasses.dataclass(frozen=True)
class EngineScenario:
    """A run, and whether the fast loop must cover it."""

    name: str
    feeds: Callable[[Any], None] = one
    strategies: Any = WITNESS
    engine: dict[str, Any] = dataclasses.field(default_factory=dict)
    extras: tuple[Callable[[Any], None], ...] = ()
    broker: dict[str, Any] = dataclasses.field(default_factory=dict)
    broker_class: type = bt.brokers.BackBroker
    is_fast: bool = True
    seed: int = 1

    def build(self, cerebro_class, transcript):
        cerebro = cerebro_class(**self.engine)
        cerebro.setbroker(self.broker_class(**{"cash": 500_000.0, **self.broker}))
        cerebro.broker.setcommission(commission=0.001)
        self.feeds(cerebro)
        for number, (strategy, params) in enumerate(self.strategies):
            told = {"transcript": transcript, "name": f"s{number}"}
            seed = {"seed": self.seed + number} if issubclass(strategy, Witness) else {}
            cerebro.addstrategy(strategy, **told, **seed, **params)
        for extra in self.extras:
            extra(cerebro)
        return cerebro

    def run(self, cerebro_class):
        """Run it; return all that was told and all that is left."""
        transcript = Record()
        cerebro = self.build(cerebro_class, transcript)
        printed = io.StringIO()
        try:
            with contextlib.redirect_stdout(printed):
                strategies = cerebro.run()
        except (ZeroDivisionError, StrategyError) as exc:
            strategies = cerebro.runningstrats
            transcript.write("raised", type(exc.__cause__ or exc).__name__)
        transcript.lines += remains(cerebro, strategies)
        text = printed.getvalue()
        written = cerebro.written.getvalue() if hasattr(cerebro, "written") else ""
        return cerebro, [*transcript.lines, *text.splitlines(), *written.splitlines()]


def remains(cerebro, strategies):
    """Return what a run leaves behind, as text."""
    things = [describe(feed) for feed in cerebro.datas]
    for strategy in strategies:
        things += [describe(strategy), strategy._minperstatus, len(strategy._orders)]
        for parts in strategy._lineiterators.values():
            things += [describe(part) for part in parts]
            things += [describe(x) for p in parts for x in p.getindicators()]
        things += [analyzer.get_analysis() for analyzer in strategy.analyzers]
    broker = cerebro.broker
    things += [type(broker), broker.getcash(), broker.getvalue(), broker.fundvalue]
    return [repr(thing) for thing in things]


def scenario(name, **options):
    return EngineScenario(name, **options)


FEEDS = (
    *(one, ours, alike, misaligned, doubled_times, timeframes, resampled),
    *(resampled_alone, clone, resampled_candles, filtered),
)
PLAIN = {"stdstats": False}
SCENARIOS = (
    *(
        scenario(f"{f.__name__} {n}", feeds=f, strategies=s, engine=e, seed=seed)
        for seed, f in enumerate(FEEDS)
        for n, s, e in (("witness", WITNESS, {}), ("quiet", QUIET, PLAIN))
    ),
    *(
        scenario(f"{f.__name__} trend", feeds=f, strategies=TREND, engine=PLAIN)
        for f in (one, misaligned, resampled)
    ),
    *(
        scenario(f"{f.__name__} silent", feeds=f, strategies=SILENT)
        for f in (one, alike, empty_beside_full)
    ),
    scenario("orders seen without asking", strategies=CAPTIOUS, seed=9),
    scenario("old buysell and trades", engine={"oldbuysell": True, "oldtrades": True}, feeds=alike),
    scenario("cheat on open", engine={"cheat_on_open": True}, seed=5),
    scenario("cheat on open, several", engine={"cheat_on_open": True}, feeds=misaligned, seed=6),
    scenario("cheat on open, quiet", engine={"cheat_on_open": True, **PLAIN}, strategies=QUIET),
    scenario("cheat on open, broker not", engine={"cheat_on_open": True, "broker_coo": False}),
    scenario("cheat on close", broker={"coc": True}, seed=7),
    scenario("quicknotify", engine={"quicknotify": True}, seed=8),
    scenario("quicknotify, unheard", engine={"quicknotify": True}, strategies=TREND),
    scenario("trade history", engine={"tradehistory": True}, seed=9),
    scenario("fund mode", broker={"fundmode": True}, extras=(analyzers,), strategies=QUIET),
    scenario("object cache", engine={"objcache": True}),
    scenario("time zone", engine={"tz": "US/Eastern"}),
    scenario("time zone of a feed", engine={"tz": 0}),
    scenario("lookahead", engine={"lookahead": 3}),
    scenario("lookahead, several", engine={"lookahead": 2}, feeds=misaligned),
    scenario("analyzers", extras=(analyzers,), strategies=QUIET, seed=10),
    scenario("analyzers, no observers", engine=PLAIN, extras=(analyzers,), strategies=TREND),
    scenario("clerks", extras=(clerks,), strategies=QUIET, seed=11),
    scenario("clerks, several feeds", extras=(clerks,), feeds=misaligned, strategies=SILENT),
    scenario("observers", extras=(observers,), seed=12),
    scenario("observers, no standard ones", engine=PLAIN, extras=(observers,), strategies=QUIET),
    scenario("observers, several feeds", feeds=misaligned, extras=(observers,), seed=13),
    scenario("timers", extras=(timers,), seed=14),
    scenario("timers, quiet", extras=(timers,), engine=PLAIN, strategies=QUIET),
    scenario("timers, cheat on open", extras=(timers,), engine={"cheat_on_open": True}),
    scenario("cheating timer", extras=(cheating_timer,), feeds=misaligned, seed=15),
    scenario("writer", extras=(writer,), strategies=QUIET),
    scenario("writer, several", extras=(writer,), feeds=misaligned, strategies=TREND * 2),
    scenario("the default writer", engine={"writer": True}, strategies=TREND),
    scenario("several strategies", strategies=WITNESS * 2 + TREND, feeds=misaligned, seed=16),
    scenario("several strategies, alike", strategies=QUIET + WITNESS, feeds=alike, seed=17),
    scenario("signals", strategies=(), extras=(signals,)),
    scenario("signals with exit", strategies=(), extras=(signals_with_exit,), feeds=alike),
    scenario("no strategy", strategies=(), extras=(analyzers,)),
    scenario("own lines", strategies=((LineWriter, {}),)),
    scenario("own lines, several", strategies=((LineWriter, {}),), feeds=misaligned),
    scenario("sizer and indicators", extras=(sizer, indicators), seed=18),
    scenario("order history", extras=(history,), seed=19),
    scenario("stopped", strategies=((Witness, {"stops_at": 40}),), feeds=alike),
    scenario("stopped, several", strategies=((Witness, {"stops_at": 30}), *WITNESS)),
    scenario(
        "stopped, misaligned",
        strategies=((Silent, {}), (Witness, {"stops_at": 31})),
        feeds=misaligned,
    ),
    scenario("raised", strategies=((Witness, {"fails_at": 40}),)),
    scenario("raised, several", strategies=((Witness, {"fails_at": 41}), *TREND), feeds=resampled),
    scenario("our broker", broker_class=CCXTBackBroker, seed=20),
    scenario("our broker, several", broker_class=CCXTBackBroker, feeds=misaligned, seed=21),
    scenario(
        "futures",
        broker={},
        extras=(lambda c: c.broker.setcommission(commission=2.0, margin=500.0, mult=3.0),),
        seed=22,
    ),
    scenario(
        "interest",
        extras=(
            lambda c: c.broker.setcommission(commission=0.001, interest=0.1, interest_long=True),
        ),
    ),
    *(
        scenario(f"aside: {engine}", engine=engine, is_fast=False, strategies=TREND)
        for engine in (
            {"runonce": False},
            {"preload": False},
            {"oldsync": True},
            {"exactbars": 1},
            {"exactbars": -1},
            {"exactbars": -2},
            {"live": True},
            {"runonce": False, "oldsync": True},
        )
    ),
    *(
        scenario(f"aside: {f.__name__}", feeds=f, is_fast=False, strategies=QUIET)
        for f in (replayed, resampled_by_cerebro)
    ),
)
