import numpy as np
import pytest

from cracktrader.candles.archive import Archive
from cracktrader.candles.folder import MANIFEST, SeriesFolder, empty_manifest, split_months
from cracktrader.candles.series import SeriesKey
from cracktrader.candles.storage import LocalStorage
from cracktrader.errors import CorruptArchiveError, DataError
from cracktrader.testing.candles import random_walk

KEY = SeriesKey("x", "spot", "BTC/USDT", "1h")
CANDLES = random_walk(24 * 75, timeframe="1h")
START, END = int(CANDLES.timestamp[0]), int(CANDLES.timestamp[-1]) + 3_600_000
JANUARY, FEBRUARY = "2020-01.parquet", "2020-02.parquet"


class Killed(BaseException):
    """Stands for a SIGKILL: nothing of the program runs after it."""


class Mortal(LocalStorage):
    """Dies at its *n*-th change, before it."""

    def __init__(self, root, lives):
        super().__init__(root)
        self.lives = lives

    def _live(self):
        self.lives -= 1
        if self.lives < 0:
            raise Killed

    def write(self, path, content):
        self._live()
        super().write(path, content)

    def delete(self, path):
        self._live()
        super().delete(path)

    def sync(self, folder):
        self._live()
        super().sync(folder)


def tree(root):
    return {
        str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }


def save(storage, rows, *, scale=1.0):
    chosen = CANDLES.take(rows)
    chosen.close.flags.writeable = True
    part = type(chosen)(
        **{n: getattr(chosen, n) for n in ("timestamp", "open", "high", "low", "volume")},
        close=chosen.close * scale,
    )
    first, last = int(part.timestamp[0]), int(part.timestamp[-1])
    Archive(storage).save(KEY, part, start=first, end=last + 1)


def test_candles_are_split_by_the_month_they_open_in():
    parts = split_months(CANDLES)
    assert {month: len(part) for month, part in parts.items()} == {
        "2020-01": 31 * 24,
        "2020-02": 29 * 24,
        "2020-03": 15 * 24,
    }
    assert split_months(CANDLES.take(slice(0, 0))) == {}


def test_killed_anywhere_the_archive_is_readable_and_claims_only_what_is_there(tmp_path):
    old, new = slice(0, 800), slice(700, 1500)
    whole = LocalStorage(tmp_path / "whole")
    save(whole, old)
    save(whole, new)
    for lives in range(100):
        root = tmp_path / str(lives)
        save(LocalStorage(root), old)
        try:
            save(Mortal(root, lives), new)
        except Killed:
            archive = Archive(root)
            loaded = archive.load(KEY)
            for start, end in archive.manifest(KEY).ranges:
                assert loaded.between(start, end).equals(CANDLES.between(start, end))
            assert not archive.missing(KEY, START, START + 800 * 3_600_000)
            assert archive.check(KEY).is_sound
            save(LocalStorage(root), new)
            assert tree(root) == tree(tmp_path / "whole")
        else:
            assert lives > 5
            return
    raise AssertionError("never finished")


def test_killed_while_revising_either_version_is_whole(tmp_path):
    rows = slice(0, 1500)
    for lives in range(100):
        root = tmp_path / str(lives)
        save(LocalStorage(root), rows)
        try:
            save(Mortal(root, lives), rows, scale=2.0)
        except Killed:
            loaded = Archive(root).load(KEY)
            ratio = loaded.close / CANDLES.close[:1500]
            assert np.isin(ratio, [1.0, 2.0]).all()
            assert not Archive(root).missing(KEY, START, START + 1500 * 3_600_000)
        else:
            return
    raise AssertionError("never finished")


def test_killed_while_clearing_nothing_is_claimed_that_is_gone(tmp_path):
    for lives in range(100):
        root = tmp_path / str(lives)
        save(LocalStorage(root), slice(0, 1500))
        middle = int(CANDLES.timestamp[300]), int(CANDLES.timestamp[1480])
        try:
            Archive(Mortal(root, lives)).clear(KEY, *middle)
        except Killed:
            archive = Archive(root)
            loaded = archive.load(KEY)
            for start, end in archive.manifest(KEY).ranges:
                assert loaded.between(start, end).equals(CANDLES.between(start, end))
        else:
            assert Archive(root).missing(KEY, START, START + 1500 * 3_600_000) == [middle]
            return
    raise AssertionError("never finished")


