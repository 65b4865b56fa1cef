import pytest
from tests.unit.simulator.market import MINUTE, START, make_candles

from cracktrader.candles.archive import Archive
from cracktrader.candles.interchange import write_file
from cracktrader.candles.parquet import write_candles
from cracktrader.candles.samples import sample_path
from cracktrader.candles.series import SeriesKey
from cracktrader.errors import ConfigError, DataError
from cracktrader.simulator.settings import SimulatorSettings
from cracktrader.simulator.walk import WALK_START


def parse(**values):
    return SimulatorSettings.parse(values)


def test_the_shipped_candles_are_the_default():
    settings = parse()
    assert list(settings.load_candles()) == ["BTC/USDT"]
    assert settings.first_moment is None


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"port": 70_000}, '"port" was 70000: .*65535'),
        ({"speed": 0}, '"speed" was 0: .*1'),
        ({"speed": 20_000}, '"speed" was 20000: .*10000'),
        ({"start": -1}, '"start" was -1'),
        ({"timeframe": "7x"}, 'timeframe was "7x"; use a form like'),
        ({"weight_limit": 0}, '"weight_limit" was 0'),
        ({"sped": 3}, 'unknown setting "sped". Did you mean "speed"'),
        ({"port": "x", "speed": "y"}, '"port" was .*; setting "speed" was'),
    ],
)
def test_a_wrong_setting_is_named(values, why):
    with pytest.raises(ConfigError, match=why):
        parse(**values)


def test_files_by_symbol(tmp_path):
    path = tmp_path / "eth.parquet"
    write_candles(path, make_candles())
    settings = parse(candles={"ETH/USDT": path, "BTC/USDT": sample_path()}, symbols=["ETH/USDT"])
    (symbol,) = found = settings.load_candles()
    assert symbol == "ETH/USDT"
    assert found[symbol].equals(make_candles())


def test_a_csv_file_will_do(tmp_path):
    path = tmp_path / "eth.csv"
    write_file(path, make_candles())
    assert parse(candles={"ETH/USDT": path}).load_candles()["ETH/USDT"].equals(make_candles())


def test_a_file_that_is_not_there():
    with pytest.raises(DataError, match=r"nowhere\.parquet"):
        parse(candles={"ETH/USDT": "nowhere.parquet"}).load_candles()


@pytest.fixture
def archive(tmp_path):
    archive = Archive(tmp_path / "archive")
    end = START + 180 * MINUTE
    for symbol, kind, timeframe in (
        *(("BTC/USDT", "spot", "1m"), ("ETH/USDT", "spot", "1m")),
        *(("BTC/USDT", "spot", "1h"), ("BTC/USDT:USDT", "swap", "1m")),
    ):
        candles = make_candles().take(slice(0, 3 if timeframe == "1h" else None))
        archive.save(SeriesKey("binance", kind, symbol, timeframe), candles, start=START, end=end)
    return str(tmp_path / "archive")


def test_every_spot_series_of_an_archive(archive):
    found = parse(archive=archive).load_candles()
    assert sorted(found) == ["BTC/USDT", "ETH/USDT"]
    assert found["ETH/USDT"].equals(make_candles())


def test_some_symbols_of_an_archive(archive):
    assert list(parse(archive=archive, symbols=["ETH/USDT"]).load_candles()) == ["ETH/USDT"]


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"symbols": ["XRP/USDT"]}, 'no candles of "XRP/USDT"; there are BTC/USDT, ETH/USDT'),
        ({"archive_exchange": "kraken"}, r"holds no candles of kraken spot \* 1m"),
        ({"timeframe": "5m"}, r"holds no candles of binance spot \* 5m"),
        ({"candles": {"BTC/USDT": "x"}}, "files and to an archive"),
    ],
)
def test_an_archive_without_what_is_wanted(archive, values, why):
    with pytest.raises(ConfigError, match=why):
        parse(archive=archive, **values).load_candles()


def test_a_symbol_that_is_not_shipped():
    with pytest.raises(ConfigError, match='no candles of "ETH/USDT"; there are BTC/USDT'):
        parse(symbols=["ETH/USDT"]).load_candles()


def test_a_seed_makes_up_a_market_and_begins_in_its_middle():
    settings = parse(seed=5, walk_days=2, symbols=["SOL/USDT"])
    (candles,) = settings.load_candles().values()
    assert len(candles) == 2 * 1440
    assert settings.first_moment == WALK_START + 86_400_000
    assert parse(seed=5, start=WALK_START).first_moment == WALK_START


def test_a_made_up_market_has_several_symbols():
    assert len(parse(seed=5, walk_days=1).load_candles()) == 3
