"""Small runs over made-up bars."""

from typing import Any

import backtrader as bt
import numpy as np
import pandas as pd

from cracktrader.cerebro.cerebro import Cerebro


def frame(bars=20, *, freq="min", start="2024-01-01"):
    index = pd.date_range(start, periods=bars, freq=freq)
    close = 100 + np.sin(np.arange(bars)) * 5
    columns = {"open": close - 0.5, "high": close + 1, "low": close - 1, "close": close}
    return pd.DataFrame({**columns, "volume": 1.0}, index=index)


def feed(bars=20, *, cls=bt.feeds.PandasData, freq="min", start="2024-01-01"):
    part = frame(bars, freq=freq, start=start)
    return cls(dataname=part, timeframe=bt.TimeFrame.Minutes)


def make(strategy=bt.Strategy, *, feeds=(), cls=Cerebro, params=None, **engine):
    cerebro = cls(**{"stdstats": False, **engine})
    for number, data in enumerate(feeds or [feed()]):
        cerebro.adddata(data, name=f"data{number}")
    cerebro.addstrategy(strategy, **(params or {}))
    return cerebro


class Looker(bt.Strategy):
    """Calls ``at[n]`` with itself at bar n."""

    params: Any = (("at", {}),)

    def __init__(self):
        self.average = bt.ind.SMA(period=3)
        self.seen: list[Any] = []

    def prenext(self):
        self.next()

    def next(self):
        act = self.p.at.get(len(self))
        if act is not None:
            self.seen.append(act(self))