def test_a_full_disk_loses_nothing(tmp_path):
    class Full(LocalStorage):
        def _write_through(self, path, content):
            raise OSError(28, "No space left on device")

    save(LocalStorage(tmp_path), slice(0, 800))
    before = tree(tmp_path)
    with pytest.raises(DataError, match="No space left on device"):
        save(Full(tmp_path), slice(700, 1500))
    assert tree(tmp_path) == before


def test_saving_the_same_again_writes_nothing(tmp_path):
    save(LocalStorage(tmp_path), slice(0, 800))
    save(Mortal(tmp_path, 0), slice(0, 800))


@pytest.mark.parametrize("damage", ["flip", "truncate", "empty", "swap", "remove"])
def test_a_damaged_file_is_refused_with_its_path_and_what_to_do(tmp_path, damage):
    save(LocalStorage(tmp_path), slice(0, 1500))
    folder = tmp_path / KEY.path
    file, content = folder / JANUARY, (folder / JANUARY).read_bytes()
    changed = {
        "flip": content[:500] + bytes([content[500] ^ 1]) + content[501:],
        "truncate": content[:-10],
        "empty": b"",
        "swap": (folder / FEBRUARY).read_bytes(),
        "remove": b"",
    }[damage]
    file.write_bytes(changed)
    if damage == "remove":
        file.unlink()
    with pytest.raises(CorruptArchiveError, match=r"2020-01.parquet.*data repair"):
        Archive(tmp_path).load(KEY)
    march = int(CANDLES.timestamp[31 * 24])
    assert len(Archive(tmp_path).load(KEY, march)) == 1500 - 31 * 24


def test_a_reader_sees_whole_files_while_a_writer_replaces_them(tmp_path):
    class Interrupted(LocalStorage):
        """Lets a writer finish between the reading of the manifest and of the file."""

        turns = 3

        def read(self, path):
            if path.endswith(JANUARY) and self.turns:
                self.turns -= 1
                save(LocalStorage(tmp_path), slice(0, 800), scale=2.0 + self.turns)
            return super().read(path)

    save(LocalStorage(tmp_path), slice(0, 800))
    reader = Interrupted(tmp_path)
    loaded = Archive(reader).load(KEY)
    assert reader.turns == 0
    assert np.allclose(loaded.close, CANDLES.close[:800] * 2.0)


def test_a_reader_sees_nothing_of_a_series_that_is_cleared_meanwhile(tmp_path):
    class Interrupted(LocalStorage):
        def read(self, path):
            if path.endswith(JANUARY):
                Archive(tmp_path).clear(KEY)
            return super().read(path)

    save(LocalStorage(tmp_path), slice(0, 800))
    assert len(Archive(Interrupted(tmp_path)).load(KEY)) == 0


def test_the_manifest_of_another_series_is_refused(tmp_path):
    save(LocalStorage(tmp_path), slice(0, 800))
    other = SeriesKey("x", "spot", "ETH/USDT", "1h")
    (tmp_path / KEY.path).parent.rename((tmp_path / other.path).parent)
    with pytest.raises(CorruptArchiveError, match="is that of x spot BTC/USDT 1h, not of x spot"):
        Archive(tmp_path).load(other)


def test_a_folder_without_a_manifest_claims_nothing(tmp_path):
    folder = SeriesFolder(LocalStorage(tmp_path), KEY)
    assert folder.manifest() == empty_manifest(KEY)
    assert folder.shown(MANIFEST) == f"{tmp_path}/x/spot/BTC_USDT/1h/manifest.json"
    folder.remove()


@pytest.mark.parametrize("rows", [1, 10**6])
def test_a_manifest_that_lies_about_a_file_is_noticed(tmp_path, rows):
    save(LocalStorage(tmp_path), slice(0, 800))
    folder = SeriesFolder(LocalStorage(tmp_path), KEY)
    manifest = folder.manifest()
    entry = manifest.files["2020-01"].model_copy(update={"rows": rows})
    files = {**manifest.files, "2020-01": entry}
    lie = manifest.model_copy(update={"files": files}).to_bytes()
    (tmp_path / KEY.path / MANIFEST).write_bytes(lie)
    archive = Archive(tmp_path)
    with pytest.raises(CorruptArchiveError, match=f"holds 744 candles, not {rows} as its"):
        archive.load(KEY)
    assert not archive.check(KEY).is_sound
    assert len(archive.repair(KEY).quarantined) == 1
    assert len(archive.load(KEY)) == 56
