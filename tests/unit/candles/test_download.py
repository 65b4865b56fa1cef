import asyncio

import numpy as np
import pytest

from cracktrader.candles.archive import Archive, SeriesKey
from cracktrader.candles.download import DownloadJob, DownloadOptions, NamedSource, download
from cracktrader.candles.storage import LocalStorage
from cracktrader.domain.candle import Candles
from cracktrader.domain.timeframe import Timeframe
from cracktrader.errors import DataError, UnavailableError
from cracktrader.testing.candles import FakeCandleSource, random_walk
from cracktrader.testing.clock import ManualClock

MINUTE = Timeframe.parse("1m")
CANDLES = random_walk(3000, start=1_577_836_800_000 - 1500 * 60_000)
START, END = int(CANDLES.timestamp[0]), int(CANDLES.timestamp[-1]) + 60_000
KEY = SeriesKey("fake", "spot", "BTC/USDT", "1m")
JOB = DownloadJob(symbol="BTC/USDT", timeframe=MINUTE, start=START, end=END)
NAN = float("nan")


def options(**given):
    return DownloadOptions(**{"retry_pause_s": 0.0, "flush_interval_s": 0.0, **given})


async def fetch(source, root, *jobs, **given):
    archive = root if isinstance(root, Archive) else Archive(root)
    return await download(source, archive, jobs or (JOB,), options=options(), **given)


def tree(root):
    return {
        str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }


async def test_a_source_may_be_kept_under_another_name(tmp_path):
    source = NamedSource(FakeCandleSource(CANDLES, limit=500), "fake-local", "spot")
    report = await fetch(source, tmp_path)
    assert [one.key.exchange for one in report.series] == ["fake-local"]
    assert Archive(tmp_path).load(report.series[0].key).equals(CANDLES)


async def test_every_candle_arrives_once(tmp_path):
    source = FakeCandleSource(CANDLES, limit=500)
    report = await fetch(source, tmp_path)
    assert Archive(tmp_path).load(KEY).equals(CANDLES)
    assert (report.candles, report.pages) == (3000, 6)
    assert report.series[0].added == 3000
    assert report.series[0].unconfirmed == ()


async def test_what_is_there_is_not_asked_for_again(tmp_path):
    await fetch(FakeCandleSource(CANDLES), tmp_path)
    again = FakeCandleSource(CANDLES)
    report = await fetch(again, tmp_path)
    assert again.requests == []
    assert report.candles == 0


async def test_only_what_is_missing_is_asked_for(tmp_path):
    archive = Archive(tmp_path)
    middle = CANDLES.take(slice(1000, 2000))
    first, after = START + 1000 * 60_000, START + 2000 * 60_000
    archive.save(KEY, middle, start=first, end=after)
    source = FakeCandleSource(CANDLES, limit=1000)
    await fetch(source, tmp_path)
    assert source.requests == [START, after]
    assert archive.load(KEY).equals(CANDLES)


def doubled_and_shuffled(number, rows):
    rng = np.random.default_rng(number)
    return rows.take(rng.permutation(np.repeat(np.arange(len(rows)), 2)))


def with_rows_from_outside(_number, rows):
    return Candles.concat([rows, CANDLES.take(slice(0, 10)), CANDLES.take(slice(-10, None))])


def sometimes_empty(number, rows):
    return rows.take(slice(0, 0)) if number % 5 == 3 else rows


def sometimes_short(number, rows):
    return rows.take(slice(0, 1 + number % 7)) if number % 2 else rows


def sometimes_old(number, rows):
    return CANDLES.take(slice(0, 5)) if number % 4 == 2 else rows


def as_it_is(_number, rows):
    return rows


@pytest.mark.parametrize(
    "alter",
    [
        doubled_and_shuffled,
        with_rows_from_outside,
        sometimes_empty,
        sometimes_short,
        sometimes_old,
        as_it_is,
    ],
)
@pytest.mark.parametrize("style", ["since", "window"])
async def test_odd_answers_end_in_the_same_bytes(tmp_path, alter, style):
    await fetch(FakeCandleSource(CANDLES), tmp_path / "plain")
    await fetch(FakeCandleSource(CANDLES, style=style, alter=alter), tmp_path / "odd")
    assert tree(tmp_path / "odd") == tree(tmp_path / "plain")


@pytest.mark.parametrize("limit", [7, 100, 1499, 1500, 1501, 10_000])
async def test_the_size_of_pages_does_not_show_in_the_bytes(tmp_path, limit):
    await fetch(FakeCandleSource(CANDLES, limit=1000), tmp_path / "plain")
    await fetch(FakeCandleSource(CANDLES, limit=limit), tmp_path / "other")
    assert tree(tmp_path / "other") == tree(tmp_path / "plain")


