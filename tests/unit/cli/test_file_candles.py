import numpy as np
import pytest

from cracktrader.candles.interchange import write_file
from cracktrader.cli.file_candles import FileCandles, infer_timeframe
from cracktrader.domain.candle import Candles
from cracktrader.domain.timeframe import Timeframe
from cracktrader.errors import DataError, UnsupportedError
from cracktrader.feeds.history import HistoryRequest

HOUR = 3_600_000
START = 1_704_067_200_000  # 2024-01-01, a Monday


def candles_at(stamps):
    prices = np.arange(1.0, len(stamps) + 1)
    return Candles.from_arrays(np.array(stamps, dtype=np.int64), *[prices] * 5)


def hourly(count):
    return candles_at([START + i * HOUR for i in range(count)])


def request(timeframe, start=None, end=None):
    return HistoryRequest(
        symbol="A/B", timeframe=Timeframe.parse(timeframe), start=start, end=end, limit=None
    )


@pytest.mark.parametrize(
    "name", ["1s", "30s", "1m", "15m", "1h", "4h", "1d", "3d", "1w", "1M", "3M"]
)
def test_the_timeframe_is_the_shortest_step(name):
    opens = Timeframe.parse(name).opens(START, START + 400 * 86_400_000)[:12]
    assert infer_timeframe(candles_at(opens)).name == name


def test_gaps_do_not_lengthen_the_timeframe():
    assert infer_timeframe(candles_at([0, 5 * HOUR, 6 * HOUR, 9 * HOUR])).name == "1h"


def test_steps_below_a_second_are_no_timeframe():
    with pytest.raises(DataError, match="1500 ms apart"):
        infer_timeframe(candles_at([0, 1_500]))


def test_a_file_is_read_in_order(tmp_path):
    write_file(tmp_path / "x.csv", hourly(5).take(slice(None, None, -1)))
    found = FileCandles.read(tmp_path / "x.csv")
    assert (found.start, found.end, found.timeframe.name) == (START, START + 5 * HOUR, "1h")


def test_one_candle_is_not_enough(tmp_path):
    write_file(tmp_path / "x.csv", hourly(1))
    with pytest.raises(DataError, match="holds 1 candles"):
        FileCandles.read(tmp_path / "x.csv")


@pytest.fixture
def a_day():
    return FileCandles(source="x.csv", candles=hourly(24), timeframe=Timeframe.parse("1h"))


def test_all_of_it_or_a_part(a_day):
    everything = a_day.history(request("1h"))
    assert (everything.start, everything.end, len(everything.candles)) == (
        START,
        START + 24 * HOUR,
        24,
    )
    part = a_day.history(request("1h", start=START + 1, end=START + 3 * HOUR))
    assert part.candles.timestamp.tolist() == [START + HOUR, START + 2 * HOUR]


def test_longer_candles_are_built(a_day):
    found = a_day.history(request("4h"))
    assert len(found.candles) == 6
    assert found.candles.open[0] == 1
    assert found.candles.close[0] == 4


def test_shorter_ones_cannot_be(a_day):
    with pytest.raises(UnsupportedError, match="1h candles; 30m cannot be made"):
        a_day.history(request("30m"))


def test_outside_there_is_nothing(a_day):
    with pytest.raises(DataError, match="no 1h candles in that time"):
        a_day.history(request("1h", start=START + 48 * HOUR))
