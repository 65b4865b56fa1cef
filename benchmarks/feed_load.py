"""How fast bars get into Backtrader: PandasData against CandleFeed, the archive against pyarrow."""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

import backtrader as bt
import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from cracktrader.candles.archive import Archive
from cracktrader.candles.series import SeriesKey
from cracktrader.feeds.candle import CandleFeed
from cracktrader.feeds.ccxt import CCXTDataFeed
from cracktrader.store import CCXTStore
from cracktrader.testing.candles import random_walk

BARS = 200_000
CANDLES = 1_000_000
ROUNDS = 7
KEY = SeriesKey("binance", "spot", "BTC/USDT", "1m")
MINUTE_MS = 60_000


def best(work, rounds=ROUNDS):
    """Return the median of *rounds* runs in seconds, after one to warm up."""
    work()
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def load(feed):
    """Bring a feed to where Cerebro has it before the first bar."""
    feed.setenvironment(bt.Cerebro())
    feed.reset()
    feed._start()  # noqa: SLF001
    feed.preload()
    return feed


def row(what, seconds, count, beside):
    print(f"{what:<58}{seconds * 1e3:>10.1f} ms{count / seconds:>16,.0f}/s{beside:>22}")


def preload():
    candles = random_walk(BARS)
    frame = pd.DataFrame(
        {name: getattr(candles, name) for name in ("open", "high", "low", "close", "volume")},
        index=pd.to_datetime(candles.timestamp, unit="ms"),
    )
    minutes = {"timeframe": bt.TimeFrame.Minutes}
    began = time.perf_counter()
    theirs = load(bt.feeds.PandasData(dataname=frame, **minutes))
    pandas_s = time.perf_counter() - began
    ours = load(CandleFeed(dataname=frame, **minutes))
    for one, other in zip(theirs.lines, ours.lines, strict=True):
        require(np.array_equal(one.array, other.array, equal_nan=True))
    feed_s = best(lambda: load(CandleFeed(dataname=frame, **minutes)))
    print(f"\nDataFrame to full lines, {BARS:,} bars, all lines equal")
    row("bt.feeds.PandasData", pandas_s, BARS, "")
    row("CandleFeed", feed_s, BARS, f"{pandas_s / feed_s:,.0f} times as fast")


def archive(folder):
    candles = random_walk(CANDLES)
    start, end = int(candles.timestamp[0]), int(candles.timestamp[-1]) + MINUTE_MS
    Archive(folder).save(KEY, candles, start=start, end=end)
    store = CCXTStore("binance", cache_dir=folder)
    files = sorted(Path(folder).rglob("*.parquet"))

    def bare():
        for file in files:
            table = pq.read_table(file)
            for name in table.column_names:
                table.column(name).to_numpy()

    def from_archive():
        return load(CandleFeed(dataname=Archive(folder).load(KEY), ccxt_timeframe="1m"))

    def from_store(**policies):
        dates = {"fromdate": start, "todate": end}
        return load(CCXTDataFeed(store, "BTC/USDT", ccxt_timeframe="1m", **dates, **policies))

    require(from_archive().lines.close.array.tolist() == candles.close.tolist())
    works = {
        "bare pyarrow: read the files, all columns to NumPy": bare,
        "Archive.load, checksums verified": lambda: Archive(folder).load(KEY),
        "archive to CandleFeed ready": from_archive,
        'CCXTDataFeed ready, gaps="keep", outliers="keep"': lambda: from_store(
            gaps="keep", outliers="keep"
        ),
        "CCXTDataFeed ready, gaps filled, outliers looked for": from_store,
    }
    print(f"\nArchive to feed ready, {CANDLES:,} candles in {len(files)} files (goal: 1.5 times)")
    compare(works)


def compare(works):
    """Time all *works* in turns, so that whatever else the machine does troubles all alike."""
    times = {name: [] for name in works}
    for _ in range(ROUNDS + 1):
        for name, work in works.items():
            began = time.perf_counter()
            work()
            times[name].append(time.perf_counter() - began)
    medians = {name: statistics.median(taken[1:]) for name, taken in times.items()}
    floor = next(iter(medians.values()))
    for name, seconds in medians.items():
        row(name, seconds, CANDLES, f"{seconds / floor:.2f} times pyarrow")


def require(is_equal):
    if not is_equal:
        raise SystemExit("the lines differ")


def main():
    print(f"Python {sys.version.split()[0]}, median of {ROUNDS} runs")
    preload()
    with tempfile.TemporaryDirectory() as folder:
        archive(folder)


if __name__ == "__main__":
    main()
