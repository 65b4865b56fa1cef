from cracktrader.candles.gaps import find_gaps
from cracktrader.candles.quality import inspect
from cracktrader.candles.samples import SAMPLE_TIMEFRAME, sample_candles, sample_path
from cracktrader.domain.timeframe import Timeframe


def test_the_sample_is_three_weeks_without_a_missing_minute():
    candles = sample_candles()
    timeframe = Timeframe.parse(SAMPLE_TIMEFRAME)
    assert len(candles) == 21 * 24 * 60
    assert find_gaps(candles, timeframe) == ()
    report = inspect(candles, timeframe)
    assert report.is_clean
    assert report.no_trades == 658


def test_the_sample_is_a_file():
    assert sample_path().is_file()
