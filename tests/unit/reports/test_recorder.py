"""The recorder hears everything a plain Backtrader run tells."""

import backtrader as bt
import numpy as np
import pandas as pd
import pytest
from tests.unit.reports.runs import Cross, run_strategy

from cracktrader.candles.samples import sample_candles
from cracktrader.feeds.candle import CandleFeed
from cracktrader.reports.recorder import RunRecorder, symbol_of, timeframe_of, to_ms
from cracktrader.reports.result import RunResult
from cracktrader.reports.trips import round_trips


class Watcher(Cross):
    """Keeps for itself what the recorder should have heard."""

    def __init__(self):
        super().__init__()
        self.cash_values, self.heard = [], []

    def notify_cashvalue(self, cash, value):
        self.cash_values.append((cash, value))

    def notify_order(self, order):
        self.heard.append((order.getstatusname(), abs(order.executed.size)))


@pytest.fixture(scope="module")
def watched():
    return run_strategy(Watcher)


def test_equity_is_cash_and_value_after_every_bar(watched):
    equity = watched.analyzers.recorder.equity
    assert list(zip(equity.cash, equity.value, strict=True)) == watched.cash_values
    assert np.array_equal(equity.timestamp, sample_candles().timestamp[:600])
    assert watched.analyzers.recorder.start_value == 10_000.0


def test_every_status_of_every_order_is_kept(watched):
    events = watched.analyzers.recorder.order_events()
    assert [(event.status, event.filled) for event in events] == watched.heard
    assert {event.order for event in events} == set(range(1, max(e.order for e in events) + 1))


def test_fills_add_up_to_the_broker_s_own_books(watched):
    recorder = watched.analyzers.recorder
    fills = recorder.fills()
    broker = watched.broker
    assert sum(fill.opened + fill.closed for fill in fills) == pytest.approx(
        broker.getposition(watched.data).size
    )
    assert fills[-1].position == pytest.approx(watched.position.size)
    realised = sum(fill.pnl - fill.fee for fill in fills)
    unrealised = (watched.data.close[0] - watched.position.price) * watched.position.size
    assert broker.getvalue() - 10_000.0 == pytest.approx(realised + unrealised)


def test_round_trips_are_backtrader_s_trades(watched):
    recorder = watched.analyzers.recorder
    trips = round_trips(recorder.fills(), recorder.orders(), times=recorder.equity.timestamp)
    closed = [trip for trip in trips if not trip.is_open]
    trades = watched.trades
    assert len(closed) == len(trades) > 10
    for trip, trade in zip(closed, trades, strict=True):
        assert trip.pnl == pytest.approx(trade.pnlcomm)
        assert trip.gross_pnl == pytest.approx(trade.pnl)
        assert trip.fee == pytest.approx(trade.commission)
        assert trip.bars == trade.barlen
        assert trip.side == ("long" if trade.long else "short")
        assert trip.entry_timestamp == to_ms(np.float64(trade.dtopen))
        assert trip.exit_timestamp == to_ms(np.float64(trade.dtclose))


def test_it_does_not_change_the_run(watched):
    alone = run_strategy(Watcher, recorder=None)
    assert alone.cash_values == watched.cash_values
    assert alone.heard == watched.heard


def test_running_bar_by_bar_gives_the_same_records():
    once = run_strategy().analyzers.recorder
    step = run_strategy(prepare=lambda _: {"runonce": False, "preload": False}).analyzers.recorder
    assert once.fills() == step.fills()
    assert once.orders() == step.orders()
    assert np.array_equal(once.equity.value, step.equity.value)
    assert once.instruments[0].candles.equals(step.instruments[0].candles)


def test_order_numbers_start_at_one_in_every_run():
    assert run_strategy().analyzers.recorder.orders()[0].number == 1


def test_cash_that_was_moved_is_told_of_as_it_is_no_profit(watched):
    class Depositor(Cross):
        def next(self):
            if len(self) == 25:
                self.broker.add_cash(1000.0)

    recorder = run_strategy(Depositor).analyzers.recorder
    assert recorder.equity.value[-1] > recorder.start_value
    (line,) = RunResult.from_recorder(recorder).meta.warnings
    assert line.startswith("Cash was added or taken out")
    assert watched.analyzers.recorder.warnings == ()


def test_without_kept_candles_there_are_none():
    recorder = run_strategy(prepare=lambda _: {"exactbars": 1}).analyzers.recorder
    assert len(recorder.instruments[0].candles) == 0
    assert len(recorder.equity) == 600
    assert recorder.fills()


def test_the_analysis_counts(watched):
    analysis = watched.analyzers.recorder.get_analysis()
    assert analysis["bars"] == 600
    assert analysis["fills"] == len(watched.analyzers.recorder.fills())


class Bracket(bt.Strategy):
    def next(self):
        if len(self) == 25:
            price = self.data.close[0]
            self.orders = self.buy_bracket(
                size=0.1, price=price * 1.01, stopprice=price * 0.995, limitprice=price * 1.005
            )
            self.orders[0].addinfo(reason="breakout")
            self.buy(size=0.1, exectype=bt.Order.StopLimit, price=1.0, plimit=2.0)
            self.buy(size=1e9)


