"""How fast bars get into Backtrader: PandasData against CandleFeed, the archive against pyarrow."""

from __future__ import annotations

import hashlib
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import backtrader as bt
import numpy as np
import pandas as pd
from archive_read import read_bare, read_table

from cracktrader.candles.archive import Archive
from cracktrader.candles.cleaning import clean
from cracktrader.candles.gaps import apply_gap_policy
from cracktrader.candles.parquet import decode
from cracktrader.candles.series import SeriesKey
from cracktrader.domain.candle import Candles
from cracktrader.feeds.candle import CandleFeed
from cracktrader.feeds.ccxt import CCXTDataFeed
from cracktrader.feeds.columns import fill_lines
from cracktrader.observability.logs import setup_logging
from cracktrader.store import CCXTStore
from cracktrader.testing.candles import random_walk

BARS = 200_000
CANDLES = 1_000_000
ROUNDS = 15
FRESH_ROUNDS = 7
KEY = SeriesKey("binance", "spot", "BTC/USDT", "1m")
MINUTE_MS = 60_000


def typical(work, rounds=ROUNDS):
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
    feed_s = typical(lambda: load(CandleFeed(dataname=frame, **minutes)))
    print(f"\nDataFrame to full lines, {BARS:,} bars, all lines equal")
    row("bt.feeds.PandasData", pandas_s, BARS, "")
    row("CandleFeed", feed_s, BARS, f"{pandas_s / feed_s:,.0f} times as fast")


def archive(folder):
    candles = random_walk(CANDLES)
    # As in real months, here and there a wick that is reported and delivered.
    candles.low[5000::20_000] *= 0.95
    start, end = int(candles.timestamp[0]), int(candles.timestamp[-1]) + MINUTE_MS
    Archive(folder).save(KEY, candles, start=start, end=end)
    store = CCXTStore("binance", cache_dir=folder)
    files = sorted(Path(folder).rglob("*.parquet"))

    def feed(**policies):
        dates = {"fromdate": start, "todate": end}
        return CCXTDataFeed(store, "BTC/USDT", ccxt_timeframe="1m", **dates, **policies)

    def unknown():
        fresh = feed()
        history = store.history(fresh._request)  # noqa: SLF001
        fresh.store = SimpleNamespace(history=lambda *_, **__: replace(history, known=()))
        return load(fresh)

    ready = load(feed())
    require(ready.lines.close.array.tolist() == candles.close.tolist())
    require(ready.report.quality == {"wick": len(candles.low[5000::20_000])})
    require(unknown().report == ready.report)
    works = {
        "pyarrow by hand: ParquetFile.read, columns joined": lambda: read_bare(files),
        "pyarrow as usual: read_table, to_numpy": lambda: read_table(files),
        "Archive.load, checksums verified": lambda: Archive(folder).load(KEY),
        'CCXTDataFeed ready, gaps="keep", outliers="keep"': lambda: load(
            feed(gaps="keep", outliers="keep")
        ),
        "CCXTDataFeed ready, gaps filled, outliers reported": lambda: load(feed()),
        'CCXTDataFeed ready, outliers="drop"': lambda: load(feed(outliers="drop")),
        "the same, candles not known from when they were stored": unknown,
    }
    print(f"\nArchive to feed ready, {CANDLES:,} candles in {len(files)} files (goal: 1.5 times)")
    compare(works)
    alone(folder, start, end)
    stages(store, files, feed)


def alone(folder, start, end):
    """Print what the first load of a process takes, memory and all; that is what a user has."""
    print("\nThe same, the first one of a fresh process each")
    works = {
        "pyarrow by hand: ParquetFile.read, columns joined": "bare",
        "CCXTDataFeed ready, gaps filled, outliers reported": "feed",
    }
    call = [sys.executable, __file__, "--once", folder, str(start), str(end)]
    taken = {name: [] for name in works}
    for _ in range(FRESH_ROUNDS):
        for name, kind in works.items():
            done = subprocess.run([*call, kind], check=True, stdout=subprocess.PIPE)  # noqa: S603
            taken[name].append([float(number) for number in done.stdout.split()])
    show(taken)


