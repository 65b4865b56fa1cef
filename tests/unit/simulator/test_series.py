from decimal import Decimal

import numpy as np
import pytest

from cracktrader.domain.candle import Candles
from cracktrader.domain.timeframe import Timeframe
from cracktrader.simulator.series import Kline, Series, candle_of_ticks, series_of_ticks
from cracktrader.simulator.ticks import Tick

MINUTE = Timeframe.parse("1m")


def tick(timestamp, price, amount="1"):
    return Tick(1, timestamp, Decimal(price), Decimal(amount), is_buyer_maker=False)


def series(*rows, counts=None):
    return Series(
        timeframe=MINUTE,
        candles=Candles.from_rows(rows),
        counts=np.array(counts or [1] * len(rows), dtype=np.int64),
    )


def test_longer_candles_add_trades_and_volume_without_dust():
    base = series([0, 1.0, 3.0, 1.0, 2.0, 0.1], [60_000, 2.0, 4.0, 2.0, 4.0, 0.2], counts=[5, 6])
    longer = base.longer(Timeframe.parse("3m"))
    assert longer.candles.to_rows() == [[0, 1.0, 4.0, 1.0, 4.0, 0.3]]
    assert longer.counts.tolist() == [11]


def test_its_own_timeframe_changes_nothing():
    base = series([0, 1.0, 3.0, 1.0, 2.0, 0.1])
    assert base.longer(MINUTE) is base


def test_nothing_stays_nothing():
    empty = series()
    assert not len(empty.longer(Timeframe.parse("1h")).candles)


@pytest.mark.parametrize(
    ("close", "taken", "quote_taken"), [(10.0, 0.3, 3.15), (11.0, 0.5, 5.375), (12.0, 0.7, 7.7)]
)
def test_a_kline_tells_more_than_a_candle(close, taken, quote_taken):
    (kline,) = series([0, 10.0, 12.0, 10.0, close, 1.0], counts=[7]).klines(slice(None))
    assert kline == Kline(
        timestamp=0,
        close_timestamp=60_000,
        open=10.0,
        high=12.0,
        low=10.0,
        close=close,
        volume=1.0,
        quote_volume=(32 + close) / 4,
        trades=7,
        taken=taken,
        quote_taken=pytest.approx(quote_taken),
    )


def test_half_of_a_flat_candle_was_taken():
    (kline,) = series([0, 1.0, 1.0, 1.0, 1.0, 4.0]).klines(slice(None))
    assert kline.taken == 2.0


def test_a_candle_without_trades_repeats_the_last_price():
    ticks = [tick(61_000, "5"), tick(62_000, "7", "2")]
    opens = np.array([0, 60_000, 120_000], dtype=np.int64)
    built = series_of_ticks(ticks, MINUTE, opens=opens, previous=4.0)
    assert built.candles.to_rows() == [
        [0, 4.0, 4.0, 4.0, 4.0, 0.0],
        [60_000, 5.0, 7.0, 5.0, 7.0, 3.0],
        [120_000, 7.0, 7.0, 7.0, 7.0, 0.0],
    ]
    assert built.counts.tolist() == [0, 2, 0]


def test_before_the_first_trade_there_is_no_candle():
    assert candle_of_ticks([], 0, previous=None) is None
    built = series_of_ticks([], MINUTE, opens=np.array([0], dtype=np.int64), previous=None)
    assert not len(built.candles)
