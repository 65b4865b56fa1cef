"""The markets of an exchange as it last listed them, kept beside its candles.

Who has all candles of a backtest needs the exchange for nothing but its fees and rules;
while it cannot be reached, the last ones it gave will do, and a warning says so.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from cracktrader.candles.series import SeriesKey
from cracktrader.candles.storage import Storage
from cracktrader.domain.clock import Clock, SystemClock
from cracktrader.domain.market import Market
from cracktrader.errors import DataError, UnavailableError
from cracktrader.observability.logs import get_logger

FILE: Final = "markets.json"
_FORMAT: Final = 1
# Such an archive ends with the process: nobody comes back to it.
_FLEETING: Final = "memory://"

_log = get_logger(__name__)


class _Content(BaseModel):
    """What the file holds; *taken* is when the exchange said it, ms UTC."""

    format: int
    taken: int
    markets: dict[str, Market]


class MarketSnapshot:
    """The markets of one exchange and instrument type, in the archive."""

    def __init__(
        self,
        storage: Storage,
        *,
        exchange: str,
        instrument_type: str,
        clock: Clock | None = None,
    ) -> None:
        self._storage = storage
        self._exchange = exchange
        series = SeriesKey(exchange, instrument_type, "any", "1m")
        self._path = "/".join([*series.path.split("/")[:2], FILE])
        self._clock = clock or SystemClock()
        self._saved: Mapping[str, Market] | None = None
        self._used: _Content | None = None

    def save(self, markets: Mapping[str, Market]) -> None:
        """Keep *markets*, unless they are those kept last; a failure is logged, no more."""
        self._used = None
        if markets is self._saved or self._storage.root.startswith(_FLEETING):
            return
        content = _Content(format=_FORMAT, taken=self._clock.time_ms(), markets=dict(markets))
        try:
            self._storage.write(self._path, content.model_dump_json().encode())
        except DataError as exc:
            _log.warning("markets.not_kept", exchange=self._exchange, reason=str(exc))
        self._saved = markets

    def market_instead_of(self, error: UnavailableError, symbol: str) -> Market:
        """Return the market as it was last known; raise *error* if it never was."""
        if self._used is None:
            found = self._load()
            if found is None or symbol not in found.markets:
                raise error
            self._used = found
            taken = dt.datetime.fromtimestamp(found.taken / 1000, tz=dt.UTC)
            _log.warning(
                "markets.taken_from_archive",
                exchange=self._exchange,
                as_of=f"{taken:%Y-%m-%d %H:%M} UTC",
                reason=str(error),
            )
        if symbol not in self._used.markets:
            raise error
        return self._used.markets[symbol]

    def known(self, symbol: str) -> Market | None:
        """Return the market if the exchange was found out of reach before: ask it no more."""
        return None if self._used is None else self._used.markets.get(symbol)

    def _load(self) -> _Content | None:
        try:
            content = _Content.model_validate_json(self._storage.read(self._path))
        except FileNotFoundError:
            return None
        except (DataError, ValidationError) as exc:
            _log.warning("markets.not_readable", exchange=self._exchange, reason=_brief(exc))
            return None
        return content if content.format == _FORMAT else None

    def __getstate__(self) -> dict[str, Any]:
        # The processes of an optimization get what they need from the broker.
        return {**self.__dict__, "_saved": None, "_used": None}


def _brief(error: Exception) -> str:
    return str(error).splitlines()[0]
