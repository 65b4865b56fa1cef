"""An order is filled by bars that opened after it was sent, and by no others."""

from typing import Any

import backtrader as bt
import numpy as np
import pytest
from tests.unit.brokers.stage import BTC, Heard, make_feed

from cracktrader.brokers.backtest import CCXTBackBroker
from cracktrader.domain.candle import Candles
from cracktrader.feeds.candle import CandleFeed

START = 1_704_067_200_000  # 2024-01-01
HOUR = 3_600_000
FLAT = (100.0, 101.0, 99.0, 100.0)
RULES = {"markets": {"BTC/USDT": BTC, "slow": BTC}, "rules": True, "commission": 0.0}


class Once(bt.Strategy):
    """Does one thing, once, in the hour *at*, counted from the start of the data."""

    params: Any = (("at", 6), ("act", None), ("heard", None))
    is_done = False

    def notify_order(self, order):
        self.p.heard.orders.append(order)

    def next(self):
        if hour_of(self.data.datetime[0]) == self.p.at and not self.is_done:
            self.is_done = True
            self.p.act(self)


def hour_of(number):
    moment = bt.num2date(number)
    return round((moment.timestamp() if moment.tzinfo else _utc_s(moment)) * 1000 - START) // HOUR


def _utc_s(moment):
    return np.datetime64(moment, "us").astype(np.int64) / 1e6


def hourly(bars):
    table = np.array(bars, dtype=np.float64)
    stamps = START + HOUR * np.arange(len(bars), dtype=np.int64)
    candles = Candles.from_arrays(stamps, *(table[:, n] for n in range(4)), np.ones(len(bars)))
    return CandleFeed(dataname=candles, ccxt_timeframe="1h")


def run(act, *, at, prepare, **options):
    """Return the (price, hour) of every fill of what *act* ordered."""
    cerebro = bt.Cerebro(stdstats=False)
    prepare(cerebro)
    cerebro.setbroker(CCXTBackBroker(cash=1e6, **options))
    heard = Heard(broker=cerebro.broker)
    cerebro.addstrategy(Once, at=at, act=act, heard=heard)
    cerebro.run()
    return [(bit.price, hour_of(bit.dt)) for bit in heard.fills()]


def fast_and_slow(cerebro):
    feed = hourly([(100.0 + n, 101.0 + n, 99.0 + n, 100.5 + n) for n in range(24)])
    cerebro.adddata(feed, name="BTC/USDT")
    cerebro.resampledata(feed, timeframe=bt.TimeFrame.Minutes, compression=240, name="slow")


def on_the_slow_feed(**terms):
    return lambda strategy: strategy.buy(data=strategy.data1, size=1, **terms)


@pytest.mark.parametrize(
    ("terms", "fills"),
    [
        ({}, [(108.0, 12)]),
        ({"exectype": bt.Order.Limit, "price": 200.0}, [(108.0, 12)]),
        ({"exectype": bt.Order.Stop, "price": 104.0}, [(108.0, 12)]),
        # The lows of the last whole bar and of the one that was under way.
        ({"exectype": bt.Order.Limit, "price": 99.0}, []),
        ({"exectype": bt.Order.Limit, "price": 103.0}, []),
    ],
)
def test_no_bar_that_opened_before_an_order_was_sent_fills_it(terms, fills):
    # Sent in the middle of the bar from hour 4 to 8: the next one is from 8 to 12.
    act = on_the_slow_feed(**terms)
    assert run(act, at=6, prepare=fast_and_slow, **RULES) == fills


def test_a_bar_that_opens_when_an_order_is_sent_fills_it():
    act = on_the_slow_feed()
    assert run(act, at=8, prepare=fast_and_slow, **RULES) == [(108.0, 12)]


def test_a_feed_that_has_ended_fills_nothing_any_more():
    def prepare(cerebro):
        cerebro.adddata(hourly([FLAT] * 12), name="BTC/USDT")
        cerebro.adddata(hourly([FLAT] * 6), name="slow")

    act = on_the_slow_feed(exectype=bt.Order.Limit, price=99.5)
    assert run(act, at=8, prepare=prepare, **RULES) == []


def test_a_bar_after_a_gap_fills_what_was_sent_during_it():
    def prepare(cerebro):
        cerebro.adddata(hourly([FLAT] * 12), name="BTC/USDT")
        holed = hourly([FLAT] * 12)
        holed.p.dataname = holed.p.dataname.take(np.array([0, 1, 2, 3, 7, 8, 9]))
        cerebro.adddata(holed, name="slow")

    # The candle from hour 7 to 8 is the first after the gap.
    act = on_the_slow_feed()
    assert run(act, at=7, prepare=prepare, **RULES) == [(100.0, 8)]


@pytest.mark.parametrize(("at", "fills"), [(6, [(100.0, 8)]), (13, [])])
def test_where_opens_are_unknown_only_what_was_seen_already_is_left_out(at, fills):
    def prepare(cerebro):
        cerebro.adddata(hourly([FLAT] * 14), name="BTC/USDT")
        times = START + HOUR * np.array([4, 8, 12])
        table = {"datetime": times} | dict.fromkeys(("open", "high", "low", "close"), [100.0] * 3)
        cerebro.adddata(CandleFeed(dataname=table, datetime="datetime"), name="slow")

    act = on_the_slow_feed(exectype=bt.Order.Limit, price=100.0)
    assert run(act, at=at, prepare=prepare, **RULES) == fills


def test_any_feed_may_be_traded():
    def prepare(cerebro):
        cerebro.adddata(make_feed([FLAT] * 12), name="BTC/USDT")

    # Its bars are named by their opens, which nobody says.
    assert run(lambda s: s.buy(size=1), at=6, prepare=prepare, **RULES) == [(100.0, 7)]


def test_without_rules_bars_fill_as_in_backtrader():
    act = on_the_slow_feed(exectype=bt.Order.Limit, price=99.0)
    assert run(act, at=6, prepare=fast_and_slow) == [(99.0, 4)]


def test_a_growing_bar_fills_what_was_sent_while_it_grew():
    def prepare(cerebro):
        feed = hourly([FLAT] * 12)
        cerebro.replaydata(feed, timeframe=bt.TimeFrame.Minutes, compression=240, name="BTC/USDT")

    assert run(lambda s: s.buy(size=1), at=6, prepare=prepare, **RULES) == [(100.0, 7)]


def test_whoever_cheats_on_open_is_filled_at_that_open():
    class Opening(Once):
        def next_open(self):
            self.p.act(self) if hour_of(self.data.datetime[0]) == self.p.at else None

        def next(self):
            pass

    cerebro = bt.Cerebro(stdstats=False, cheat_on_open=True)
    cerebro.adddata(hourly([FLAT] * 12), name="BTC/USDT")
    cerebro.setbroker(CCXTBackBroker(coo=True, **RULES))
    heard = Heard(broker=cerebro.broker)
    limit = {"exectype": bt.Order.Limit, "price": 100.0}
    cerebro.addstrategy(Opening, at=6, act=lambda s: s.buy(size=1, **limit), heard=heard)
    cerebro.run()
    assert [hour_of(bit.dt) for bit in heard.fills()] == [6]
