"""Options about money: cash, fees, spread and slippage; and the broker they make."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from cyclopts import Group, Parameter

from cracktrader.cli.choices import typed_by_user
from cracktrader.errors import ConfigError

if TYPE_CHECKING:
    from cracktrader.brokers.backtest import CCXTBackBroker
    from cracktrader.config import BacktestSettings
    from cracktrader.store import CCXTStore

_BPS: Final = 10_000
# Without a market nobody knows its fees; this is what most spot exchanges take.
USUAL_FEE: Final = 0.001


@Parameter(name="*", group=Group("Money and costs", sort_key=2))
@dataclass(frozen=True, kw_only=True)
class Costs:
    """What the account starts with and what trading costs."""

    cash: float | None = None
    """In the quote currency; default: as the settings say, else 10000."""
    commission: str | None = None
    """Fee as a fraction (0.001 is 0.1 %), or an exchange's name; default: the market's own."""
    slippage_bps: float | None = None
    """Slippage of market and stop orders in basis points; default: 2."""
    spread_bps: float | None = None
    """Bid-ask spread in basis points, of which takers pay half; default: 2."""
    ideal: bool = False
    """No spread, slippage or market rules: fills as those of Backtrader's own broker."""


COSTS: Final = Costs()


def make_broker(
    costs: Costs, settings: BacktestSettings, *, store: CCXTStore | None, fallback_fee: str | float
) -> CCXTBackBroker:
    """Return the broker that *costs* and *settings* ask for.

    Without a *store* there are no market rules, and fees are *fallback_fee* unless said.

    Raises:
        UsageError: if a number is out of range or there is no such fee preset.
        ConfigError: if the settings ask for a realism that does not exist.
    """
    from cracktrader.brokers.factory import BrokerFactory

    commission = read_commission(costs.commission, settings.commission)
    how_real = realism(costs, settings, has_markets=store is not None)
    if commission is None and store is None:
        commission = fallback_fee
    with typed_by_user():
        if costs.cash is not None and not 0 < costs.cash < math.inf:
            raise ConfigError(f"--cash was {costs.cash:g}; it must be a number above 0")
        return BrokerFactory.create(
            "backtest",
            store,
            cash=settings.cash if costs.cash is None else costs.cash,
            commission=commission,
            realism=how_real,
        )


def realism(costs: Costs, settings: BacktestSettings, *, has_markets: bool) -> dict[str, Any]:
    """Return the broker's `realism`: what the settings say, unless the command says more."""
    settled = _settled(costs, settings)
    slippage = {"model": "fixed_bps", "bps": 0.0, **settled.get("slippage", {})}
    if settings.slip_perc:
        slippage["bps"] = settings.slip_perc * _BPS
    if costs.slippage_bps is not None:
        slippage["bps"] = costs.slippage_bps
    half_spread = settled.get("half_spread_bps", 0.0)
    return {
        "rules": has_markets and settled.get("rules", False),
        "half_spread_bps": half_spread if costs.spread_bps is None else costs.spread_bps / 2,
        "slippage": slippage,
    }


def _settled(costs: Costs, settings: BacktestSettings) -> dict[str, Any]:
    from cracktrader.brokers.realism import read_realism

    return {} if costs.ideal or settings.realism == "none" else read_realism(settings.realism)


def read_commission(given: str | None, settled: float | None) -> float | str | None:
    """Return a fraction or the name of a preset; None is the market's own."""
    if given is None:
        return settled
    try:
        return float(given)
    except ValueError:
        return given
