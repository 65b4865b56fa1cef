"""Options about money: cash, fees, spread and slippage; and the broker they make."""

from __future__ import annotations

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
    """
    from cracktrader.brokers.factory import BrokerFactory

    commission = read_commission(costs.commission, settings.commission)
    if commission is None and store is None:
        commission = fallback_fee
    with typed_by_user():
        if costs.cash is not None and costs.cash <= 0:
            raise ConfigError(f"--cash was {costs.cash:g}; it must be above 0")
        return BrokerFactory.create(
            "backtest",
            store,
            cash=settings.cash if costs.cash is None else costs.cash,
            commission=commission,
            realism=realism(costs, settings, has_markets=store is not None),
        )


def realism(costs: Costs, settings: BacktestSettings, *, has_markets: bool) -> dict[str, Any]:
    """Return the broker's `realism`: the usual figures, unless something else was said."""
    from cracktrader.brokers.realism import EXCHANGE

    is_ideal = costs.ideal or settings.realism == "none"
    usual_slippage = 0.0 if is_ideal else EXCHANGE["slippage"]["bps"]
    slippage = settings.slip_perc * _BPS or usual_slippage
    spread = 0.0 if is_ideal else 2 * EXCHANGE["half_spread_bps"]
    return {
        "rules": has_markets and not is_ideal,
        "half_spread_bps": (spread if costs.spread_bps is None else costs.spread_bps) / 2,
        "slippage": {
            "model": "fixed_bps",
            "bps": slippage if costs.slippage_bps is None else costs.slippage_bps,
        },
    }


def read_commission(given: str | None, settled: float | None) -> float | str | None:
    """Return a fraction or the name of a preset; None is the market's own."""
    if given is None:
        return settled
    try:
        return float(given)
    except ValueError:
        return given
