"""``exchanges`` and ``markets``: what can be traded where, and how."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Final

from cyclopts import Parameter

from cracktrader.cli.exits import UsageError
from cracktrader.cli.options import REPORTING, Reporting
from cracktrader.cli.output import Output
from cracktrader.errors import did_you_mean

if TYPE_CHECKING:
    from cracktrader.domain.market import Limits, Market, Precision
    from cracktrader.exchange.capabilities import Capabilities

_ABILITIES: Final = {
    "candles": "fetchOHLCV",
    "public trades": "fetchTrades",
    "order book": "fetchOrderBook",
    "balance": "fetchBalance",
    "own trades": "fetchMyTrades",
    "create order": "createOrder",
    "cancel order": "cancelOrder",
    "clock": "fetchTime",
    "candle stream": "watchOHLCV",
    "order stream": "watchOrders",
}
_TIMEOUT_S: Final = 120.0


def exchanges(
    exchange: Annotated[str | None, Parameter(name="ID")] = None,
    /,
    *,
    type: str | None = None,  # noqa: A002  (CCXT's word)
    common: Reporting = REPORTING,
) -> None:
    """List every exchange that can be used, or what one of them can do. Works offline.

    Args:
        exchange: CCXT's id, e.g. binance.
        type: Instrument type the capabilities are of: spot, margin, swap, future, option.
    """
    from cracktrader.cli.choices import choose_exchange, choose_type
    from cracktrader.cli.settings import read_settings
    from cracktrader.exchange.capabilities import capabilities_of
    from cracktrader.exchange.ids import exchange_ids

    output = Output.of(common)
    config = read_settings(common)
    if exchange is not None:
        name = choose_exchange(exchange, config)
        _show_one(capabilities_of(name, choose_type(type, name, config)), output)
        return
    names = exchange_ids()
    found = [capabilities_of(name, choose_type(type, name, config)) for name in names]
    if output.json:
        output.data([_facts(each) for each in found])
        return
    columns = ["id", "name", "markets", ">candles", "sandbox"]
    output.table([_row(each) for each in found], columns=columns)
    output.note(f"{len(found)} exchanges. More on one of them: cracktrader exchanges binance")


def markets(
    exchange: Annotated[str | None, Parameter(name="EXCHANGE")] = None,
    /,
    *,
    search: Annotated[str, Parameter(name=("--search", "-s", "--symbol"))] = "",
    type: str | None = None,  # noqa: A002  (CCXT's word)
    common: Reporting = REPORTING,
) -> None:
    """List an exchange's symbols with their steps, smallest orders and fees.

    Args:
        exchange: CCXT's id; may be left out if the settings name exactly one.
        search: Only symbols with this text in them, e.g. BTC or /USDT.
        type: Instrument type: spot, margin, swap, future, option.
    """
    from cracktrader.bootstrap import connected
    from cracktrader.cli.choices import choose_exchange, choose_type
    from cracktrader.cli.settings import read_settings

    output = Output.of(common)
    config = read_settings(common)
    name = choose_exchange(exchange, config)
    with connected(config, name, choose_type(type, name, config)) as connection:
        listed = connection.loop.call(connection.load_markets(), timeout_s=_TIMEOUT_S)
    found = sorted(_matching(listed.values(), search), key=lambda market: market.symbol)
    if not found:
        hint = did_you_mean(search.upper(), listed)
        raise UsageError(f'{name} lists no symbol with "{search}" in it.{hint}')
    if output.json:
        output.data([_market_facts(market) for market in found])
        return
    columns = [
        "symbol",
        ">price step",
        ">amount step",
        ">min amount",
        ">min cost",
        ">maker",
        ">taker",
    ]
    output.table([_market_row(market) for market in found], columns=columns)
    output.note(f"{len(found):,} of {len(listed):,} markets")


def _matching(listed: Iterable[Market], search: str) -> list[Market]:
    wanted = search.upper()
    return [market for market in listed if wanted in market.symbol.upper()]


def _row(found: Capabilities) -> tuple[str, ...]:
    return (
        found.exchange,
        found.name,
        ", ".join(found.instrument_types),
        str(found.candles_per_page) if found.can("fetchOHLCV") else "",
        "yes" if found.has_sandbox else "",
    )


def _show_one(found: Capabilities, output: Output) -> None:
    if output.json:
        output.data(_facts(found))
        return
    abilities = [
        f"{words}{' (several requests)' if method in found.emulated else ''}"
        for words, method in _ABILITIES.items()
        if found.can(method)
    ]
    orders = asdict(found.orders)
    carried = [name.replace("_", " ") for name, value in orders.items() if value is True]
    rate = found.requests_per_minute
    rows = [
        ("name", found.name),
        ("instrument types", ", ".join(found.instrument_types)),
        ("timeframes", ", ".join(found.timeframes) or "no candles"),
        ("candles per request", found.candles_per_page if found.timeframes else ""),
        ("requests per minute", f"{rate:,.0f}" if rate else "not limited by ccxt"),
        ("sandbox", "yes" if found.has_sandbox else "no"),
        ("credentials", ", ".join(found.credentials) or "none"),
        ("can", ", ".join(abilities)),
        (f"{found.instrument_type} orders", ", ".join(carried) or "plain ones only"),
        ("time in force", ", ".join(found.orders.times_in_force) or "not told by ccxt"),
    ]
    output.table(rows, columns=[found.exchange, ""])


def _facts(found: Capabilities) -> dict[str, object]:
    facts = asdict(found)
    return {
        name: sorted(value) if isinstance(value, frozenset) else value
        for name, value in facts.items()
    }


def _market_row(market: Market) -> tuple[str, ...]:
    return (
        market.symbol,
        _step(market.price_precision),
        _step(market.amount_precision),
        _number(market.amount_limits.min),
        _number(market.cost_limits.min),
        _fee(market.maker),
        _fee(market.taker),
    )


def _market_facts(market: Market) -> dict[str, object]:
    return {
        "symbol": market.symbol,
        "base": market.base,
        "quote": market.quote,
        "settle": market.settle,
        "type": market.type,
        "active": market.is_active,
        "contract_size": _number(market.contract_size),
        "price_step": _step(market.price_precision) or None,
        "amount_step": _step(market.amount_precision) or None,
        "amount": _limits(market.amount_limits),
        "price": _limits(market.price_limits),
        "cost": _limits(market.cost_limits),
        "maker": _number(market.maker) or None,
        "taker": _number(market.taker) or None,
    }


def _limits(limits: Limits) -> dict[str, str | None]:
    return {"min": _number(limits.min) or None, "max": _number(limits.max) or None}


def _step(precision: Precision) -> str:
    if precision.significant_digits is not None:
        return f"{precision.significant_digits} digits"
    return _number(precision.step)


def _number(value: Decimal | None) -> str:
    return "" if value is None else f"{value.normalize():f}"


def _fee(value: Decimal | None) -> str:
    return "" if value is None else f"{(value * 100).normalize():f} %"
