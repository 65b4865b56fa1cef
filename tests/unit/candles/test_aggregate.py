import numpy as np
import pyarrow.parquet as pq
import pytest

from cracktrader.candles.aggregate import (
    Trades,
    aggregate_candles,
    candles_from_trades,
    require_order,
)
from cracktrader.candles.parquet import read_candles
from cracktrader.candles.samples import sample_candles
from cracktrader.domain.candle import Candle, Candles
from cracktrader.domain.timeframe import Timeframe
from cracktrader.domain.trade import Trade
from cracktrader.testing.candles import random_walk

MINUTE = Timeframe.parse("1m")
FIVE = Timeframe.parse("5m")
NAN = float("nan")


def minutes(*rows):
    return Candles.from_rows([[t * 60_000, *rest] for t, *rest in rows])


def test_a_longer_candle_has_first_open_extremes_last_close_and_all_volume():
    candles = minutes((0, 1, 5, 1, 2, 1), (1, 2, 3, 0.5, 1, 2), (4, 1, 2, 1, 1.5, 4))
    (built,) = aggregate_candles(candles, MINUTE, FIVE)
    assert built == Candle(0, 1, 5, 0.5, 1.5, 7)


def test_candles_that_are_not_whole_are_left_out_unless_asked_for():
    candles = random_walk(13, start=3 * 60_000)
    assert aggregate_candles(candles, MINUTE, FIVE).timestamp.tolist() == [300_000, 600_000]
    every = aggregate_candles(candles, MINUTE, FIVE, include_partial=True)
    assert every.timestamp.tolist() == [0, 300_000, 600_000, 900_000]


def test_who_knows_that_nobody_traded_can_say_so():
    candles = minutes((1, 1, 1, 1, 1, 1), (6, 1, 1, 1, 1, 1))
    assert len(aggregate_candles(candles, MINUTE, FIVE)) == 0
    known = aggregate_candles(candles, MINUTE, FIVE, start=0, end=600_000)
    assert known.timestamp.tolist() == [0, 300_000]


def test_a_missing_value_counts_for_nothing():
    candles = minutes((0, 1, NAN, NAN, 2, NAN), (1, 2, 3, 1, 1, 2))
    (built,) = aggregate_candles(candles, MINUTE, FIVE, include_partial=True)
    assert built == Candle(0, 1, 3, 1, 1, 2)


@pytest.mark.parametrize("target", ["1h", "4h", "1d", "1w", "1M", "3M"])
def test_real_minutes_become_longer_candles_of_the_calendar(target):
    longer = Timeframe.parse(target)
    candles = sample_candles()
    built = aggregate_candles(candles, MINUTE, longer, include_partial=True)
    expected = sorted({longer.floor(int(t)) for t in candles.timestamp[::30]})
    assert built.timestamp.tolist() == expected
    assert np.isclose(built.volume.sum(), candles.volume.sum())


@pytest.mark.parametrize(("source", "target"), [("5m", "1m"), ("2m", "5m"), ("1w", "1M")])
def test_only_whole_candles_make_a_longer_one(source, target):
    candles = random_walk(3, timeframe=source)
    with pytest.raises(ValueError, match=f"candles of {target} cannot be built from those of"):
        aggregate_candles(candles, Timeframe.parse(source), Timeframe.parse(target))


def test_candles_must_be_in_order():
    with pytest.raises(ValueError, match="row 2 "):
        require_order(np.array([1, 3, 3, 4]))
    with pytest.raises(ValueError, match="must be in order"):
        aggregate_candles(minutes((1, *[1] * 5), (0, *[1] * 5)), MINUTE, FIVE)


def test_nothing_makes_nothing():
    assert len(aggregate_candles(Candles(), MINUTE, FIVE)) == 0
    assert len(candles_from_trades(Trades.from_rows([]), MINUTE)) == 0


def test_trades_become_candles_where_there_were_any():
    trades = Trades.from_rows(
        [
            Trade(130_000, 4.0, 1.0),
            Trade(1_000, 1.0, 1.0),
            Trade(1_000, 3.0, 2.0),
            Trade(59_999, 2.0, 4.0),
            Trade(300_000, 5.0, 1.0),
        ]
    )
    whole = candles_from_trades(trades, MINUTE, start=0)
    assert list(whole) == [Candle(0, 1, 3, 1, 2, 7), Candle(120_000, 4, 4, 4, 4, 1)]
    assert candles_from_trades(trades, MINUTE).timestamp.tolist() == [120_000]
    every = candles_from_trades(trades, MINUTE, include_partial=True)
    assert every.timestamp.tolist() == [0, 120_000, 300_000]


def test_real_trades_keep_their_volume_and_range(data_dir):
    table = pq.ParquetFile(data_dir / "candles" / "binance_XRP-ETH_trades_2019-10.parquet").read()
    columns = {name: table.column(name).to_pylist() for name in ("timestamp", "price", "amount")}
    trades = Trades(
        timestamp=np.array(columns["timestamp"]),
        price=np.array(columns["price"]),
        amount=np.array(columns["amount"]),
    )
    candles = candles_from_trades(trades, FIVE, include_partial=True)
    assert np.isclose(candles.volume.sum(), trades.amount.sum())
    assert candles.high.max() == trades.price.max()
    assert candles.open[0] == trades.price[0]
    assert candles.close[-1] == trades.price[-1]
    assert bool((candles.low <= candles.high).all())


def test_real_days_of_coinbase_are_made_of_its_hours(data_dir):
    hours = read_candles(data_dir / "candles" / "coinbase_BTC-USD_1h_2017-2019.parquet")
    days = read_candles(data_dir / "candles" / "coinbase_BTC-USD_1d_2014-2019.parquet")
    built = aggregate_candles(hours, Timeframe.parse("1h"), Timeframe.parse("1d"))
    _, theirs, ours = np.intersect1d(days.timestamp, built.timestamp, return_indices=True)
    assert len(ours) > 800
    agree = np.isclose(days.high[theirs], built.high[ours])
    assert agree.mean() > 0.95  # the two were recorded at different times
