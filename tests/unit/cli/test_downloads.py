from cracktrader.candles.download import DownloadProgress
from cracktrader.candles.series import SeriesKey
from cracktrader.cli.downloads import DownloadWatch
from cracktrader.cli.progress import Step

HOUR = 3_600_000


def state(symbol, position):
    key = SeriesKey("binance", "spot", symbol, "1h")
    return DownloadProgress(key=key, start=0, end=10 * HOUR, position=position, candles=0, pages=1)


def test_each_series_has_its_latest_state():
    watch = DownloadWatch()
    assert watch.steps() == []
    watch(state("A/B", HOUR))
    watch(state("C/D", 0))
    watch(state("A/B", 4 * HOUR))
    assert watch.steps() == [
        Step(label="A/B 1h", done=4, total=10),
        Step(label="C/D 1h", done=0, total=10),
    ]
