"""MarketList: the markets of one connection, loaded once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from cracktrader.domain.market import Market
from cracktrader.errors import BadRequestError, UnsupportedError, did_you_mean
from cracktrader.exchange.caller import Caller
from cracktrader.exchange.key import ConnectionKey
from cracktrader.exchange.translate import is_of_type, to_market


class MarketList:
    """What can be traded under one instrument type, by symbol."""

    def __init__(self, client: Any, *, key: ConnectionKey, caller: Caller) -> None:
        self._client = client
        self._key = key
        self._caller = caller
        # CCXT would share one load between callers too, but cancels it for all with the first.
        self._loading = asyncio.Lock()
        self._markets: Mapping[str, Market] | None = None

    async def load(self, *, reload: bool = False) -> Mapping[str, Market]:
        """Return the markets by symbol; asks the exchange once.

        Raises:
            UnsupportedError: if the exchange lists none of this instrument type.
        """
        async with self._loading:
            if self._markets is None or reload:
                self._markets = await self._caller.read(
                    "loadMarkets", reload, convert=self._to_markets
                )
            return self._markets

    def get(self, symbol: str) -> Market:
        """Return one market of those loaded before.

        Raises:
            BadRequestError: if there is none; the message says what is near.
        """
        if self._markets is None:
            raise BadRequestError("the markets are not loaded yet; await load_markets() first")
        if symbol in self._markets:
            return self._markets[symbol]
        exchange, kind = self._key.exchange, self._key.instrument_type
        other = (self._client.markets or {}).get(symbol)
        if other is not None:
            raise BadRequestError(
                f'"{symbol}" on {exchange} is of type {other.get("type")}; this connection trades '
                f'{kind}, so set instrument_type = "{other.get("type")}"'
            )
        raise BadRequestError(
            f'symbol was "{symbol}", which {exchange} does not list for {kind}.'
            f"{did_you_mean(symbol, self._markets)}"
        )

    async def require(self, symbol: str) -> Market:
        """Return one market, loading them first if need be.

        Raises:
            BadRequestError: if there is none; the message says what is near.
        """
        await self.load()
        return self.get(symbol)

    def _to_markets(self, loaded: Mapping[str, Any]) -> Mapping[str, Market]:
        if not loaded:
            # A web page or half a reply, which CCXT reads as an exchange without markets, and
            # would not ask again.
            self._client.markets_loading = None
            raise ValueError("no market of any kind was listed")
        kind = self._key.instrument_type
        mode = self._client.precisionMode
        found = {
            symbol: market
            for symbol, entry in loaded.items()
            if is_of_type(entry, kind) and (market := to_market(entry, precision_mode=mode))
        }
        if not found:
            listed = ", ".join(sorted({str(entry.get("type")) for entry in loaded.values()}))
            raise UnsupportedError(f"no {kind} markets are listed; listed are: {listed or 'none'}")
        return MappingProxyType(found)
