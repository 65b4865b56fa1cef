"""Reading a million 1m candles from the archive, beside a bare pyarrow read of the same files.

Both sides end in six numpy columns of the whole series. They take turns, so a busy
machine is busy for both.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from cracktrader.candles.archive import Archive, SeriesKey
from cracktrader.domain.candle import COLUMNS
from cracktrader.testing.candles import random_walk

KEY = SeriesKey("binance", "spot", "BTC/USDT", "1m")


def read_bare(files):
    """The quickest way we know with pyarrow alone: zero-copy parts, joined once per column."""
    parts = [pq.ParquetFile(file).read() for file in files]
    table = pa.concat_tables(parts)
    columns = []
    for name in COLUMNS:
        dtype = np.int64 if name == "timestamp" else np.float64
        chunks = table.column(name).chunks
        columns.append(np.concatenate([np.frombuffer(c.buffers()[1], dtype) for c in chunks]))
    return columns


def read_table(files):
    """The usual way: one call, and pyarrow's own conversion (which imports pandas)."""
    return [column.to_numpy() for column in pq.read_table(files).columns]


def measure(calls, turns):
    """Return for each call (median ms, best ms, least CPU ms); they take turns."""
    taken = {name: ([], []) for name in calls}
    for _ in range(turns):
        for name, call in calls.items():
            began, began_cpu = time.perf_counter(), time.process_time()
            call()
            taken[name][0].append(1000 * (time.perf_counter() - began))
            taken[name][1].append(1000 * (time.process_time() - began_cpu))
    return {
        name: (statistics.median(wall), min(wall), min(cpu)) for name, (wall, cpu) in taken.items()
    }


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--candles", type=int, default=1_000_000)
    arguments.add_argument("--turns", type=int, default=31)
    given = arguments.parse_args()
    candles = random_walk(given.candles)
    with tempfile.TemporaryDirectory() as root:
        archive = Archive(root)
        began = time.perf_counter()
        start, end = int(candles.timestamp[0]), int(candles.timestamp[-1]) + 60_000
        archive.save(KEY, candles, start=start, end=end)
        written_s = time.perf_counter() - began
        files = sorted((Path(root) / KEY.path).glob("*.parquet"))
        size = sum(file.stat().st_size for file in files)
        if not archive.load(KEY).equals(candles):
            raise SystemExit("the archive returned other candles than were saved")
        calls = {
            "pyarrow, by hand": lambda: read_bare(files),
            "pyarrow, read_table": lambda: read_table(files),
            "Archive.load": lambda: archive.load(KEY),
        }
        figures = measure(calls, given.turns)
    print(
        f"{given.candles:,} candles in {len(files)} files, {size / given.candles:.2f} bytes each,"
    )
    print(
        f"written in {written_s:.2f} s; {given.turns} turns; ms, and ratio to the quicker pyarrow\n"
    )
    bare = [min(column) for column in zip(*list(figures.values())[:2], strict=True)]
    print(f"{'':22}{'median':>8}{'':8}{'best':>8}{'':8}{'CPU':>8}")
    for name, taken in figures.items():
        cells = (f"{ms:8.1f}{ms / least:8.2f}" for ms, least in zip(taken, bare, strict=True))
        print(f"{name:22}{''.join(cells)}")


if __name__ == "__main__":
    main()
