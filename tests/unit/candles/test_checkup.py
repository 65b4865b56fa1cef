import json

import numpy as np
import pytest

from cracktrader.candles.archive import Archive, SeriesKey
from cracktrader.domain.candle import Candles
from cracktrader.errors import CorruptArchiveError
from cracktrader.testing.candles import random_walk

KEY = SeriesKey("x", "spot", "BTC/USDT", "1h")
HOUR = 3_600_000
CANDLES = random_walk(24 * 75, timeframe="1h")
START = int(CANDLES.timestamp[0])
END = START + len(CANDLES) * HOUR
JANUARY = (START, START + 31 * 24 * HOUR)


@pytest.fixture
def archive(tmp_path):
    archive = Archive(tmp_path)
    archive.save(KEY, CANDLES, start=START, end=END)
    return archive


@pytest.fixture
def folder(tmp_path, archive):
    assert archive.series() == [KEY]
    return tmp_path / KEY.path


def damage(file):
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(bytes(content))


def test_a_sound_series_has_nothing_to_tell(archive):
    check = archive.check(KEY)
    assert check.is_sound
    assert (check.candles, check.findings) == (1800, "nothing wrong")
    assert (check.unclaimed, check.not_downloaded, check.no_trades) == ((), (), ())
    assert archive.repair(KEY).quarantined == ()


def test_no_trades_is_told_from_not_downloaded(archive):
    archive.clear(KEY)
    holed = CANDLES.take(np.r_[0:10, 15:100])
    archive.save(KEY, holed, start=START, end=START + 100 * HOUR)
    archive.save(KEY, CANDLES.take(slice(200, 210)), start=START + 199 * HOUR, end=END)
    check = archive.check(KEY)
    assert check.not_downloaded == ((START + 100 * HOUR, START + 199 * HOUR),)
    assert [gap.candles for gap in check.no_trades] == [5, 1, 1590]


def test_suspicious_candles_are_told(archive):
    lying = Candles.from_rows([[END, 10, 9, 11, 10, 1]])
    archive.save(KEY, lying, start=END, end=END + HOUR)
    check = archive.check(KEY)
    assert check.is_sound
    assert check.quality.counts["inconsistent"] == 1
    assert "1 inconsistent" in check.findings


def test_damage_is_found_set_aside_and_can_be_downloaded_again(archive, folder):
    good = {path.name: path.read_bytes() for path in folder.glob("*.*")}
    damage(folder / "2020-01.parquet")
    check = archive.check(KEY)
    assert [entry.name for entry in check.damaged] == ["2020-01.parquet"]
    assert "checksum differs" in check.damaged[0].reason
    assert check.no_trades == ()
    repair = archive.repair(KEY)
    assert repair.to_download == (JANUARY,)
    (aside,) = repair.quarantined
    assert "/quarantine/" in aside
    assert aside.endswith("-2020-01.parquet")
    assert archive.check(KEY).is_sound
    assert archive.missing(KEY, START, END) == [JANUARY]
    assert archive.load(KEY).equals(CANDLES.take(slice(31 * 24, None)))
    archive.save(KEY, CANDLES.between(*JANUARY), start=JANUARY[0], end=JANUARY[1])
    assert {path.name: path.read_bytes() for path in folder.glob("*.*")} == good


def test_a_file_that_is_gone_counts_as_not_downloaded(archive, folder):
    (folder / "2020-01.parquet").unlink()
    assert "is missing" in archive.check(KEY).damaged[0].reason
    repair = archive.repair(KEY)
    assert repair.quarantined == ()
    assert repair.to_download == (JANUARY,)
    assert archive.missing(KEY, START, END) == [JANUARY]


def test_a_damaged_manifest_is_rebuilt_from_the_files(archive, folder):
    good = (folder / "manifest.json").read_bytes()
    (folder / "manifest.json").write_bytes(good[:50])
    with pytest.raises(CorruptArchiveError, match="data repair"):
        archive.load(KEY)
    assert [entry.name for entry in archive.check(KEY).damaged] == ["manifest.json"]
    (aside,) = archive.repair(KEY).quarantined
    assert aside.endswith("-manifest.json")
    assert (folder / "manifest.json").read_bytes() == good
    assert archive.load(KEY).equals(CANDLES)


def test_a_rebuilt_manifest_claims_only_where_there_are_candles(archive, folder):
    archive.clear(KEY)
    archive.save(KEY, CANDLES.take(np.r_[0:10, 15:100]), start=START - HOUR, end=END)
    (folder / "manifest.json").write_text("{}")
    gap = (START + 10 * HOUR, START + 15 * HOUR)
    assert archive.repair(KEY).to_download == (gap,)
    assert archive.missing(KEY, START, START + 100 * HOUR) == [gap]
    assert archive.missing(KEY, START - HOUR, START) == [(START - HOUR, START)]


def test_rebuilding_sets_files_aside_that_cannot_be_trusted(archive, folder):
    (folder / "manifest.json").write_text("")
    damage(folder / "2020-01.parquet")
    (folder / "2020-02.parquet").replace(folder / "2020-04.parquet")
    repair = archive.repair(KEY)
    names = sorted(name.rpartition("-")[0][-4:] + name[-11:] for name in repair.quarantined)
    assert len(names) == 3
    assert archive.load(KEY).equals(CANDLES.between(START + 60 * 24 * HOUR, None))
    assert archive.check(KEY).unclaimed == ()
    assert sorted(p.name for p in folder.glob("*.parquet")) == ["2020-03.parquet"]


def test_a_manifest_without_any_file_left_is_started_anew(archive, folder):
    for path in folder.glob("*.*"):
        path.write_bytes(b"")
    assert len(archive.repair(KEY).quarantined) == 4
    assert archive.check(KEY).is_sound
    assert archive.missing(KEY, START, END) == [(START, END)]
    assert json.loads((folder / "manifest.json").read_text())["version"] == 2


def test_what_a_killed_writer_left_is_named_and_harmless(archive, folder):
    (folder / "2021-01.parquet").write_bytes(b"half")
    check = archive.check(KEY)
    assert check.is_sound
    assert check.unclaimed == ("2021-01.parquet",)
    assert archive.load(KEY).equals(CANDLES)
