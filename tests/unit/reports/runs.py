"""Runs to report on: small ones by hand, and real ones through Backtrader."""

import backtrader as bt
import numpy as np
import pandas as pd

from cracktrader.candles.samples import sample_candles
from cracktrader.domain.candle import Candles
from cracktrader.reports.provenance import RunMeta
from cracktrader.reports.recorder import RunRecorder
from cracktrader.reports.records import Equity, FillRecord, Instrument, OrderRecord
from cracktrader.reports.result import RunResult
from cracktrader.reports.trips import round_trips

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
START = 1_677_628_800_000  # 2023-03-01


def make_fill(opened=0.0, closed=0.0, price=100.0, at=0, **known):
    """One fill of BTC/USDT, *at* minutes after the start; fees follow the parts."""
    size, fee = opened + closed, known.pop("fee", 0.0)
    return FillRecord(
        **{
            "order": 1,
            "symbol": "BTC/USDT",
            "timestamp": START + at * MINUTE,
            "side": "buy" if size > 0 else "sell",
            "amount": abs(size),
            "price": price,
            "closed": closed,
            "opened": opened,
            "fee": fee,
            "closed_fee": fee * abs(closed) / abs(size),
            "pnl": 0.0,
            "position": opened,
            **known,
        }
    )


def make_order(number=1, **known):
    return OrderRecord(
        **{
            "number": number,
            "symbol": "BTC/USDT",
            "side": "buy",
            "type": "Market",
            "amount": 1.0,
            "price": None,
            "limit_price": None,
            "created": START,
            "status": "Completed",
            "filled": 1.0,
            "average": 100.0,
            "fee": 0.0,
            **known,
        }
    )


def make_candles(closes, *, step=MINUTE, spread=1.0):
    closes = np.array(closes, dtype=np.float64)
    opens = np.concatenate((closes[:1], closes[:-1]))
    return Candles(
        timestamp=START + np.arange(len(closes), dtype=np.int64) * step,
        open=opens,
        high=np.maximum(opens, closes) + spread,
        low=np.minimum(opens, closes) - spread,
        close=closes,
        volume=np.ones(len(closes)),
    )


def make_instrument(closes=(100.0, 101.0, 102.0), *, step=MINUTE, timeframe="1m", **known):
    candles = known.pop("candles", None)
    return Instrument(
        **{
            "symbol": "BTC/USDT",
            "market": "BTC/USDT",
            "timeframe": timeframe,
            "candles": make_candles(closes, step=step) if candles is None else candles,
            **known,
        }
    )


def make_result(values=(10_000.0, 10_100.0), *, step=MINUTE, fills=(), orders=(), **known):
    """A result with an equity curve of *values*, *step* ms apart."""
    values = np.array(values, dtype=np.float64)
    equity = Equity(
        timestamp=START + np.arange(len(values), dtype=np.int64) * step,
        cash=values,
        value=values,
    )
    instruments = known.pop("instruments", ())
    return RunResult(
        **{
            "meta": RunMeta(strategy="Hand", currency="USDT"),
            "start_value": 10_000.0,
            "equity": equity,
            "instruments": instruments,
            "orders": orders,
            "fills": fills,
            "trips": round_trips(fills, orders, times=equity.timestamp, instruments=instruments),
            "data_hash": "0" * 64,
            **known,
        }
    )


class Cross(bt.Strategy):
    """Long above, short below a moving average: it reverses."""

    params = (("fast", 5), ("slow", 20), ("size", 0.1))

    def __init__(self):
        averages = [bt.indicators.SMA(period=period) for period in (self.p.fast, self.p.slow)]
        self.cross = bt.indicators.CrossOver(*averages)
        self.trades = []

    def next(self):
        if self.cross > 0:
            self.buy(size=self.p.size + abs(self.position.size))
        elif self.cross < 0:
            self.sell(size=self.p.size + abs(self.position.size))

    def notify_trade(self, trade):
        if trade.isclosed:
            self.trades.append(trade)


def run_strategy(strategy=Cross, *, bars=600, recorder=RunRecorder, prepare=None, **params):
    """Run *strategy* over the shipped minutes in a plain Cerebro, and return it."""
    candles = sample_candles().take(slice(0, bars))
    frame = pd.DataFrame(
        {name: getattr(candles, name) for name in ("open", "high", "low", "close", "volume")},
        index=pd.to_datetime(candles.timestamp, unit="ms"),
    )
    cerebro = bt.Cerebro(stdstats=False)
    feed = bt.feeds.PandasData(dataname=frame, timeframe=bt.TimeFrame.Minutes, compression=1)
    cerebro.adddata(feed, name="BTC/USDT")
    cerebro.broker.setcash(10_000.0)
    cerebro.broker.setcommission(0.001)
    cerebro.addstrategy(strategy, **params)
    if recorder is not None:
        cerebro.addanalyzer(recorder, _name="recorder")
    kwargs = prepare(cerebro) if prepare else None
    return cerebro.run(**(kwargs or {}))[0]
