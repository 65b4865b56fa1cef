"""A downloader that is killed over and over ends in the archive of one that was not."""

import os
import random
import signal
import subprocess
import sys

from cracktrader.candles.archive import Archive
from cracktrader.candles.series import SeriesKey

KILLS = 20
PAGES = 120
# Says one byte per page on stdout; forks a downloader for each line on stdin, so that the
# libraries are loaded once.
SCRIPT = """
import asyncio, os, sys, time
from cracktrader.candles.archive import Archive
from cracktrader.candles.download import DownloadJob, DownloadOptions, download
from cracktrader.domain.timeframe import Timeframe
from cracktrader.testing.candles import FakeCandleSource, random_walk

minutes = random_walk(12_000, start=1_577_836_800_000 - 6_000 * 60_000)
start, end = int(minutes.timestamp[0]), int(minutes.timestamp[-1]) + 60_000

def say(number, rows):
    os.write(1, b".")
    return rows

def run(root, interval):
    source = FakeCandleSource(minutes, limit=200, alter=say)
    jobs = [
        DownloadJob(symbol=s, timeframe=Timeframe.parse("1m"), start=start - 10**9, end=end)
        for s in ("BTC/USDT", "ETH/USDT")
    ]
    options = DownloadOptions(flush_interval_s=interval, retry_pause_s=0)
    asyncio.run(download(source, Archive(root), jobs, options=options))

for line in sys.stdin:
    root, interval = line.rsplit(" ", 1)
    child = os.fork()
    if not child:
        try:
            run(root, float(interval))
        finally:
            os._exit(0)
    os.write(1, b"<%d>" % child)
    _, status = os.waitpid(child, 0)
    os.write(1, b"K" if os.WIFSIGNALED(status) else b"E")
"""


class Downloader:
    """The other side of `SCRIPT`."""

    def __init__(self):
        self.process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-c", SCRIPT], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def run(self, root, *, interval=0.0, kill_after=None):
        """Return the pages that were fetched, and whether the child was killed."""
        self.process.stdin.write(f"{root} {interval}\n".encode())
        self.process.stdin.flush()
        pages, child, digits = 0, 0, b""
        while (byte := os.read(self.process.stdout.fileno(), 1)) not in b"KE":
            pages += byte == b"."
            digits += byte if byte.isdigit() else b""
            if byte == b">":
                child = int(digits)
            if kill_after is not None and child and pages >= kill_after:
                os.kill(child, signal.SIGKILL)
                kill_after = None
        return pages, byte == b"K"

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


def tree(root):
    return {
        str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }


def test_killed_at_twenty_random_pages_the_archive_is_the_same_byte_for_byte(tmp_path):
    chance = random.Random(7)  # noqa: S311
    downloader = Downloader()
    try:
        pages, killed = downloader.run(tmp_path / "whole")
        assert not killed
        assert pages >= PAGES
        kills = refetched = 0
        while kills < KILLS:
            interval = chance.choice([0.0, 0.0, 0.02])
            pages, killed = downloader.run(
                tmp_path / "killed", interval=interval, kill_after=chance.randint(1, 25)
            )
            kills += killed
            refetched += pages
            for key in Archive(tmp_path / "killed").series():
                assert Archive(tmp_path / "killed").check(key).is_sound
            if not killed:
                assert tree(tmp_path / "killed") == tree(tmp_path / "whole")
                Archive(tmp_path / "killed").clear(SeriesKey("fake", "spot", "ETH/USDT", "1m"))
        pages, killed = downloader.run(tmp_path / "killed")
        assert not killed
        assert tree(tmp_path / "killed") == tree(tmp_path / "whole")
    finally:
        downloader.close()
