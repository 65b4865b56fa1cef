"""The local exchange without sockets: markets by symbol, and the book around the last price."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from cracktrader.domain.market import Market
from cracktrader.errors import ConfigError
from cracktrader.simulator.book import Book, draw_book
from cracktrader.simulator.market_data import MarketData


class Venue:
    """What a client can see of the exchange. Pure: every answer is a function of *now*."""

    def __init__(self, prices: Sequence[MarketData]) -> None:
        if not prices:
            raise ConfigError("a local exchange needs candles of at least one symbol")
        self._prices = MappingProxyType({data.symbol: data for data in prices})

    @property
    def prices(self) -> Mapping[str, MarketData]:
        """Market data by symbol."""
        return self._prices

    @property
    def symbols(self) -> Sequence[str]:
        """Every symbol that is listed, in the order given."""
        return tuple(self._prices)

    @property
    def markets(self) -> Sequence[Market]:
        """Every market that is listed."""
        return [data.market for data in self._prices.values()]

    @property
    def currencies(self) -> Sequence[str]:
        """Every currency of a market, in alphabetical order."""
        return sorted({name for market in self.markets for name in (market.base, market.quote)})

    @property
    def start(self) -> int:
        """When the oldest candle opens."""
        return min(data.start for data in self._prices.values())

    @property
    def end(self) -> int:
        """When the newest candle closes."""
        return max(data.end for data in self._prices.values())

    def book(self, symbol: str, *, now: int, limit: int) -> Book:
        """Return the best *limit* levels on either side; empty before the first trade."""
        data = self._prices[symbol]
        tick = data.last_tick(now)
        if tick is None:
            return Book()
        return draw_book(data.market, tick, now=now, limit=limit, seed=data.seed)
