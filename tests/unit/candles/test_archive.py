import uuid

import pytest

from cracktrader.candles.archive import Archive, Saved, SeriesKey
from cracktrader.domain.candle import Candles
from cracktrader.domain.timeframe import Timeframe
from cracktrader.errors import DataError
from cracktrader.testing.candles import random_walk

KEY = SeriesKey("binance", "spot", "BTC/USDT", "1h")
HOUR = 3_600_000
CANDLES = random_walk(24 * 75, timeframe="1h")
START = int(CANDLES.timestamp[0])
END = START + len(CANDLES) * HOUR


@pytest.fixture(params=["local", "memory"])
def archive(request, tmp_path):
    return Archive(tmp_path if request.param == "local" else f"memory://{uuid.uuid4().hex}")


def at(hours):
    return START + hours * HOUR


def test_what_was_saved_is_loaded(archive):
    assert archive.save(KEY, CANDLES, start=START, end=END) == Saved(added=1800, revised=0)
    assert archive.load(KEY).equals(CANDLES)
    assert archive.load(KEY, START, END).equals(CANDLES)


@pytest.mark.parametrize(("first", "after"), [(0, 1), (100, 700), (740, 750), (1799, 1800), (5, 5)])
def test_a_part_is_loaded_from_its_start_to_before_its_end(archive, first, after):
    archive.save(KEY, CANDLES, start=START, end=END)
    assert archive.load(KEY, at(first), at(after)).equals(CANDLES.take(slice(first, after)))


def test_nothing_is_loaded_where_nothing_was_saved(archive):
    assert len(archive.load(KEY)) == 0
    archive.save(KEY, CANDLES, start=START, end=END)
    assert len(archive.load(KEY, END, END + HOUR)) == 0


def test_parts_in_any_order_give_the_same_bytes(tmp_path):
    pieces = [(600, 1300), (0, 700), (1300, 1800), (200, 201)]
    Archive(tmp_path / "whole").save(KEY, CANDLES, start=START, end=END)
    for first, after in pieces:
        part = CANDLES.take(slice(first, after)).take(slice(None, None, -1))
        Archive(tmp_path / "parts").save(KEY, part, start=at(first), end=at(after))
    names = [p.relative_to(tmp_path / "whole") for p in (tmp_path / "whole").rglob("*.*")]
    assert len(names) == 5
    for name in names:
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "parts" / name).read_bytes()


def test_downloaded_and_empty_differs_from_not_downloaded(archive):
    assert archive.missing(KEY, START, END) == [(START, END)]
    archive.save(KEY, Candles(), start=at(10), end=at(20))
    assert archive.missing(KEY, START, END) == [(START, at(10)), (at(20), END)]
    assert archive.missing(KEY, at(12), at(15)) == []
    assert len(archive.load(KEY, at(10), at(20))) == 0


def test_ranges_mean_candle_opens(archive):
    archive.save(KEY, CANDLES.take(slice(1, 3)), start=START + 1, end=at(2) + 1)
    assert archive.missing(KEY, START + 1, at(3)) == []
    assert archive.missing(KEY, START, at(3) + 1) == [(START, at(1)), (at(3), at(4))]


def test_a_later_version_of_a_candle_replaces_it_and_is_counted(archive):
    archive.save(KEY, CANDLES, start=START, end=END)
    changed = random_walk(10, timeframe="1h", seed=2)
    assert archive.save(KEY, changed, start=START, end=at(10)) == Saved(added=0, revised=10)
    assert archive.load(KEY, START, at(10)).equals(changed)


def test_what_the_exchange_no_longer_serves_is_kept(archive):
    archive.save(KEY, CANDLES, start=START, end=END)
    archive.save(KEY, Candles(), start=START, end=END)
    assert archive.load(KEY).equals(CANDLES)


@pytest.mark.parametrize(("start", "end"), [(START + 1, END), (START, END - HOUR), (END, START)])
def test_candles_outside_of_their_range_are_refused(archive, start, end):
    with pytest.raises(ValueError, match="outside of the range"):
        archive.save(KEY, CANDLES, start=start, end=end)
    assert archive.series() == []


def test_series_are_listed_and_described(archive):
    other = SeriesKey("kraken", "swap", "BTC/USD:USD", "1M")
    archive.save(KEY, CANDLES, start=START, end=END + HOUR)
    archive.save(other, Candles(), start=0, end=1)
    assert archive.series() == [KEY, other]
    info = archive.info(KEY)
    assert (info.candles, info.files) == (1800, 3)
    assert (info.first, info.last) == (START, END - HOUR)
    assert info.ranges == ((START, END + HOUR),)
    assert 0 < info.size_bytes < 40 * 1800
    assert archive.info(other).first is None


def test_a_series_that_is_not_there_is_said_to_be_missing(archive):
    with pytest.raises(DataError, match="nothing of binance spot BTC/USDT 1h is in the archive"):
        archive.info(KEY)


def test_folders_of_others_are_left_alone(tmp_path):
    folder = tmp_path / "a" / "b" / "c" / "not a timeframe"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text("{}")
    assert Archive(tmp_path).series() == []