async def test_empty_pages_are_passed_and_remembered_as_empty(tmp_path):
    holed = CANDLES.take(np.r_[0:100, 2000:3000])
    source = FakeCandleSource(holed, style="window", limit=100)
    await fetch(source, tmp_path)
    archive = Archive(tmp_path)
    assert archive.load(KEY).equals(holed)
    assert archive.missing(KEY, START, END) == []
    # The first empty pages of a row are doubted, the others are not.
    assert len(source.requests) == 30 + 3


async def test_a_market_younger_than_the_request_is_empty_before(tmp_path):
    early = DownloadJob(symbol="BTC/USDT", timeframe=MINUTE, start=START - 10**9, end=END)
    await fetch(FakeCandleSource(CANDLES), tmp_path, early)
    assert Archive(tmp_path).missing(KEY, START - 10**9, END) == []


async def test_an_exchange_that_keeps_only_the_newest_is_not_taken_for_empty(tmp_path):
    source = FakeCandleSource(CANDLES, style="newest", limit=720, now_ms=END + 60_000)
    report = await fetch(source, tmp_path)
    kept = START + (3000 - 720) * 60_000
    assert report.series[0].unconfirmed == ((START, kept),)
    assert Archive(tmp_path).missing(KEY, START, END) == [(START, kept)]
    assert Archive(tmp_path).load(KEY).equals(CANDLES.take(slice(-720, None)))
    past = DownloadJob(symbol="BTC/USDT", timeframe=MINUTE, start=START, end=START + 600_000)
    assert (await fetch(source, tmp_path, past)).candles == 0


async def test_the_forming_candle_is_never_stored(tmp_path):
    now = END - 30_000
    job = DownloadJob(symbol="BTC/USDT", timeframe=MINUTE, start=START)
    report = await fetch(FakeCandleSource(CANDLES, now_ms=now), tmp_path, job)
    assert Archive(tmp_path).load(KEY).equals(CANDLES.take(slice(0, 2999)))
    assert report.series[0].end == END - 60_000
    assert Archive(tmp_path).missing(KEY, START, END) == [(END - 60_000, END)]


async def test_a_candle_in_its_grace_is_fetched_the_next_time(tmp_path):
    job = DownloadJob(symbol="BTC/USDT", timeframe=MINUTE, start=START)
    await fetch(FakeCandleSource(CANDLES, now_ms=END + 1), tmp_path, job)
    assert len(Archive(tmp_path).load(KEY)) == 2999
    await fetch(FakeCandleSource(CANDLES, now_ms=END + 5_000), tmp_path, job)
    assert Archive(tmp_path).load(KEY).equals(CANDLES)


async def test_a_job_in_the_future_asks_for_nothing(tmp_path):
    source = FakeCandleSource(CANDLES, now_ms=START)
    report = await fetch(source, tmp_path)
    assert source.requests == []
    assert report.candles == 0


async def test_a_source_that_never_advances_is_an_error(tmp_path):
    source = FakeCandleSource(CANDLES, alter=lambda *_: CANDLES.take(slice(0, 100)))
    with pytest.raises(DataError, match=r"fake does not advance: asked 3 times for BTC/USDT 1m fr"):
        await fetch(source, tmp_path)
    assert len(source.requests) == 4
    assert Archive(tmp_path).load(KEY).equals(CANDLES.take(slice(0, 100)))


async def test_old_candles_at_the_live_edge_mean_that_nobody_traded(tmp_path):
    source = FakeCandleSource(CANDLES, alter=lambda *_: CANDLES.take(slice(-5, None)))
    source._now_ms = END + 600_000
    job = DownloadJob(symbol="BTC/USDT", timeframe=MINUTE, start=END)
    assert (await fetch(source, tmp_path, job)).candles == 0
    assert Archive(tmp_path).missing(KEY, END, END + 600_000) == [(END, END + 600_000)]


@pytest.mark.parametrize("error", [UnavailableError("down"), asyncio.CancelledError()])
async def test_what_was_received_before_an_error_is_saved(tmp_path, error):
    def fail(number, rows):
        if number == 4:
            raise error
        return rows

    archive = Archive(tmp_path)
    slow = options(flush_interval_s=1e9)
    with pytest.raises(type(error)):
        await download(FakeCandleSource(CANDLES, alter=fail), archive, [JOB], options=slow)
    assert archive.load(KEY).equals(CANDLES.take(slice(0, 300)))
    assert archive.missing(KEY, START, END) == [(START + 300 * 60_000, END)]


