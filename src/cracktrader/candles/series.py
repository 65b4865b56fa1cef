"""SeriesKey: which candles; and the folder they are kept in."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, unquote

from cracktrader.domain.timeframe import Timeframe


@dataclass(frozen=True, slots=True, order=True)
class SeriesKey:
    """Candles of one symbol and timeframe on one exchange.

    *type* is CCXT's instrument type, e.g. ``"spot"`` or ``"swap"``.
    """

    exchange: str
    type: str
    symbol: str
    timeframe: str

    def __post_init__(self) -> None:
        for name in ("exchange", "type", "symbol"):
            if not getattr(self, name):
                raise ValueError(f"a series needs an {name}")
        # However it was spelled, the same candles lie in the same folder.
        object.__setattr__(self, "timeframe", Timeframe.parse(self.timeframe).name)

    def __str__(self) -> str:
        return f"{self.exchange} {self.type} {self.symbol} {self.timeframe}"

    @property
    def path(self) -> str:
        """The series' folder below the archive's root; `from_path` reads it back."""
        names = (self.exchange, self.type, self.symbol)
        return "/".join([*map(_to_folder, names), _timeframe_to_folder(self.timeframe)])

    @classmethod
    def from_path(cls, path: str) -> SeriesKey:
        """Read what `path` wrote.

        Raises:
            ValueError: if *path* is no such folder.
        """
        parts = path.strip("/").split("/")
        if len(parts) != 4:
            raise ValueError(f'"{path}" is not exchange/type/symbol/timeframe')
        exchange, instrument_type, symbol = map(_from_folder, parts[:3])
        return cls(exchange, instrument_type, symbol, _timeframe_from_folder(parts[3]))


def _to_folder(name: str) -> str:
    """BTC/USDT:USDT → BTC_USDT+USDT; anything unusual is percent-encoded."""
    quoted = quote(name, safe="").replace("_", "%5F").replace("%2F", "_").replace("%3A", "+")
    # A leading dot would hide the folder or, as "..", leave the archive.
    return "%2E" + quoted[1:] if quoted.startswith(".") else quoted


def _from_folder(folder: str) -> str:
    return unquote(folder.replace("+", ":").replace("_", "/"))


def _timeframe_to_folder(name: str) -> str:
    # Where file names ignore case, "1m" and "1M" would be the same folder.
    return name.replace("M", "mo")


def _timeframe_from_folder(folder: str) -> str:
    return folder.replace("mo", "M")
