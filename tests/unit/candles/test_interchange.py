import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cracktrader.candles.interchange import (
    read_file,
    require_spacing,
    to_milliseconds,
    write_file,
)
from cracktrader.domain.candle import Candles
from cracktrader.domain.timeframe import Timeframe
from cracktrader.errors import DataError
from cracktrader.testing.candles import random_walk

STAMP = 1_577_836_800_000
ROW = [STAMP, 1.0, 2.0, 0.5, 1.5, 10.0]


def csv(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "x.csv"
    path.write_text(text, encoding=encoding)
    return path


@pytest.mark.parametrize(
    "text",
    [
        "1577836800000",
        "1577836800",
        "1577836800.0",
        "1577836800000000",
        "1577836800000000000",
        "2020-01-01",
        "2020-01-01 00:00:00",
        "2020-01-01T00:00:00Z",
        "2020-01-01T00:00:00.000+00:00",
        "2020-01-01T01:00:00+01:00",
        " 2020-01-01 00:00 ",
    ],
)
def test_a_time_is_read_in_many_notations(text):
    assert to_milliseconds(text) == STAMP


@pytest.mark.parametrize("text", ["", "soon", "2020-13-01", "nan", "inf", "1/2/2020"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        to_milliseconds(text)


def test_milliseconds_survive():
    assert to_milliseconds("2020-01-01T00:00:00.123") == STAMP + 123
    assert to_milliseconds("1577836800.123") == STAMP + 123
    assert to_milliseconds("-1000") == -1_000_000


@pytest.mark.parametrize(
    "header",
    [
        "timestamp,open,high,low,close,volume",
        "Date,Open,High,Low,Close,Volume",
        "time,o,h,l,c,v",
        "Open Time,open,high,low,close,vol",
        "unix,open,high,low,close,Volume BTC,Volume USDT",
    ],
)
def test_columns_are_known_by_many_names(tmp_path, header):
    row = "2020-01-01,1,2,0.5,1.5,10" + (",99" if "USDT" in header else "")
    assert read_file(csv(tmp_path, f"{header}\n{row}\n")).to_rows() == [ROW]


def test_columns_may_stand_in_any_order_beside_others(tmp_path):
    text = "symbol,volume,close,low,high,open,datetime\nBTC,10,1.5,0.5,2,1,2020-01-01\n"
    assert read_file(csv(tmp_path, text)).to_rows() == [ROW]


def test_without_a_header_the_usual_order_holds(tmp_path):
    text = "# a comment\n\n1577836800000,1,2,0.5,1.5,10,more\n"
    assert read_file(csv(tmp_path, text, "utf-8-sig")).to_rows() == [ROW]


def test_what_was_left_out_is_nan(tmp_path):
    text = "timestamp,open,high,low,close,volume\n1577836800,,null,None,nan,\n"
    (candle,) = read_file(csv(tmp_path, text))
    assert np.isnan(candle[1:]).all()


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("2020-01-01,1,2,x,1.5,10", 'line 3: "x" is no number'),
        ("2020-01-01,1,2", "line 3: it has 3 columns"),
        ("never,1,2,0.5,1.5,10", "line 3: Invalid isoformat string: 'never'"),
        ("1e300,1,2,0.5,1.5,10", 'line 3: "1e300" is no time'),
    ],
)
def test_a_bad_row_is_named_by_its_line(tmp_path, row, reason):
    good = "time,open,high,low,close,volume\n2020-01-01,1,2,0.5,1.5,10\n"
    with pytest.raises(DataError, match=f"x.csv.*{reason}"):
        read_file(csv(tmp_path, good + row + "\n"))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("time,open,high,low,close\n", "no column for volume; it has time, open, high, low, close"),
        ("when,open,high,low,close,volume\n", "no column for timestamp"),
        ("2020-01-01,1,2,3\n", "line 1: a row needs six columns, this has 4"),
    ],
)
def test_a_file_without_the_columns_is_refused(tmp_path, text, reason):
    with pytest.raises(DataError, match=reason):
        read_file(csv(tmp_path, text))


