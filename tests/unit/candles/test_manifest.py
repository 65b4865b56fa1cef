import pytest
from pydantic import ValidationError

from cracktrader.candles.manifest import (
    FileEntry,
    Manifest,
    merge_ranges,
    month_of,
    month_range,
    subtract_ranges,
)
from cracktrader.candles.verdict import Verdict
from cracktrader.errors import CorruptArchiveError

ENTRY = FileEntry(rows=2, first=0, last=60_000, size=100, sha256="a" * 64)
OTHER = FileEntry(rows=3, first=0, last=120_000, size=110, sha256="b" * 64)
SERIES = ("binance", "spot", "BTC/USDT", "1m")
MANIFEST = Manifest(
    series=SERIES, files={"1970-01": ENTRY}, pending={"1970-01": OTHER}, ranges=((0, 9), (10, 20))
)


def read(content):
    return Manifest.from_bytes(content, source="a/manifest.json")


def test_a_manifest_comes_back_as_it_went():
    assert read(MANIFEST.to_bytes()) == MANIFEST
    assert read(Manifest(series=SERIES).to_bytes()) == Manifest(series=SERIES)


def test_its_bytes_do_not_depend_on_the_order_of_files():
    one = Manifest(series=SERIES, files={"2020-01": ENTRY, "2020-02": OTHER})
    other = Manifest(series=SERIES, files={"2020-02": OTHER, "2020-01": ENTRY})
    assert one.to_bytes() == other.to_bytes()


def test_either_version_of_a_file_is_good_while_one_replaces_the_other():
    assert MANIFEST.entry("1970-01", "a" * 64) == ENTRY
    assert MANIFEST.entry("1970-01", "b" * 64) == OTHER
    assert MANIFEST.entry("1970-01", "c" * 64) is None
    assert MANIFEST.entry("1970-02", "a" * 64) is None
    assert MANIFEST.months == ["1970-01"]
    assert MANIFEST.rows == 2


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b'"rows": 2', b'"rows": 3', "checksum does not match"),
        (b"9\n", b"8\n", "checksum does not match"),
        (b'"version": 2', b'"version": 3', "version is 3, this program reads up to 2"),
        (b"}", b"", "unexpected end of data"),
    ],
)
def test_any_change_is_noticed(old, new, reason):
    changed = MANIFEST.to_bytes().replace(old, new)
    assert changed != MANIFEST.to_bytes()
    with pytest.raises(CorruptArchiveError, match=reason) as caught:
        read(changed)
    assert "a/manifest.json" in str(caught.value)
    assert "data repair" in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"null", b"\xff\xfe", b"[" * 10_000])
def test_what_is_no_manifest_is_corrupt(content):
    with pytest.raises(CorruptArchiveError, match="not a readable manifest"):
        read(content)


@pytest.mark.parametrize(
    "wrong",
    [
        {"ranges": ((0, 0),)},
        {"ranges": ((5, 6), (0, 1))},
        {"ranges": ((0, 5), (5, 6))},
        {"ranges": ((0, 2**60),)},
        {"files": {"2020-13": ENTRY}},
        {"files": {"../../x": ENTRY}},
        {"extra": 1},
    ],
)
def test_a_manifest_that_cannot_be_is_refused(wrong):
    with pytest.raises(ValidationError):
        Manifest(series=SERIES, **wrong)


def test_a_wellformed_lie_is_corrupt():
    lie = MANIFEST.model_copy(update={"ranges": ((5, 1),)}).to_bytes()
    with pytest.raises(CorruptArchiveError, match="ranges are not in order"):
        read(lie)


def test_months_are_those_of_utc():
    assert month_of(0) == "1970-01"
    assert month_of(1_677_628_800_000) == "2023-03"
    assert month_of(1_677_628_800_000 - 1) == "2023-02"
    assert month_range("2023-12") == (1_701_388_800_000, 1_704_067_200_000)
    assert month_range("9999-12")[1] == 2**53


def test_ranges_that_touch_are_one():
    assert merge_ranges([(5, 7), (0, 2), (2, 3), (6, 6), (6, 9)]) == [(0, 3), (5, 9)]
    assert merge_ranges([]) == []


@pytest.mark.parametrize(
    ("wanted", "taken", "left"),
    [
        ([(0, 10)], [], [(0, 10)]),
        ([(0, 10)], [(0, 10)], []),
        ([(0, 10)], [(3, 5)], [(0, 3), (5, 10)]),
        ([(0, 10)], [(-5, 2), (8, 20)], [(2, 8)]),
        ([(0, 10), (20, 30)], [(5, 25)], [(0, 5), (25, 30)]),
        ([(0, 10)], [(10, 20)], [(0, 10)]),
        ([(10, 0)], [], []),
    ],
)
def test_ranges_are_subtracted(wanted, taken, left):
    assert subtract_ranges(wanted, taken) == left


def test_a_manifest_of_the_first_version_is_read():
    content = (
        b'{"checksum": "%s", "files": {"1970-01": {"first": 0, "last": 60000, "rows": 2, '
        b'"sha256": "%s", "size": 100}}, "ranges": [[0, 9]], '
        b'"series": ["binance", "spot", "BTC/USDT", "1m"], "version": 1}'
    )
    checksum = b"eb5bc6aa773dc1e8c3136caecb45a8b68c06728261a3d13794609f214b37f1d6"
    manifest = read(content % (checksum, b"a" * 64))
    assert manifest == Manifest(series=SERIES, files={"1970-01": ENTRY}, ranges=((0, 9),))
    assert manifest.files["1970-01"].verdict is None
    assert b'"version": 2' in manifest.to_bytes()


def test_verdicts_come_back_as_they_went():
    verdict = Verdict(rules="1", usual_move=0.1, no_trades=3, spikes=(5, 6), wicks=(7,))
    entry = ENTRY.model_copy(update={"verdict": verdict})
    manifest = Manifest(series=SERIES, files={"1970-01": entry})
    assert read(manifest.to_bytes()) == manifest
