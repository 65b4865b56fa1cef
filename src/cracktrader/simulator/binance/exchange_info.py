"""What Binance tells of its markets: exchangeInfo with filters, coins, fees."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from cracktrader.domain.market import Limits, Market, Precision
from cracktrader.simulator.binance.codec import text_of_decimal
from cracktrader.simulator.listing import DECIMALS

_ORDER_TYPES: Final = (
    "LIMIT",
    "LIMIT_MAKER",
    "MARKET",
    "STOP_LOSS",
    "STOP_LOSS_LIMIT",
    "TAKE_PROFIT",
    "TAKE_PROFIT_LIMIT",
)
_STP_MODES: Final = ("EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH")


def symbol_id(market: Market) -> str:
    """Return Binance's name of a market, e.g. ``BTCUSDT``."""
    return market.base + market.quote


def exchange_info(markets: Sequence[Market], *, now: int, weight_limit: int) -> dict[str, object]:
    """Return the answer of exchangeInfo for *markets*."""
    return {
        "timezone": "UTC",
        "serverTime": now,
        "rateLimits": _rate_limits(weight_limit),
        "exchangeFilters": [],
        "symbols": [_symbol(market) for market in markets],
    }


def coins(currencies: Sequence[str]) -> list[dict[str, object]]:
    """Return the answer of capital/config/getall: every coin, without networks to send it on."""
    return [
        {
            "coin": currency,
            "name": currency,
            "trading": True,
            "isLegalMoney": False,
            "depositAllEnable": False,
            "withdrawAllEnable": False,
            "free": "0",
            "locked": "0",
            "freeze": "0",
            "ipoable": "0",
            "ipoing": "0",
            "storage": "0",
            "withdrawing": "0",
            "networkList": [],
        }
        for currency in currencies
    ]


def trade_fees(markets: Sequence[Market]) -> list[dict[str, str]]:
    """Return the answer of asset/tradeFee."""
    return [
        {
            "symbol": symbol_id(market),
            "makerCommission": format(market.maker or Decimal(0), "f"),
            "takerCommission": format(market.taker or Decimal(0), "f"),
        }
        for market in markets
    ]


def _rate_limits(weight_limit: int) -> list[dict[str, object]]:
    rows: Sequence[tuple[str, str, int, int]] = (
        ("REQUEST_WEIGHT", "MINUTE", 1, weight_limit),
        ("ORDERS", "SECOND", 10, 100),
        ("ORDERS", "DAY", 1, 200_000),
        ("RAW_REQUESTS", "MINUTE", 5, 61_000),
    )
    names = ("rateLimitType", "interval", "intervalNum", "limit")
    return [dict(zip(names, row, strict=True)) for row in rows]


def _symbol(market: Market) -> dict[str, object]:
    return {
        "symbol": symbol_id(market),
        "status": "TRADING" if market.is_active else "BREAK",
        "baseAsset": market.base,
        "baseAssetPrecision": DECIMALS,
        "quoteAsset": market.quote,
        "quotePrecision": DECIMALS,
        "quoteAssetPrecision": DECIMALS,
        "baseCommissionPrecision": DECIMALS,
        "quoteCommissionPrecision": DECIMALS,
        "orderTypes": list(_ORDER_TYPES),
        "icebergAllowed": True,
        "ocoAllowed": True,
        "otoAllowed": True,
        "quoteOrderQtyMarketAllowed": True,
        "allowTrailingStop": True,
        "cancelReplaceAllowed": True,
        "amendAllowed": True,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": _filters(market),
        "permissions": [],
        "permissionSets": [["SPOT"]],
        "defaultSelfTradePreventionMode": "EXPIRE_MAKER",
        "allowedSelfTradePreventionModes": list(_STP_MODES),
    }


def _filters(market: Market) -> list[dict[str, object]]:
    price, lot = _step(market.price_precision), _step(market.amount_precision)
    low, high = _bounds(market.price_limits)
    least, most = _bounds(market.amount_limits)
    cheapest, dearest = _bounds(market.cost_limits)
    return [
        {"filterType": "PRICE_FILTER", "minPrice": low, "maxPrice": high, "tickSize": price},
        {"filterType": "LOT_SIZE", "minQty": least, "maxQty": most, "stepSize": lot},
        {"filterType": "ICEBERG_PARTS", "limit": 10},
        {"filterType": "MARKET_LOT_SIZE", "minQty": _ZERO, "maxQty": most, "stepSize": _ZERO},
        {"filterType": "TRAILING_DELTA", **_TRAILING_DELTA},
        {"filterType": "PERCENT_PRICE_BY_SIDE", **_PERCENT_PRICE, "avgPriceMins": 5},
        {
            "filterType": "NOTIONAL",
            "minNotional": cheapest,
            "applyMinToMarket": True,
            "maxNotional": dearest,
            "applyMaxToMarket": False,
            "avgPriceMins": 5,
        },
        {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": 200},
        {"filterType": "MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders": 5},
    ]


_ZERO: Final = text_of_decimal(Decimal(0))
_TRAILING_DELTA: Final = {
    "minTrailingAboveDelta": 10,
    "maxTrailingAboveDelta": 2000,
    "minTrailingBelowDelta": 10,
    "maxTrailingBelowDelta": 2000,
}
_PERCENT_PRICE: Final = {
    "bidMultiplierUp": "5",
    "bidMultiplierDown": "0.2",
    "askMultiplierUp": "5",
    "askMultiplierDown": "0.2",
}


def _step(precision: Precision) -> str:
    return text_of_decimal(precision.step or Decimal(0))


def _bounds(limits: Limits) -> tuple[str, str]:
    return text_of_decimal(limits.min or Decimal(0)), text_of_decimal(limits.max or Decimal(0))
