import pickle
from decimal import Decimal

import pytest

from cracktrader.candles.storage import LocalStorage, open_storage
from cracktrader.domain.market import Limits, Market, Precision
from cracktrader.errors import UnavailableError
from cracktrader.feeds.market_snapshot import MarketSnapshot
from cracktrader.testing.clock import ManualClock

BTC = Market(
    symbol="BTC/USDT",
    base="BTC",
    quote="USDT",
    is_linear=None,
    amount_precision=Precision(step=Decimal("0.00001")),
    price_precision=Precision(significant_digits=5),
    cost_limits=Limits(min=Decimal(5)),
    maker=Decimal("-0.0001"),
    taker=Decimal("0.001"),
)
MARKETS = {"BTC/USDT": BTC}
ERROR = UnavailableError("no network")


def snapshot(place, exchange="binance"):
    storage = place if not hasattr(place, "joinpath") else LocalStorage(place)
    clock = ManualClock(1_700_000_000_000)
    return MarketSnapshot(storage, exchange=exchange, instrument_type="spot", clock=clock)


def test_markets_come_back_as_they_went(tmp_path):
    snapshot(tmp_path).save(MARKETS)
    later = snapshot(tmp_path)
    assert later.known("BTC/USDT") is None
    assert later.market_instead_of(ERROR, "BTC/USDT") == BTC
    assert later.known("BTC/USDT") == BTC
    assert (tmp_path / "binance" / "spot" / "markets.json").is_file()


def test_each_exchange_has_its_own(tmp_path):
    snapshot(tmp_path, "binance-local").save(MARKETS)
    with pytest.raises(UnavailableError, match="no network"):
        snapshot(tmp_path).market_instead_of(ERROR, "BTC/USDT")


def test_a_market_that_was_never_listed_stays_out_of_reach(tmp_path):
    kept = snapshot(tmp_path)
    kept.save(MARKETS)
    with pytest.raises(UnavailableError):
        kept.market_instead_of(ERROR, "ETH/USDT")
    kept.market_instead_of(ERROR, "BTC/USDT")
    with pytest.raises(UnavailableError):
        kept.market_instead_of(ERROR, "ETH/USDT")


def test_what_the_exchange_says_itself_comes_first_again(tmp_path):
    kept = snapshot(tmp_path)
    kept.save(MARKETS)
    kept.market_instead_of(ERROR, "BTC/USDT")
    kept.save(MARKETS)
    assert kept.known("BTC/USDT") is None


def test_the_same_markets_are_written_once(tmp_path):
    kept = snapshot(tmp_path)
    kept.save(MARKETS)
    file = tmp_path / "binance" / "spot" / "markets.json"
    file.unlink()
    kept.save(MARKETS)
    assert not file.exists()
    kept.save(dict(MARKETS))
    assert file.exists()


@pytest.mark.parametrize("content", ["", "{}", '{"format": 2, "taken": 0, "markets": {}}', "null"])
def test_a_file_that_makes_no_sense_is_as_good_as_none(tmp_path, content):
    kept = snapshot(tmp_path)
    kept.save(MARKETS)
    (tmp_path / "binance" / "spot" / "markets.json").write_text(content)
    with pytest.raises(UnavailableError):
        kept.market_instead_of(ERROR, "BTC/USDT")


def test_where_nothing_can_be_written_a_run_goes_on(tmp_path):
    (tmp_path / "binance").write_text("a file")
    snapshot(tmp_path).save(MARKETS)


def test_an_archive_in_memory_keeps_none():
    storage = open_storage("memory://snapshots")
    snapshot(storage).save(MARKETS)
    assert storage.find(2, "markets.json") == []


def test_other_processes_begin_anew(tmp_path):
    kept = snapshot(tmp_path)
    kept.save(MARKETS)
    kept.market_instead_of(ERROR, "BTC/USDT")
    again = pickle.loads(pickle.dumps(kept))  # noqa: S301  (our own)
    assert again.known("BTC/USDT") is None
    assert again.market_instead_of(ERROR, "BTC/USDT") == BTC
