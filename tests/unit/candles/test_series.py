import pytest

from cracktrader.candles.series import SeriesKey


def key(symbol="BTC/USDT", timeframe="1m"):
    return SeriesKey("binance", "spot", symbol, timeframe)


def test_the_folder_reads_like_the_series():
    assert key().path == "binance/spot/BTC_USDT/1m"
    assert key("BTC/USDT:USDT-240628").path == "binance/spot/BTC_USDT+USDT-240628/1m"
    assert str(key()) == "binance spot BTC/USDT 1m"


@pytest.mark.parametrize(
    "symbol",
    ["BTC/USDT", "A/B:C", "A_B/C", "A+B", "..", ".hidden", "%2F", "10%", "한국/KRW", "a b"],
)
@pytest.mark.parametrize("timeframe", ["1s", "1m", "1h", "1d", "1w", "1M"])
def test_the_folder_can_be_read_back(symbol, timeframe):
    path = key(symbol, timeframe).path
    assert SeriesKey.from_path(path) == key(symbol, timeframe)
    assert len(path.split("/")) == 4
    assert not any(part.startswith(".") for part in path.split("/"))


def test_minutes_and_months_differ_even_where_case_does_not():
    assert key(timeframe="1M").path.lower() != key(timeframe="1m").path.lower()


@pytest.mark.parametrize("path", ["a/b/c", "a/b/c/1m/e", "a/b/c/soon", "//x/1m"])
def test_other_folders_are_no_series(path):
    with pytest.raises(ValueError, match=r"."):
        SeriesKey.from_path(path)


def test_a_series_needs_every_name():
    with pytest.raises(ValueError, match="symbol"):
        key("")
    with pytest.raises(ValueError, match="1 minute"):
        key(timeframe="1 minute")


@pytest.mark.parametrize("spelled", [" 1m", "1m\n", "\t1m "])
def test_a_timeframe_has_one_folder_however_it_is_spelled(spelled):
    assert key(timeframe=spelled) == key(timeframe="1m")
    assert key(timeframe=spelled).path == key().path
