"""Whatever holds the bars, its columns come out as float64 and microseconds."""

import datetime as dt
import decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from cracktrader.candles.interchange import write_file
from cracktrader.domain.candle import Candles
from cracktrader.errors import DataError
from cracktrader.feeds.tables import open_table

MS = 1_704_067_200_000  # 2024-01-01
ROWS = [[MS, 1.0, 3.0, 0.5, 2.0, 10.0], [MS + 60_000, 2.0, 4.0, 1.5, 3.0, 11.0]]
CANDLES = Candles.from_rows(ROWS)
COLUMNS = {
    name: getattr(CANDLES, name) for name in ("timestamp", "open", "high", "low", "close", "volume")
}
RECORDS = np.array([tuple(row) for row in ROWS], dtype=[(n, "f8") for n in COLUMNS])
HOLDERS = {
    "candles": CANDLES,
    "dict": COLUMNS,
    "lists": {name: column.tolist() for name, column in COLUMNS.items()},
    "arrow": pa.table(COLUMNS),
    "frame": pd.DataFrame(COLUMNS),
}


@pytest.mark.parametrize("holder", HOLDERS)
def test_every_holder_gives_the_same_columns(holder):
    table = open_table(HOLDERS[holder])
    assert (table.length, table.names) == (2, tuple(COLUMNS))
    assert table.floats(4).tolist() == [2.0, 3.0]
    assert table.times_us(0).tolist() == [MS * 1000, (MS + 60_000) * 1000]


def test_a_numpy_record_array_is_a_table():
    table = open_table(RECORDS)
    assert table.floats(1).tolist() == [1.0, 2.0]


def test_times_are_found_by_name_when_there_is_no_index():
    assert open_table(CANDLES).time_position == 0
    assert open_table({"close": [1.0], "Date": [MS]}).time_position == 1


def test_a_frames_index_holds_its_times():
    assert open_table(pd.DataFrame(COLUMNS)).time_position is None


def test_no_times_at_all_are_an_error():
    with pytest.raises(DataError, match="no column holds the times"):
        _ = open_table({"close": [1.0]}).time_position


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_datetimes_of_any_unit_are_the_same_moment(unit):
    index = pd.date_range("2024-01-01", periods=2, freq="1min").as_unit(unit)
    assert open_table(pd.DataFrame(index=index)).times_us(None)[0] == MS * 1000


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Kolkata"])
def test_a_time_zone_keeps_the_moment(zone):
    index = pd.date_range("2024-01-01", periods=2, freq="1min", tz="UTC").tz_convert(zone)
    frame = pd.DataFrame({"when": index}, index=index)
    table = open_table(frame)
    assert table.times_us(None)[0] == table.times_us(0)[0] == MS * 1000


@pytest.mark.parametrize("arrow_type", [pa.timestamp("ms"), pa.timestamp("us", tz="UTC")])
def test_arrow_timestamps_are_times(arrow_type):
    times = pa.array([dt.datetime(2024, 1, 1, tzinfo=dt.UTC)], type=arrow_type)
    assert open_table(pa.table({"timestamp": times})).times_us(0).tolist() == [MS * 1000]


def test_python_datetimes_are_times():
    naive, aware = dt.datetime(2024, 1, 1), dt.datetime(2024, 1, 1, 1, tzinfo=dt.UTC)  # noqa: DTZ001
    stamp = pd.Timestamp("2024-01-01T02:00", tz="UTC")
    column = np.array([naive, aware, stamp], dtype=object)
    hours = (open_table({"date": column}).times_us(0) - MS * 1000) // 3_600_000_000
    assert hours.tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("column", "complaint"),
    [
        (["2024-01-01"], "holds no times"),
        (np.array(["2024-01-01", "NaT"], dtype="datetime64[ms]"), "no time in row 1"),
        ([1_704_067_200], "ms since 1970"),
        ([1.5], "holds no times"),
    ],
)
def test_what_is_no_time_is_an_error(column, complaint):
    with pytest.raises(DataError, match=complaint):
        open_table({"date": column}).times_us(0)


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([1, None], dtype="Int64"),
        pd.Series([1.0, None], dtype="Float64"),
        pd.Series([1.0, None], dtype=pd.ArrowDtype(pa.float64())),
        pd.Series([decimal.Decimal(1), None], dtype=object),
        pd.Series([1.0, np.nan], dtype="float32"),
    ],
)
def test_missing_values_are_nan(column):
    assert np.array_equal(
        open_table(pd.DataFrame({"close": column})).floats(0), [1.0, np.nan], equal_nan=True
    )


def test_words_are_no_numbers():
    with pytest.raises(DataError, match='column "close" holds no numbers'):
        open_table(pd.DataFrame({"close": ["cheap"]})).floats(0)


@pytest.mark.parametrize("thing", [3, [1, 2], np.arange(3)])
def test_what_is_no_table_is_an_error(thing):
    with pytest.raises(DataError, match="is no table"):
        open_table(thing)


def test_columns_of_different_length_are_an_error():
    with pytest.raises(DataError, match="differ in length"):
        open_table({"date": [MS], "close": [1.0, 2.0]})


@pytest.mark.parametrize("name", ["candles.csv", "candles.parquet"])
def test_a_file_is_a_table(tmp_path, name):
    path = tmp_path / name
    write_file(path, CANDLES)
    for source in (path, str(path)):
        table = open_table(source)
        assert table.floats(4).tolist() == [2.0, 3.0]
        assert table.times_us(table.time_position)[0] == MS * 1000


def test_a_file_of_another_kind_is_an_error(tmp_path):
    with pytest.raises(DataError, match=r"use \.csv or \.parquet"):
        open_table(tmp_path / "candles.xls")
