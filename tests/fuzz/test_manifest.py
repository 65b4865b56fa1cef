"""Whatever stands in a manifest, a candle file or a CSV, reading ends in data or in our error."""

import contextlib

import orjson
from hypothesis import given
from hypothesis import strategies as st

from cracktrader.candles.interchange import read_file
from cracktrader.candles.manifest import FileEntry, Manifest, _checksum, _dump
from cracktrader.candles.parquet import decode, encode
from cracktrader.candles.series import SeriesKey
from cracktrader.errors import CorruptArchiveError, DataError
from cracktrader.testing.candles import random_walk

ENTRY = FileEntry(rows=2, first=0, last=60_000, size=100, sha256="a" * 64)
GOOD = Manifest(series=("a", "b", "c", "1m"), files={"1970-01": ENTRY}, ranges=((0, 9),)).to_bytes()
CANDLES = encode(random_walk(30))
json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


def flip(content, changes):
    changed = bytearray(content)
    for position, value in changes:
        changed[position % len(changed)] = value
    return bytes(changed)


changes = st.lists(st.tuples(st.integers(0), st.integers(0, 255)), min_size=1, max_size=4)


def read(content):
    try:
        return Manifest.from_bytes(content, source="x")
    except CorruptArchiveError:
        return None


@given(st.binary() | changes.map(lambda c: flip(GOOD, c)))
def test_any_bytes(content):
    manifest = read(content)
    assert manifest is None or manifest.to_bytes() == GOOD


@given(
    st.dictionaries(st.sampled_from(["series", "files", "pending", "ranges", "more"]), json),
)
def test_any_document_with_a_right_checksum(fields):
    body = {**orjson.loads(_dump(orjson.loads(GOOD))), **fields, "version": 1}
    body.pop("checksum"), body.pop("version")
    with contextlib.suppress(TypeError):
        content = orjson.dumps({**body, "version": 1, "checksum": _checksum(body)})
        manifest = read(content)
        assert manifest is None or read(manifest.to_bytes()) == manifest


@given(st.binary() | changes.map(lambda c: flip(CANDLES, c)) | st.binary().map(CANDLES.__add__))
def test_any_candle_file(content):
    with contextlib.suppress(DataError):
        decode(content, source="x")


@given(
    st.binary()
    | st.lists(st.lists(st.text(max_size=5) | st.floats().map(str), max_size=7)).map(
        lambda rows: "\n".join(",".join(row) for row in rows).encode("utf-8", "replace")
    )
)
def test_any_csv(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(content)
    with contextlib.suppress(DataError):
        read_file(path)


@given(st.text(min_size=1), st.text(min_size=1), st.text(min_size=1))
def test_any_names_make_a_folder_that_can_be_read_back(exchange, kind, symbol):
    try:
        key = SeriesKey(exchange, kind, symbol, "1M")
        path = key.path
    except UnicodeEncodeError:
        return
    assert SeriesKey.from_path(path) == key
    assert not {".", ".."} & set(path.split("/"))