def test_an_empty_file_holds_no_candles(tmp_path):
    assert len(read_file(csv(tmp_path, ""))) == 0


def test_files_that_cannot_be_read_are_named(tmp_path):
    with pytest.raises(DataError, match=r"cannot read candles from .*none.csv.*No such file"):
        read_file(tmp_path / "none.csv")
    with pytest.raises(DataError, match="not text in UTF-8"):
        read_file(csv(tmp_path, "time,é\n", "latin-1"))
    with pytest.raises(DataError, match=r'ends in ".xls"; use .csv or .parquet'):
        read_file(tmp_path / "x.xls")
    with pytest.raises(DataError, match=r"cannot write candles to .*No such file"):
        write_file(tmp_path / "no" / "x.csv", random_walk(1))
    with pytest.raises(DataError, match="ends in"):
        write_file(tmp_path / "x.json", random_walk(1))


@pytest.mark.parametrize("name", ["x.csv", "x.CSV", "x.parquet"])
def test_files_go_both_ways_exactly(tmp_path, name):
    candles = random_walk(50)
    candles.close[3] = np.nan
    candles.volume[4] = 0.1 + 0.2
    write_file(tmp_path / name, candles)
    assert read_file(tmp_path / name).equals(candles)


@pytest.mark.parametrize(
    "stamp",
    [
        pa.array([1_577_836_800], pa.int64()),
        pa.array([1_577_836_800_000_000_000], pa.int64()),
        pa.array([1_577_836_800_000_000], pa.timestamp("us")),
        pa.array([1_577_836_800_000], pa.timestamp("ms", "Europe/Berlin")),
        pa.array([1_577_836_800.0], pa.float64()),
    ],
)
def test_foreign_parquet_is_read(tmp_path, stamp):
    columns = {"Open": [1], "High": [2.0], "Low": [0.5], "Close": [1.5], "Volume": [10]}
    pq.write_table(pa.table({**columns, "__index_level_0__": stamp}), tmp_path / "x.parquet")
    assert read_file(tmp_path / "x.parquet").to_rows() == [ROW]


def test_foreign_parquet_may_be_empty(tmp_path):
    write_file(tmp_path / "x.parquet", Candles())
    assert len(read_file(tmp_path / "x.parquet")) == 0


@pytest.mark.parametrize(
    ("made_of", "taken_for", "reason"),
    [
        ("1m", "1h", "do not open on its grid, the first at 60000"),
        ("1h", "1m", "they are 3600 s apart or more"),
        ("1d", "1w", "7 do not open on its grid"),
    ],
)
def test_candles_of_another_timeframe_are_noticed(made_of, taken_for, reason):
    candles = random_walk(8, timeframe=made_of, start=0)
    with pytest.raises(DataError, match=f'"x" does not hold candles of {taken_for}: .*{reason}'):
        require_spacing(candles, Timeframe.parse(taken_for), source="x")


def test_candles_of_the_timeframe_may_have_gaps():
    candles = random_walk(8).take(np.array([0, 3, 4, 7]))
    require_spacing(candles, Timeframe.parse("1m"), source="x")
    require_spacing(candles.take(slice(0, 1)), Timeframe.parse("1m"), source="x")


@pytest.mark.parametrize(
    ("times", "row"),
    [
        (pa.array([60_000.0, float("nan")]), 2),
        (pa.array([None, 60_000], pa.int64()), 1),
        (pa.array([float("inf"), 1.0]), 1),
        (pa.array([1e30, 1.0]), 1),
    ],
)
def test_a_parquet_row_without_a_time_is_named(tmp_path, times, row):
    columns = {name: pa.array([1.0, 1.0]) for name in ("open", "high", "low", "close", "volume")}
    pq.write_table(pa.table({"timestamp": times, **columns}), tmp_path / "x.parquet")
    with pytest.raises(DataError, match=f'x.parquet", row {row}: ".*" is no time'):
        read_file(tmp_path / "x.parquet")
