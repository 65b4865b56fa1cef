"""Which series of the archive the words of a command mean."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from cracktrader.cli.exits import UsageError
from cracktrader.cli.options import Market
from cracktrader.errors import DataError, did_you_mean

if TYPE_CHECKING:
    from cracktrader.candles.archive import Archive
    from cracktrader.candles.series import SeriesKey
    from cracktrader.config import Config


def select_series(archive: Archive, market: Market, config: Config) -> list[SeriesKey]:
    """Return the series that match every word given; all of them if none is.

    An exchange that *config* looks for on this machine means the local exchange's series.

    Raises:
        DataError: if the archive is empty.
        UsageError: if a word matches nothing; the message names what there is.
    """
    found = archive.series()
    if not found:
        raise DataError(
            f'the archive "{archive.root}" is empty; fill it with: '
            "cracktrader data download -e binance -s BTC/USDT -t 1h --since 90d"
        )
    words: dict[str, Iterable[str]] = {
        "exchange": (archive_name(market.exchange, config),) if market.exchange else (),
        "type": (market.type,) if market.type else (),
        "symbol": market.symbol,
        "timeframe": market.timeframe,
    }
    for name, wanted in words.items():
        found = _narrowed(found, name, tuple(wanted))
    return found


def select_one(archive: Archive, market: Market, config: Config) -> SeriesKey:
    """Return the one series that matches.

    Raises:
        UsageError: if there are several; the message names them.
    """
    found = select_series(archive, market, config)
    if len(found) > 1:
        names = "; ".join(str(key) for key in found)
        raise UsageError(f"which one? Say --exchange, --symbol and --timeframe: {names}")
    return found[0]


def archive_name(exchange: str, config: Config) -> str:
    """Return the archive's name for *exchange*; names such as "binance-local" are their own."""
    return config.exchange(exchange).archive_name(exchange)


def _narrowed(found: list[SeriesKey], name: str, wanted: tuple[str, ...]) -> list[SeriesKey]:
    possible = sorted({str(getattr(key, name)) for key in found})
    for word in wanted:
        if word not in possible:
            hint = f"{did_you_mean(word, possible)} It holds {', '.join(possible)}"
            raise UsageError(f'the archive holds nothing of {name} "{word}".{hint}')
    return [key for key in found if not wanted or getattr(key, name) in wanted]