def test_orders_tell_type_prices_reason_family_and_end():
    orders = run_strategy(Bracket).analyzers.recorder.orders()
    parent = next(order for order in orders if order.reason == "breakout")
    children = [order for order in orders if order.parent == parent.number]
    assert sorted(child.type for child in children) == ["Limit", "Stop"]
    assert parent.type == "Limit"
    stop_limit = next(order for order in orders if order.type == "StopLimit")
    assert (stop_limit.price, stop_limit.limit_price) == (1.0, 2.0)
    refused = next(order for order in orders if order.status == "Margin")
    assert (refused.filled, refused.average, refused.price) == (0.0, None, None)


class Stops(Cross):
    def next(self):
        super().next()
        if len(self) == 100:
            self.env.runstop()


def test_a_run_that_was_stopped_keeps_only_what_it_saw():
    recorder = run_strategy(Stops).analyzers.recorder
    assert recorder.equity.timestamp[-1] == recorder.instruments[0].candles.timestamp[-1]
    assert len(recorder.instruments[0].candles) < 600


class TellsSlippage(bt.brokers.BackBroker):
    def _execute(self, order, *args, **kwargs):
        cash = super()._execute(order, *args, **kwargs)
        if order.executed.exbits:
            order.executed.exbits[-1].slippage = 0.25
        return cash


def test_slippage_is_taken_from_brokers_that_tell_it():
    def use_broker(cerebro):
        cerebro.setbroker(TellsSlippage(cash=10_000.0))

    fills = run_strategy(prepare=use_broker).analyzers.recorder.fills()
    assert {fill.slippage for fill in fills} == {0.25}
    assert {fill.spread for fill in fills} == {None}


def frame(count):
    candles = sample_candles().take(slice(0, count))
    columns = {n: getattr(candles, n) for n in ("open", "high", "low", "close", "volume")}
    return pd.DataFrame(columns, index=pd.to_datetime(candles.timestamp, unit="ms"))


def run_feeds(*feeds):
    cerebro = bt.Cerebro(stdstats=False)
    for feed in feeds:
        cerebro.adddata(feed, name="BTC/USDT")
    cerebro.addstrategy(bt.Strategy)
    cerebro.addanalyzer(RunRecorder, _name="recorder")
    return cerebro.run()[0].analyzers.recorder


def test_feeds_of_one_market_get_names_of_their_own():
    minutes = {"timeframe": bt.TimeFrame.Minutes}
    feeds = [
        bt.feeds.PandasData(dataname=frame(60), **minutes),
        bt.feeds.PandasData(dataname=frame(60), **minutes, compression=60),
        bt.feeds.PandasData(dataname=frame(60), **minutes, compression=60),
    ]
    instruments = run_feeds(*feeds).instruments
    assert [each.symbol for each in instruments] == ["BTC/USDT", "BTC/USDT 1h", "BTC/USDT #2"]
    assert {each.market for each in instruments} == {"BTC/USDT"}


def test_feeds_of_different_length_share_one_row_per_time():
    minutes = {"timeframe": bt.TimeFrame.Minutes}
    recorder = run_feeds(
        bt.feeds.PandasData(dataname=frame(60), **minutes),
        bt.feeds.PandasData(dataname=frame(30), **minutes),
    )
    assert np.all(np.diff(recorder.equity.timestamp) > 0)
    assert len(recorder.equity) == 60


def test_whether_bars_are_named_by_their_close_is_asked_of_the_feed():
    (instrument,) = run_feeds(CandleFeed(dataname=frame(10), ccxt_timeframe="1m")).instruments
    assert instrument.names_close
    (instrument,) = run_feeds(CandleFeed(dataname=frame(10))).instruments
    assert not instrument.names_close
    (instrument,) = run_feeds(bt.feeds.PandasData(dataname=frame(10))).instruments
    assert not instrument.names_close


def test_a_run_without_bars_has_empty_records():
    recorder = run_feeds(bt.feeds.PandasData(dataname=frame(0)))
    assert len(recorder.equity) == 0
    assert recorder.fills() == recorder.orders() == recorder.order_events() == ()


@pytest.mark.parametrize(
    ("timeframe", "compression", "name"),
    [
        (bt.TimeFrame.Minutes, 15, "15m"),
        (bt.TimeFrame.Minutes, 240, "4h"),
        (bt.TimeFrame.Days, 1, "1d"),
        (bt.TimeFrame.Ticks, 1, "tick"),
    ],
)
def test_timeframes_are_written_ccxt_s_way(timeframe, compression, name):
    feed = bt.feeds.PandasData(dataname=frame(1), timeframe=timeframe, compression=compression)
    feed._timeframe, feed._compression = timeframe, compression
    assert timeframe_of(feed) == name


def test_a_feed_without_a_name_has_no_symbol():
    assert symbol_of(bt.feeds.PandasData(dataname=frame(1))) == ""


def test_float_days_become_exact_milliseconds():
    stamps = sample_candles().timestamp[:1000]
    days = [bt.date2num(t) for t in pd.to_datetime(stamps, unit="ms").to_pydatetime()]
    assert np.array_equal(to_ms(np.array(days)), stamps)
