import numpy as np
import pytest

from cracktrader.domain.candle import Candle, Candles

ROWS = [[60_000, 1.0, 3.0, 0.5, 2.0, 10.0], [120_000, 2.0, 2.5, 1.5, 2.2, 0.0]]


def test_rows_travel_through_columns_unchanged():
    candles = Candles.from_rows(ROWS)
    assert len(candles) == 2
    assert candles.to_rows() == ROWS
    assert next(iter(candles)) == Candle(60_000, 1.0, 3.0, 0.5, 2.0, 10.0)
    assert candles.timestamp.dtype == np.int64


def test_what_an_exchange_left_out_is_nan():
    candles = Candles.from_rows([[60_000, 1.0, 3.0, 0.5, None, None]])
    assert np.isnan(candles.close[0])
    assert candles.equals(Candles.from_rows([[60_000, 1.0, 3.0, 0.5, None, None]]))


@pytest.mark.parametrize("row", [[None, 1, 1, 1, 1, 1], [60_000, 1, 1]])
def test_a_row_without_time_or_too_short_is_refused(row):
    with pytest.raises(ValueError, match="timestamp and five more"):
        Candles.from_rows([row])


def test_no_rows_make_no_candles():
    assert len(Candles.from_rows([])) == 0
    assert len(Candles.concat([])) == 0


def test_columns_must_agree():
    with pytest.raises(ValueError, match="differ in length"):
        Candles(timestamp=np.zeros(1, dtype=np.int64))
    with pytest.raises(ValueError, match="int64"):
        Candles(timestamp=np.zeros(0))


def test_between_takes_the_start_and_leaves_the_end():
    candles = Candles.from_rows(ROWS)
    assert candles.between(60_000, 120_000).timestamp.tolist() == [60_000]
    assert candles.between(None, None) is candles
    assert candles.between(60_001, None).timestamp.tolist() == [120_000]


def test_take_and_concat_undo_each_other():
    candles = Candles.from_rows(ROWS)
    parts = [candles.take(slice(0, 1)), candles.take(np.array([False, True]))]
    assert Candles.concat(parts).equals(candles)
    assert not parts[0].equals(parts[1])
