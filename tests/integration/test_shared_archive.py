"""Two processes write one series while a third reads it: nothing is torn, nothing is lost."""

import subprocess
import sys
from pathlib import Path

from cracktrader.candles.archive import Archive, SeriesKey
from cracktrader.testing.candles import random_walk

ROOT = Path(__file__).parents[2]
KEY = SeriesKey("x", "spot", "BTC/USDT", "1h")
CANDLES = random_walk(24 * 60, timeframe="1h")
HOUR = 3_600_000
START = int(CANDLES.timestamp[0])
# Each writer saves every second of twenty pieces that cut across the months.
SCRIPT = """
import sys
from tests.integration.test_shared_archive import CANDLES, HOUR, KEY, START
from cracktrader.candles.archive import Archive

archive, mine = Archive(sys.argv[1]), int(sys.argv[2])
for piece in range(mine, 20, 2):
    for candle in range(piece, len(CANDLES), 360 + piece):
        start, end = START + candle * HOUR, START + min(candle + 180, len(CANDLES)) * HOUR
        archive.save(KEY, CANDLES.between(start, end), start=start, end=end)
"""


def test_two_writers_and_a_reader(tmp_path):
    writers = [
        subprocess.Popen([sys.executable, "-c", SCRIPT, str(tmp_path), mine], cwd=ROOT)  # noqa: S603
        for mine in "01"
    ]
    archive = Archive(tmp_path)
    reads = 0
    while any(writer.poll() is None for writer in writers):
        claimed = archive.manifest(KEY).ranges
        loaded = archive.load(KEY)
        for start, end in claimed:
            assert loaded.between(start, end).equals(CANDLES.between(start, end))
        reads += bool(len(loaded))
    assert [writer.wait() for writer in writers] == [0, 0]
    assert reads > 1
    assert archive.check(KEY).is_sound
    for start, end in archive.manifest(KEY).ranges:
        assert archive.load(KEY, start, end).equals(CANDLES.between(start, end))
