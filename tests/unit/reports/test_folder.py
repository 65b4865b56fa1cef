"""A result folder is written whole or not at all, and read only if it is untouched."""

import errno
import os
from pathlib import Path

import numpy as np
import orjson
import pytest
from tests.unit.reports.runs import make_fill, make_order

from cracktrader.errors import ConfigError, CorruptArchiveError, CracktraderError, DataError
from cracktrader.reports.folder import (
    INDEX,
    canonical_json,
    decode_equity,
    decode_table,
    encode_equity,
    encode_table,
    read_folder,
    write_folder,
)
from cracktrader.reports.records import Equity, FillRecord, OrderRecord

FILES = {INDEX: b'{"format": 1}', "a.csv": b"a\n", "candles/0.parquet": b"\0"}


def test_what_is_written_is_read(tmp_path):
    folder = write_folder(tmp_path / "new" / "run", FILES)
    index, files = read_folder(folder)
    assert index["format"] == 1
    assert files == {"a.csv": b"a\n", "candles/0.parquet": b"\0"}


def test_a_result_replaces_a_result_whole(tmp_path):
    write_folder(tmp_path / "run", {**FILES, "old.csv": b""})
    write_folder(tmp_path / "run", FILES)
    assert not (tmp_path / "run" / "old.csv").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_an_empty_folder_may_be_taken(tmp_path):
    (tmp_path / "run").mkdir()
    assert read_folder(write_folder(tmp_path / "run", FILES))


def test_a_folder_with_other_things_is_left_alone(tmp_path):
    (tmp_path / "photo.jpg").write_bytes(b"mine")
    with pytest.raises(ConfigError, match="not the result of a run"):
        write_folder(tmp_path, FILES)
    with pytest.raises(ConfigError, match="not the result of a run"):
        write_folder(tmp_path / "photo.jpg", FILES)
    assert (tmp_path / "photo.jpg").read_bytes() == b"mine"


def test_a_folder_below_a_file_cannot_be_written(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ConfigError, match="cannot write the result"):
        write_folder(tmp_path / "file" / "run", FILES)


@pytest.mark.parametrize(
    ("number", "error", "words"),
    [
        (errno.EACCES, ConfigError, "Permission denied; choose another folder"),
        (errno.EROFS, ConfigError, "Read-only"),
        (errno.ENOSPC, CracktraderError, "No space left"),
    ],
)
def test_a_failing_disk_leaves_the_old_result(tmp_path, monkeypatch, number, error, words):
    old = write_folder(tmp_path / "run", {INDEX: b"{}", "old.csv": b"old"})

    def refuse(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "write_bytes", refuse)
    with pytest.raises(error, match=words):
        write_folder(tmp_path / "run", FILES)
    assert read_folder(old)[1] == {"old.csv": b"old"}
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_a_folder_that_cannot_be_looked_into_is_refused(tmp_path, monkeypatch):
    (tmp_path / "run").mkdir()

    def refuse(_):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(ConfigError, match="Permission denied"):
        write_folder(tmp_path / "run", FILES)


def test_no_result_is_not_a_corrupt_one(tmp_path):
    with pytest.raises(DataError, match=r"no readable result\.json"):
        read_folder(tmp_path)


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"files": 3}', b"\xff"])
def test_a_broken_index_is_told(tmp_path, content):
    (tmp_path / INDEX).write_bytes(content)
    with pytest.raises(CorruptArchiveError, match="not the index"):
        read_folder(tmp_path)


def test_a_changed_file_is_told(tmp_path):
    folder = write_folder(tmp_path / "run", FILES)
    (folder / "a.csv").write_bytes(b"b\n")
    with pytest.raises(CorruptArchiveError, match="was changed after the run"):
        read_folder(folder)


def test_a_missing_file_is_told(tmp_path):
    folder = write_folder(tmp_path / "run", FILES)
    (folder / "a.csv").unlink()
    with pytest.raises(CorruptArchiveError, match=r'lacks "a\.csv"'):
        read_folder(folder)


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd"])
def test_an_index_cannot_point_outside(tmp_path, name):
    (tmp_path / INDEX).write_bytes(orjson.dumps({"files": {name: "0"}}))
    with pytest.raises(CorruptArchiveError, match="outside"):
        read_folder(tmp_path)


@pytest.mark.parametrize(
    ("kind", "rows"),
    [
        (FillRecord, (make_fill(opened=0.1 + 0.2, slippage=1e-17), make_fill(closed=-1.0))),
        (OrderRecord, (make_order(reason='a "b", c\nd'), make_order(parent=1, price=0.1))),
        (OrderRecord, ()),
    ],
)
def test_tables_keep_every_bit(kind, rows):
    assert decode_table(kind, encode_table(kind, rows), source="t") == rows


@pytest.mark.parametrize(
    "content", [b"", b"a,b\n", b"\xff", encode_table(OrderRecord, []) + b"x,y\n"]
)
def test_a_table_of_another_kind_is_refused(content):
    with pytest.raises(CorruptArchiveError, match="t"):
        decode_table(OrderRecord, content, source="t")


def test_equity_keeps_every_bit():
    equity = Equity(
        timestamp=np.array([1_677_628_800_000, 1_677_628_860_001]),
        cash=np.array([0.1 + 0.2, -1e-300]),
        value=np.array([np.nan, 1e17 + 2]),
    )
    read = decode_equity(encode_equity(equity), source="e")
    assert read.timestamp.tolist() == equity.timestamp.tolist()
    assert np.array_equal(read.cash, equity.cash)
    assert np.array_equal(read.value, equity.value, equal_nan=True)
    assert len(decode_equity(encode_equity(Equity()), source="e")) == 0


@pytest.mark.parametrize(
    "content",
    [b"", b"time,cash\n1,2\n", b"timestamp,cash,value\n1,x,3\n", b"timestamp,cash,value\n1,2\n"],
)
def test_broken_equity_is_refused(content):
    with pytest.raises(CorruptArchiveError, match="e"):
        decode_equity(content, source="e")


def test_json_is_sorted_and_knows_no_nan():
    assert canonical_json({"b": float("nan"), "a": Path("x")}) == (
        b'{\n  "a": "x",\n  "b": null\n}\n'
    )