def once(folder, start, end, kind):
    """Load one thing, after all that has to be imported for it was, and print what it took."""
    setup_logging("ERROR")
    files = sorted(Path(folder).rglob("*.parquet"))
    dates = {"fromdate": int(start), "todate": int(end)}
    feed = CCXTDataFeed(CCXTStore("binance", cache_dir=folder), "BTC/USDT", **dates)
    read_bare(files[:1])
    print(*timed({"bare": lambda: read_bare(files), "feed": lambda: load(feed)}[kind]))


def stages(store, files, feed):
    """Print what each step of loading takes by itself."""
    contents = [file.read_bytes() for file in files]
    fresh = feed()
    history = store.history(fresh._request)  # noqa: SLF001
    minute, bounds = fresh._candle_timeframe, {"start": history.start, "end": history.end}  # noqa: SLF001
    parts = [decode(content, source="", is_verified=True) for content in contents]
    columns = fresh._columns_of(history.candles)  # noqa: SLF001
    named = [*columns.values(), None]
    works = {
        "read the files": lambda: [file.read_bytes() for file in files],
        "SHA-256 of the files": lambda: [hashlib.sha256(content) for content in contents],
        "decode Parquet": lambda: [decode(c, source="", is_verified=True) for c in contents],
        "join the months": lambda: Candles.concat(parts),
        "look for defects and outliers, known": lambda: clean(
            history.candles, minute, known=history.known
        ),
        "look for defects and outliers, not known": lambda: clean(history.candles, minute),
        "look for gaps": lambda: apply_gap_policy(history.candles, minute, "fill", **bounds),
        "Backtrader's dates": lambda: fresh._columns_of(history.candles),  # noqa: SLF001
        "fill seven lines": lambda: fill_lines(((Line(), column) for column in named), CANDLES),
    }
    print("\nThe steps of it, each by itself")
    compare(works, beside=False)


class Line:
    """What `fill_lines` needs of a line."""

    extension = 0

    def home(self):
        """Rewind."""


def compare(works, *, beside=True):
    """Time all *works* in turns, so that whatever else the machine does troubles all alike."""
    taken = {name: [] for name in works}
    for _ in range(ROUNDS + 1):
        for name, work in works.items():
            taken[name].append(timed(work))
    show({name: numbers[1:] for name, numbers in taken.items()}, beside=beside)


def timed(work):
    """Return the ms that *work* took, and those that the processors did."""
    began, began_cpu = time.perf_counter(), time.process_time()
    kept = work()
    now = time.perf_counter() - began, time.process_time() - began_cpu
    del kept  # what it takes to forget the result counts for nobody
    return [1000 * seconds for seconds in now]


def show(taken, *, beside=True):
    """Print the median, the best and the least CPU time of each work."""
    figures = {}
    for name, both in taken.items():
        wall, cpu = zip(*both, strict=True)
        figures[name] = statistics.median(wall), min(wall), min(cpu)
    bare = [figure for name, figure in figures.items() if name.startswith("pyarrow")]
    floor = [min(column) for column in zip(*(bare or figures.values()), strict=True)]
    print(f"{'ms, and ratio to the quicker pyarrow' if beside else 'ms':<58}", end="")
    print("".join(f"{name:>8}{'':{8 * beside}}" for name in ("median", "best", "CPU")))
    for name, numbers in figures.items():
        pairs = zip(numbers, floor, strict=True)
        cells = (f"{ms:8.1f}" + (f"{ms / least:8.2f}" if beside else "") for ms, least in pairs)
        print(f"{name:<58}{''.join(cells)}")


def require(is_equal):
    if not is_equal:
        raise SystemExit("the lines differ")


def main():
    if sys.argv[1:2] == ["--once"]:
        once(*sys.argv[2:])
        return
    setup_logging("ERROR")
    print(f"Python {sys.version.split()[0]}, {ROUNDS} runs in turns")
    preload()
    with tempfile.TemporaryDirectory() as folder:
        archive(folder)


if __name__ == "__main__":
    main()
