"""Capabilities: what an exchange can do, read from CCXT's `has` and `features`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cracktrader.domain.market import INSTRUMENT_TYPES, InstrumentType
from cracktrader.domain.timeframe import Timeframe
from cracktrader.exchange.ids import client_class
from cracktrader.exchange.sandbox import has_sandbox
from cracktrader.exchange.settings import CREDENTIALS

_MINUTE_MS: Final = 60_000
_DEFAULT_PAGE: Final = 500
_NOTHING: Final[Mapping[str, Any]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCapabilities:
    """What orders of one instrument type may carry, as far as CCXT knows."""

    trigger_price: bool
    stop_loss_price: bool
    take_profit_price: bool
    attached_stop_loss_take_profit: bool
    trailing: bool
    post_only: bool
    reduce_only: bool
    hedged: bool
    iceberg: bool
    market_buy_by_cost: bool
    market_buy_requires_price: bool
    trigger_direction_required: bool
    times_in_force: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What one exchange can do for one instrument type.

    *methods* are CCXT's camel-case names; those in *emulated* take several requests, and so
    may fail half-way. It is what CCXT promises, not what the exchange has proven.
    """

    exchange: str
    name: str
    instrument_type: InstrumentType
    instrument_types: tuple[InstrumentType, ...]
    timeframes: tuple[str, ...]
    candles_per_page: int
    methods: frozenset[str]
    emulated: frozenset[str]
    orders: OrderCapabilities
    credentials: tuple[str, ...]
    has_sandbox: bool
    requests_per_minute: float | None

    def can(self, method: str) -> bool:
        """Whether the exchange offers *method*, natively or emulated, e.g. ``fetchOHLCV``."""
        return method in self.methods or method in self.emulated


def capabilities_of(exchange_id: str, instrument_type: InstrumentType = "spot") -> Capabilities:
    """Return what *exchange_id* can do, without calling it.

    Raises:
        ConfigError: if CCXT has no such exchange.
    """
    return read_capabilities(client_class(exchange_id)(), instrument_type)


def read_capabilities(client: Any, instrument_type: InstrumentType) -> Capabilities:
    """Return what the exchange of a CCXT *client* can do."""
    has = client.has
    return Capabilities(
        exchange=client.id,
        name=str(client.name),
        instrument_type=instrument_type,
        instrument_types=tuple(kind for kind in INSTRUMENT_TYPES if has.get(kind)),
        timeframes=timeframes_of(client),
        candles_per_page=page_limit_of(client, instrument_type),
        methods=frozenset(name for name, value in has.items() if value is True),
        emulated=frozenset(name for name, value in has.items() if value == "emulated"),
        orders=_orders(client, instrument_type),
        credentials=tuple(o for o, t in CREDENTIALS.items() if client.requiredCredentials.get(t)),
        has_sandbox=has_sandbox(client),
        requests_per_minute=_MINUTE_MS / client.rateLimit if client.rateLimit > 0 else None,
    )


def timeframes_of(client: Any) -> tuple[str, ...]:
    """Return the exchange's timeframes from short to long; without those of no known length."""
    parsed = []
    for text in client.timeframes or ():
        try:
            parsed.append(Timeframe.parse(text))
        except ValueError:
            continue  # years, and a few typing errors in CCXT
    return tuple(each.name for each in sorted(parsed, key=lambda each: each.duration_ms))


def page_limit_of(client: Any, instrument_type: InstrumentType) -> int:
    """Return how many candles the exchange gives at once; a careful guess if CCXT is silent."""
    limits = [
        section["fetchOHLCV"].get("limit")
        for section in _sections(client, instrument_type)
        if isinstance(section.get("fetchOHLCV"), Mapping)
    ]
    # A page asked for too large is cut or refused; asked for too small, it only takes longer.
    return min((int(limit) for limit in limits if limit), default=_DEFAULT_PAGE)


def _orders(client: Any, instrument_type: InstrumentType) -> OrderCapabilities:
    sections = _sections(client, instrument_type)
    given = [section.get("createOrder") for section in sections]
    found = [section for section in given if isinstance(section, Mapping)]

    def every(name: str) -> bool:
        return bool(found) and all(section.get(name) for section in found)

    def any_of(name: str) -> bool:
        return any(section.get(name) for section in found)

    times = [section.get("timeInForce") or _NOTHING for section in found]
    in_force = [
        name
        for name in ("GTC", "IOC", "FOK", "PO", "GTD")
        if times and all(t.get(name) for t in times)
    ]
    return OrderCapabilities(
        trigger_price=every("triggerPrice"),
        stop_loss_price=every("stopLossPrice"),
        take_profit_price=every("takeProfitPrice"),
        attached_stop_loss_take_profit=every("attachedStopLossTakeProfit"),
        trailing=every("trailing"),
        post_only="PO" in in_force,
        reduce_only=bool(client.has.get("createReduceOnlyOrder")),
        hedged=every("hedged"),
        iceberg=every("icebergAmount"),
        market_buy_by_cost=every("marketBuyByCost"),
        market_buy_requires_price=any_of("marketBuyRequiresPrice"),
        trigger_direction_required=any_of("triggerDirection"),
        times_in_force=tuple(in_force),
    )


def _sections(client: Any, instrument_type: InstrumentType) -> list[Mapping[str, Any]]:
    # Linear and inverse contracts are told apart below their type; spot is not.
    kind = "spot" if instrument_type == "margin" else instrument_type
    section = (getattr(client, "features", None) or _NOTHING).get(kind)
    if not isinstance(section, Mapping):
        return []
    parts = [section.get("linear"), section.get("inverse")]
    split = [part for part in parts if isinstance(part, Mapping)]
    return split or [section]
