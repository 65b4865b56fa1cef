"""What the archive keeps of one exchange: to look at and to clear."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

from cracktrader.candles.archive import Archive, SeriesInfo
from cracktrader.candles.series import SeriesKey
from cracktrader.candles.settings import ArchiveSettings


class CandleCache:
    """The archived series of one exchange and instrument type."""

    def __init__(self, archive: Archive, *, exchange: str, instrument_type: str) -> None:
        self.archive = archive
        self._owner = (exchange, instrument_type)

    def info(self, symbol: str | None = None, timeframe: str | None = None) -> list[SeriesInfo]:
        """Return what is kept, of everything or of one symbol or timeframe."""
        return [self.archive.info(key) for key in self._keys(symbol, timeframe)]

    def clear(self, symbol: str | None = None, timeframe: str | None = None) -> int:
        """Forget what is kept, and return of how many series."""
        keys = self._keys(symbol, timeframe)
        for key in keys:
            self.archive.clear(key)
        return len(keys)

    def get_cache_info(self, *place: str) -> dict[str, Any]:
        """Return one series' figures, by ``(exchange,) symbol, timeframe``; older code asks so."""
        infos = self.info(*place[-2:])
        firsts = [info.first for info in infos if info.first is not None]
        lasts = [info.last for info in infos if info.last is not None]
        return {
            "total_candles": sum(info.candles for info in infos),
            "files": sum(info.files for info in infos),
            "earliest_timestamp": min(firsts, default=None),
            "latest_timestamp": max(lasts, default=None),
        }

    def clear_cache(
        self, exchange: str | None = None, symbol: str | None = None, timeframe: str | None = None
    ) -> int:
        """Clear as `clear`, unless *exchange* is another one; older code asks so."""
        if exchange not in (None, self._owner[0]):
            return 0
        return self.clear(symbol, timeframe)

    def _keys(self, symbol: str | None, timeframe: str | None) -> list[SeriesKey]:
        return [
            key
            for key in self.archive.series()
            if (key.exchange, key.type) == self._owner
            and symbol in (None, key.symbol)
            and timeframe in (None, key.timeframe)
        ]


def open_archive(
    settings: ArchiveSettings, *, cache_enabled: bool | None, cache_dir: str | Path | None
) -> Archive:
    """Open the archive that *settings* name, unless said otherwise; in memory if disabled."""
    enabled = settings.cache_enabled if cache_enabled is None else cache_enabled
    root = settings.cache_dir if cache_dir is None else cache_dir
    # Names in memory belong to the whole process.
    place = root if enabled else f"memory://cracktrader-{uuid.uuid4().hex}"
    return Archive(place, lock_timeout_s=settings.lock_timeout_s)
