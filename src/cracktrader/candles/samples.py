"""The candles that are shipped with the package: BTC/USDT, one minute, 1-21 March 2023."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Final

from cracktrader.candles.parquet import read_candles
from cracktrader.domain.candle import Candles

SAMPLE_EXCHANGE: Final = "binance"
SAMPLE_TYPE: Final = "spot"
SAMPLE_SYMBOL: Final = "BTC/USDT"
SAMPLE_TIMEFRAME: Final = "1m"

_FILE: Final = "BTC-USDT_1m_2023-03.parquet"


def sample_path() -> Path:
    """Return the Parquet file with the shipped candles."""
    # Wheels are unpacked when installed, so the resource is a real file.
    return Path(str(resources.files("cracktrader.candles") / "samples" / _FILE))


def sample_candles() -> Candles:
    """Return the shipped candles: real ones, with the USDC depeg of 10-13 March in them."""
    return read_candles(sample_path())
