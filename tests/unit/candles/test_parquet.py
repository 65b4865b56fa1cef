import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cracktrader.candles.parquet import (
    decode,
    encode,
    from_table,
    open_reader,
    read_candles,
    read_foreign_columns,
    to_table,
    write_candles,
)
from cracktrader.candles.samples import sample_candles
from cracktrader.domain.candle import Candles
from cracktrader.errors import CorruptArchiveError, DataError
from cracktrader.testing.candles import random_walk


def test_candles_come_back_as_they_went():
    candles = sample_candles()
    assert decode(encode(candles), source="x").equals(candles)
    assert decode(encode(Candles()), source="x").equals(Candles())


def test_equal_candles_give_equal_bytes():
    candles = random_walk(1000)
    scattered = Candles.concat([candles.take(slice(0, 300)), candles.take(slice(300, None))])
    assert encode(scattered) == encode(candles)
    assert encode(candles.take(slice(None, None, 2))) == encode(candles.take(np.arange(0, 1000, 2)))


def test_every_nan_is_written_alike():
    one, other = random_walk(3), random_walk(3)
    one.volume[1] = np.nan
    other.volume[1] = np.frombuffer(b"\x01\x00\x00\x00\x00\x00\xf8\xff")[0]
    assert encode(one) == encode(other)


def test_real_candles_take_less_than_twenty_bytes():
    candles = sample_candles()
    assert len(encode(candles)) / len(candles) < 20


def test_any_flipped_byte_is_noticed():
    candles = random_walk(200)
    good = encode(candles)
    for position in range(0, len(good), 97):
        bad = bytearray(good)
        bad[position] ^= 0x20
        try:
            read = decode(bytes(bad), source="x")
        except DataError:
            continue
        # Some bytes of the footer mean nothing to a reader.
        assert read.equals(candles)


@pytest.mark.parametrize("content", [b"", b"PAR1", b"hello" * 100, b"PAR1" + bytes(50) + b"PAR1"])
def test_what_is_no_parquet_is_corrupt(content):
    with pytest.raises(CorruptArchiveError, match='"some/file" is not a readable Parquet file'):
        decode(content, source="some/file")


def test_a_missing_column_is_named(tmp_path):
    pq.write_table(pa.table({"timestamp": [1], "open": [1.0]}), tmp_path / "x.parquet")
    with pytest.raises(DataError, match="no column high, low, close, volume; it has timestamp, op"):
        read_candles(tmp_path / "x.parquet")


def test_nulls_are_nan_and_whole_numbers_are_numbers():
    columns = {name: [1, None] for name in ("open", "high", "low", "close")}
    table = pa.table({"timestamp": pa.array([1, 2], pa.int32()), **columns, "volume": [1.5, 2.5]})
    candles = from_table(pa.concat_tables([table, table]))
    assert candles.timestamp.tolist() == [1, 2, 1, 2]
    assert np.isnan(candles.open[1])
    assert candles.volume.tolist() == [1.5, 2.5, 1.5, 2.5]


@pytest.mark.parametrize("stamps", [[1, None], ["a", "b"]])
def test_times_must_be_there_and_be_numbers(stamps):
    columns = {name: [1.0, 1.0] for name in ("open", "high", "low", "close", "volume")}
    with pytest.raises(DataError, match='"table" does not hold candles'):
        from_table(pa.table({"timestamp": stamps, **columns}))


def test_a_table_goes_both_ways():
    candles = random_walk(5)
    assert from_table(to_table(candles)).equals(candles)
    assert from_table(to_table(candles).slice(2, 2)).equals(candles.take(slice(2, 4)))


def test_a_file_goes_both_ways(tmp_path):
    candles = random_walk(5)
    write_candles(tmp_path / "x.parquet", candles)
    assert read_candles(tmp_path / "x.parquet").equals(candles)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match=r"cannot read candles from .*none.parquet.*No such file"):
        read_candles(tmp_path / "none.parquet")
    with pytest.raises(DataError, match=r"cannot write candles to .*no.x.parquet.*No such file"):
        write_candles(tmp_path / "no" / "x.parquet", random_walk(1))


def test_foreign_columns_are_numbers(tmp_path):
    table = pa.table(
        {
            "day": pa.array([19_000], pa.date32()),
            "time": pa.array([1_600_000_000_000_000_000], pa.timestamp("ns")),
            "count": pa.array([7], pa.int16()),
            "holes": pa.array([None], pa.int64()),
            "price": pa.array([1.5], pa.float32()),
            "name": ["a"],
        }
    )
    pq.write_table(table, tmp_path / "x.parquet")
    columns = read_foreign_columns(tmp_path / "x.parquet")
    assert {name: column.tolist()[0] for name, column in columns.items() if name != "holes"} == {
        "day": 19_000 * 86_400_000,
        "time": 1_600_000_000_000,
        "count": 7,
        "price": 1.5,
    }
    assert np.isnan(columns["holes"][0])
    (tmp_path / "y.parquet").write_bytes(b"no")
    with pytest.raises(DataError, match="not a readable Parquet file"):
        read_foreign_columns(tmp_path / "y.parquet")


def test_pandas_is_not_needed():
    code = (
        "import sys; from cracktrader.candles.samples import sample_candles as s;"
        "from cracktrader.candles.parquet import decode, encode;"
        "decode(encode(s()), source='x'); sys.exit('pandas' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0  # noqa: S603


def test_what_pyarrows_threads_read_is_none_of_pythons_memory():
    content = encode(random_walk(10))
    before = sys.getrefcount(content)
    reader = open_reader(content)
    assert sys.getrefcount(content) == before
    assert reader.read() == content
    assert open_reader(b"").read() == b""
