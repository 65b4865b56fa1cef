"""Which market a data feed shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, Protocol

import backtrader as bt

from cracktrader.domain.market import Market
from cracktrader.errors import ConfigError, did_you_mean


class MarketSource(Protocol):
    """Knows an exchange's markets; a store is one."""

    def market(self, symbol: str) -> Market:
        """Return the market of *symbol*, or raise with what is possible."""
        ...


class MarketsBySymbol:
    """Markets given by hand."""

    def __init__(self, markets: Mapping[str, Market]) -> None:
        self._markets: Final = dict(markets)

    def market(self, symbol: str) -> Market:
        if symbol not in self._markets:
            raise ConfigError(
                f'no market "{symbol}" among those given{did_you_mean(symbol, self._markets)}'
            )
        return self._markets[symbol]


def make_directory(
    source: MarketSource | None, markets: Mapping[str, Market] | None
) -> MarketDirectory | None:
    """Return who knows the markets; those given by hand come first, None if nobody does."""
    if markets is not None:
        return MarketDirectory(MarketsBySymbol(markets))
    return None if source is None else MarketDirectory(source)


class MarketDirectory:
    """Finds the market of a feed: in the feed's own store, else in *source*.

    Each is asked for once. A pickled directory keeps what it knows and forgets its source:
    the processes of an optimization need no connection.
    """

    def __init__(self, source: MarketSource | None = None) -> None:
        self._source = source
        # By the number Cerebro gives a feed, which a pickled feed keeps.
        self._known: dict[int, Market] = {}

    def of(self, feed: bt.AbstractDataBase) -> Market:
        """Return the market that *feed* shows.

        Raises:
            ConfigError: if the feed does not say which symbol it shows.
        """
        if feed._id not in self._known:
            self._known[feed._id] = self._ask(feed)
        return self._known[feed._id]

    def known(self, feed: bt.AbstractDataBase) -> Market | None:
        """Return the market of *feed* if it was asked for before."""
        return self._known.get(feed._id)

    def load(self, feeds: Iterable[bt.AbstractDataBase]) -> list[bt.AbstractDataBase]:
        """Ask for the markets of *feeds* now, so that an unknown one stops the start.

        A feed whose name is no symbol may be an indicator's, and matters only if it is
        traded; the others are returned.
        """
        named = [feed for feed in feeds if "/" in _symbol(feed)]
        for feed in named:
            self.of(feed)
        return named

    def _ask(self, feed: bt.AbstractDataBase) -> Market:
        if not (symbol := _symbol(feed)):
            raise ConfigError(
                "a feed does not say which market it shows; add it by its symbol: "
                'cerebro.adddata(feed, name="BTC/USDT")'
            )
        store = _origin(feed, "store") or self._source
        if store is None:
            raise ConfigError(f'the market of "{symbol}" was not loaded before the run')
        market: Market = store.market(symbol)
        return market

    def __getstate__(self) -> dict[str, Any]:
        return {"_source": None, "_known": self._known}


def _symbol(feed: bt.AbstractDataBase) -> str:
    return str(_origin(feed, "symbol") or feed._name or "")


def _origin(feed: Any, name: str) -> Any:
    # Resampled and replayed feeds are clones that hold the feed they come from as `data`.
    while feed is not None:
        value = getattr(feed, name, None) or getattr(feed.p, name, None)
        if value is not None:
            return value
        feed = getattr(feed, "data", None)
    return None
