import pickle
import traceback
from typing import Any

import backtrader as bt
import pandas as pd
import pytest

from cracktrader.cerebro.cerebro import Cerebro
from cracktrader.errors import ConfigError, StrategyError


class Feed(bt.feeds.PandasData):
    """Counts how often it was stopped."""

    stopped = 0

    def stop(self):
        self.stopped += 1


class Store:
    stopped = 0

    def start(self):
        pass

    def stop(self):
        self.stopped += 1


class Faulty(bt.Strategy):
    """Raises in the phase it is told."""

    params: Any = (("phase", ""), ("error", ZeroDivisionError), ("at", 5))

    def __init__(self):
        self.average = bt.ind.SMA(period=2)
        self.fail("__init__")

    def fail(self, phase):
        if phase == self.p.phase:
            raise self.p.error("on purpose")

    def start(self):
        self.fail("start")

    def prenext(self):
        self.fail("prenext")

    def next(self):
        if len(self) == 3:
            self.buy(size=1)
        if len(self) == self.p.at:
            self.fail("next")

    def notify_order(self, order):
        self.fail("notify_order")

    def notify_trade(self, trade):
        self.fail("notify_trade")

    def notify_cashvalue(self, cash, value):
        self.fail("notify_cashvalue")

    def stop(self):
        self.fail("stop")


def make_feed(bars=10):
    index = pd.date_range("2024-01-01", periods=bars, freq="h")
    prices = pd.Series(range(100, 100 + bars), index=index, dtype=float)
    frame = pd.DataFrame(dict.fromkeys(("open", "high", "low", "close"), prices))
    frame["volume"] = 1.0
    return Feed(dataname=frame, timeframe=bt.TimeFrame.Minutes, compression=60)


def make_cerebro(strategy=Faulty, *, cerebro_params=None, **params):
    cerebro = Cerebro(**(cerebro_params or {}))
    cerebro.adddata(make_feed(), name="BTC/USDT")
    cerebro.addstrategy(strategy, **params)
    return cerebro


WHERE = {
    "__init__": "before the first bar",
    "start": "before the first bar",
    "prenext": 'at 2024-01-01 00:00:00 UTC, feed "BTC/USDT", bar 1',
    "next": 'at 2024-01-01 04:00:00 UTC, feed "BTC/USDT", bar 5',
    "notify_order": 'at 2024-01-01 03:00:00 UTC, feed "BTC/USDT", bar 4',
    "notify_trade": 'at 2024-01-01 03:00:00 UTC, feed "BTC/USDT", bar 4',
    "notify_cashvalue": 'at 2024-01-01 00:00:00 UTC, feed "BTC/USDT", bar 1',
    "stop": 'at 2024-01-01 09:00:00 UTC, feed "BTC/USDT", bar 10',
}


@pytest.mark.parametrize("engine", [{}, {"runonce": False}, {"preload": False}, {"exactbars": 1}])
@pytest.mark.parametrize(("phase", "where"), WHERE.items(), ids=WHERE)
def test_a_strategy_that_raises_is_told_with_bar_and_feed(phase, where, engine):
    cerebro = make_cerebro(phase=phase, cerebro_params=engine)
    with pytest.raises(StrategyError) as caught:
        cerebro.run()
    assert str(caught.value) == f"Faulty.{phase} raised ZeroDivisionError: on purpose, {where}"
    cause = caught.value.__cause__
    assert isinstance(cause, ZeroDivisionError)
    assert "self.fail(" in "".join(traceback.format_exception(cause))


def test_an_error_without_words_is_named():
    class Silent(bt.Strategy):
        def next(self):
            raise KeyError

    with pytest.raises(StrategyError, match=r"Silent\.next raised KeyError, at 2024"):
        make_cerebro(Silent).run()


def test_our_own_errors_and_interrupts_pass_as_they_are():
    with pytest.raises(ConfigError, match=r"^on purpose$"):
        make_cerebro(phase="next", error=ConfigError).run()
    with pytest.raises(KeyboardInterrupt):
        make_cerebro(phase="next", error=KeyboardInterrupt).run()


def test_an_error_of_a_feed_is_not_the_strategys():
    class Broken(Feed):
        def _load(self):
            raise OSError("disk")

    cerebro = Cerebro()
    cerebro.adddata(Broken(dataname=make_feed().p.dataname))
    with pytest.raises(OSError, match="disk"):
        cerebro.run()


def test_an_analyzer_of_the_user_is_the_users():
    class Careless(bt.Analyzer):
        def next(self):
            raise ValueError("no")

    cerebro = make_cerebro()
    cerebro.addanalyzer(Careless)
    with pytest.raises(StrategyError, match=r"Careless\.next raised ValueError: no, at "):
        cerebro.run()


def test_everything_is_stopped_after_an_error():
    cerebro = make_cerebro(phase="next")
    store = Store()
    cerebro.addstore(store)
    with pytest.raises(StrategyError):
        cerebro.run()
    assert (cerebro.datas[0].stopped, store.stopped) == (1, 1)


def test_a_run_without_an_error_stops_once():
    cerebro = make_cerebro()
    (strategy,) = cerebro.run()
    assert len(strategy) == 10
    assert cerebro.datas[0].stopped == 1
    assert type(cerebro.broker) is bt.brokers.BackBroker


def test_optimizations_work_in_processes():
    cerebro = Cerebro(maxcpus=2)
    cerebro.adddata(bt.feeds.PandasData(dataname=make_feed().p.dataname), name="BTC/USDT")
    cerebro.optstrategy(Faulty, at=[4, 5])
    assert [run[0].p.at for run in cerebro.run()] == [4, 5]


def test_an_error_travels_from_an_optimizations_process():
    cerebro = Cerebro(maxcpus=1)
    cerebro.adddata(make_feed(), name="BTC/USDT")
    cerebro.optstrategy(Faulty, at=[4, 5], phase="next")
    with pytest.raises(
        StrategyError, match=r"Faulty\.next raised .* 03:00:00 UTC.*bar 4"
    ) as caught:
        cerebro.run()
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)  # noqa: S301


def test_plotting_needs_no_display(monkeypatch):
    pyplot = pytest.importorskip("matplotlib.pyplot")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.delenv("MPLBACKEND", raising=False)
    cerebro = make_cerebro()
    cerebro.run()
    ((figure,),) = cerebro.plot(style="candlestick", iplot=False)
    assert figure.axes
    pyplot.close("all")