def test_a_cleared_series_is_gone(archive):
    archive.save(KEY, CANDLES, start=START, end=END)
    archive.clear(KEY)
    archive.clear(KEY)
    assert archive.series() == []
    assert len(archive.load(KEY)) == 0
    assert archive.missing(KEY, START, END) == [(START, END)]


def test_a_part_can_be_cleared(archive):
    archive.save(KEY, CANDLES, start=START, end=END)
    archive.clear(KEY, at(100), at(1500))
    kept = [CANDLES.take(slice(0, 100)), CANDLES.take(slice(1500, None))]
    assert archive.load(KEY).equals(Candles.concat(kept))
    assert archive.missing(KEY, START, END) == [(at(100), at(1500))]
    archive.clear(KEY, end=at(50))
    assert archive.info(KEY).first == at(50)
    archive.clear(KEY, start=at(60))
    assert archive.info(KEY).candles == 10


def test_longer_candles_are_built_where_there_are_none(archive):
    archive.save(KEY, CANDLES.take(slice(5, None)), start=at(5), end=END)
    day = Timeframe.parse("1d")
    target = SeriesKey("binance", "spot", "BTC/USDT", "1d")
    assert archive.build(KEY, day) == Saved(added=74, revised=0)
    assert archive.missing(target, START, END) == [(START, at(24))]
    assert archive.load(target).volume.sum() == pytest.approx(CANDLES.volume[24:].sum())
    assert archive.build(KEY, day) == Saved(added=0, revised=0)
    archive.clear(KEY)
    archive.save(KEY, CANDLES.take(slice(1, 5)), start=at(1), end=at(5))
    assert archive.build(KEY, day) == Saved(added=0, revised=0)
    with pytest.raises(ValueError, match="cannot be built"):
        archive.build(KEY, Timeframe.parse("1m"))


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_files_go_in_and_out(archive, tmp_path, suffix):
    path = tmp_path / f"candles{suffix}"
    archive.save(KEY, CANDLES, start=START, end=END)
    assert archive.export_file(KEY, path, start=at(10)) == 1790
    other = SeriesKey("mine", "spot", "BTC/USDT", "1h")
    assert archive.import_file(other, path) == Saved(added=1790, revised=0)
    assert archive.load(other).equals(CANDLES.take(slice(10, None)))
    assert archive.missing(other, START, END) == [(START, at(10))]
    archive.import_file(other, path, start=START, end=at(20))
    assert archive.missing(other, START, END) == []


def test_there_must_be_something_to_import_and_export(archive, tmp_path):
    with pytest.raises(DataError, match="no candles of binance spot BTC/USDT 1h to export"):
        archive.export_file(KEY, tmp_path / "x.csv")
    archive.save(KEY, CANDLES, start=START, end=END)
    archive.export_file(KEY, tmp_path / "x.csv")
    with pytest.raises(DataError, match="no candles to import"):
        archive.import_file(KEY, tmp_path / "x.csv", start=END)
    with pytest.raises(DataError, match="does not hold candles of 1d"):
        archive.import_file(SeriesKey("a", "spot", "B/C", "1d"), tmp_path / "x.csv")


def test_a_writer_waits_for_another_one(tmp_path):
    archive = Archive(tmp_path, lock_timeout_s=0)
    with archive.locked(KEY), pytest.raises(DataError, match="another process"):
        archive.save(KEY, CANDLES, start=START, end=END)
    assert archive.root == str(tmp_path)


@pytest.mark.parametrize("opened", [-30_610_224_060_000, 253_370_764_800_000, 2**53])
def test_candles_outside_of_the_years_of_four_digits_are_refused(archive, opened):
    candles = Candles.from_rows([[opened, 1, 1, 1, 1, 1]])
    with pytest.raises(DataError, match="outside of the years 1000 to 9998; are its times ms"):
        archive.save(KEY, candles, start=opened, end=opened + 1)
    assert archive.series() == []


@pytest.mark.parametrize("opened", [-60_000, -30_610_224_000_000, 253_370_764_740_000])
def test_candles_long_ago_and_far_from_now_are_kept(archive, opened):
    candles = Candles.from_rows([[opened, 1, 1, 1, 1, 1]])
    archive.save(KEY, candles, start=opened, end=opened + 60_000)
    assert archive.load(KEY).timestamp.tolist() == [opened]
    assert archive.missing(KEY, opened, opened + 60_000) == []


def test_only_files_that_are_loaded_whole_are_known(archive):
    candles = random_walk(24 * 91, timeframe="1h")
    hourly = SeriesKey("x", "spot", "BTC/USDT", "1h")
    stamps = candles.timestamp
    archive.save(hourly, candles, start=int(stamps[0]), end=int(stamps[-1]) + 1)

    def rows(first, after):
        loaded = archive.load_known(hourly, int(stamps[first]), int(stamps[after]))
        assert loaded.candles.equals(candles.take(slice(first, after)))
        return [(known.start, known.end) for known in loaded.known]

    assert rows(0, 2183) == [(0, 744), (744, 1440)]
    assert rows(1, 1440) == [(743, 1439)]
    assert rows(800, 900) == []
    assert archive.load_known(hourly).candles.equals(archive.load(hourly))
    assert len(archive.load_known(hourly).known) == 3