async def test_several_series_run_together_and_stop_together(tmp_path):
    class Busy(FakeCandleSource):
        running = most = 0

        async def fetch_candles(self, symbol, timeframe, *, since, limit):
            if symbol == "BAD/USDT":
                raise UnavailableError("gone")
            self.running += 1
            self.most = max(self.most, self.running)
            await asyncio.sleep(0)
            self.running -= 1
            return await super().fetch_candles(symbol, timeframe, since=since, limit=limit)

    def job(symbol):
        return DownloadJob(symbol=symbol, timeframe=MINUTE, start=START, end=END)

    source = Busy(CANDLES)
    names = [f"{n}/USDT" for n in range(5)]
    report = await fetch(source, tmp_path, *map(job, names), concurrency=3)
    assert source.most == 3
    assert [one.key.symbol for one in report.series] == names
    assert report.candles == 15_000
    with pytest.raises(UnavailableError, match="gone"):
        await fetch(Busy(CANDLES), tmp_path / "x", job("A/USDT"), job("BAD/USDT"))
    assert len(Archive(tmp_path / "x").load(SeriesKey("fake", "spot", "A/USDT", "1m"))) < 3000


async def test_progress_is_told(tmp_path):
    seen = []
    await fetch(FakeCandleSource(CANDLES, limit=1000), tmp_path, on_progress=seen.append)
    assert [(p.pages, p.candles) for p in seen] == [(1, 1000), (2, 2000), (3, 3000), (3, 3000)]
    assert [round(p.fraction, 2) for p in seen] == [0.33, 0.67, 1.0, 1.0]
    assert {p.key for p in seen} == {KEY}
    seen.clear()
    await fetch(FakeCandleSource(CANDLES, now_ms=START), tmp_path / "x", on_progress=seen.append)
    assert seen[-1].fraction == 1.0


async def test_corrections_are_counted(tmp_path):
    archive = Archive(tmp_path)
    wrong = random_walk(3000, start=START, seed=5)
    archive.save(KEY, wrong, start=START, end=END)
    folder = archive.folder(KEY)
    with archive.locked(KEY):
        old = folder.settled()
        folder.commit(old, {}, [])
    report = await fetch(FakeCandleSource(CANDLES), tmp_path)
    assert report.series[0].revised == 3000
    assert archive.load(KEY).equals(CANDLES)


async def test_rows_without_a_price_are_counted_and_left_out(tmp_path):
    silent = CANDLES.take(slice(0, 100))
    columns = {n: getattr(silent, n).copy() for n in ("open", "high", "low", "close", "volume")}
    for column in columns.values():
        column[40:60] = NAN
    source = FakeCandleSource(Candles(timestamp=silent.timestamp, **columns))
    job = DownloadJob(symbol="BTC/USDT", timeframe=MINUTE, start=START, end=START + 6_000_000)
    report = await fetch(source, tmp_path, job)
    assert report.series[0].without_price == 20
    assert len(Archive(tmp_path).load(KEY)) == 80
    assert Archive(tmp_path).missing(KEY, START, START + 6_000_000) == []


async def test_saving_takes_a_small_share_of_the_time(tmp_path):
    clock = ManualClock()

    class Slow(LocalStorage):
        saves = 0

        def write(self, path, content):
            clock.advance(1_000)
            self.saves += path.endswith("manifest.json")
            super().write(path, content)

    def a_second_passes(_number, rows):
        clock.advance(1_000)
        return rows

    storage = Slow(tmp_path)
    source = FakeCandleSource(CANDLES, alter=a_second_passes)
    await download(source, Archive(storage), [JOB], options=options(clock=clock))
    assert len(source.requests) == 30
    assert storage.saves < 8
    assert Archive(tmp_path).load(KEY).equals(CANDLES)


async def test_a_disk_that_fills_up_is_reported_and_what_was_there_stays(tmp_path):
    class Filling(LocalStorage):
        room = 3

        def _write_through(self, path, content):
            self.room -= 1
            if self.room < 0:
                raise OSError(28, "No space left on device")
            super()._write_through(path, content)

    with pytest.raises(DataError, match=r"cannot write .*fake/spot/BTC_USDT/1m.*No space left"):
        await fetch(FakeCandleSource(CANDLES), Archive(Filling(tmp_path)))
    archive = Archive(tmp_path)
    kept = archive.load(KEY)
    assert len(kept) >= 100
    assert archive.check(KEY).is_sound
    await fetch(FakeCandleSource(CANDLES), tmp_path)
    assert archive.load(KEY).equals(CANDLES)
