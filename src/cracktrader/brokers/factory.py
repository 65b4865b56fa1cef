"""BrokerFactory: mode → broker."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import backtrader as bt

from cracktrader.brokers.backtest import CCXTBackBroker
from cracktrader.brokers.markets import MarketSource
from cracktrader.brokers.realism import read_realism
from cracktrader.errors import ConfigError, UnsupportedError, did_you_mean

_MODES: Final = {
    "backtest": "backtest",
    "back": "backtest",
    "paper": "paper",
    "forward": "paper",
    "sandbox": "sandbox",
    "live": "live",
}
_NEEDS_STORE: Final = frozenset({"sandbox", "live"})


class BrokerFactory:
    """Makes the broker for a mode."""

    @staticmethod
    def create(
        mode: str = "backtest",
        store: MarketSource | None = None,
        *,
        cash: float = 10_000.0,
        commission: float | str | bt.CommInfoBase | None = None,
        slip_perc: float = 0.0,
        realism: str | Mapping[str, Any] | None = None,
        **options: Any,
    ) -> CCXTBackBroker:
        """Return a broker to hand to ``cerebro.setbroker``.

        Args:
            mode: ``backtest``, or ``back`` for short. Only simulated fills on bars exist in
                this version: ``paper``, ``sandbox`` and ``live`` are refused, never
                imitated.
            store: knows the markets, and with them their fees and rules.
            cash: at the start, in quote currency.
            commission: a fraction for both sides, the name of a fee preset, or a CommInfo
                object; without it the markets' own fees if there is a store, else none.
            slip_perc: slippage as a fraction of the price, within the bar, as Backtrader's
                ``set_slippage_perc`` applies it: at the open too.
            realism: ``"exchange"`` turns on what this version can do of a real exchange:
                maker and taker fees of the market, half a spread of 1 bps, slippage of
                2 bps, and the market's rules for sizes, prices and costs. There is no
                latency, partial fill, funding or liquidation. A mapping sets parts alone:
                ``{"half_spread_bps": 1.0, "slippage": {"model": "fixed_bps", "bps": 10},
                "rules": True}``.
            options: any other of `CCXTBackBroker`; they win over *realism*. Unless given,
                ``fractional`` is True, and with a ``leverage`` shorts lock margin as longs
                do (``shortcash=False``).

        Raises:
            ValueError: if the mode is unknown, or needs a store and has none.
            UnsupportedError: if the mode is not available in this version.
            ConfigError: if an option is unknown or options contradict one another.
        """
        _require_backtest(mode, store)
        _require_cash(cash)
        known = {"fractional": True, **read_realism(realism), **options}
        if slip_perc:
            known |= {"slip_perc": slip_perc, "slip_open": known.get("slip_open", True)}
        if known.get("leverage", 1) != 1:
            known.setdefault("shortcash", False)
        if realism == "exchange" and store is None and known.get("markets") is None:
            raise ConfigError('realism="exchange" needs to know the markets; give store=')
        _require_known(known)
        return CCXTBackBroker(cash=cash, commission=commission, store=store, **known)


def _require_backtest(mode: str, store: object) -> None:
    if mode not in _MODES:
        hint = did_you_mean(str(mode), _MODES)
        raise ValueError(f'mode was "{mode}"; use "backtest".{hint}')
    if _MODES[mode] in _NEEDS_STORE and store is None:
        raise ValueError(f'mode "{mode}" needs a store: BrokerFactory.create("{mode}", store)')
    if _MODES[mode] != "backtest":
        raise UnsupportedError(f'mode "{mode}" is not available in this version; use "backtest"')


def _require_cash(cash: Any) -> None:
    if isinstance(cash, str) or not 0 <= cash < math.inf:
        raise ConfigError(f"cash was {cash!r}; use a number that is not negative")


def _require_known(options: Mapping[str, Any]) -> None:
    possible = CCXTBackBroker.params._getkeys()
    for name in options:
        if name not in possible:
            raise ConfigError(f'a broker has no option "{name}".{did_you_mean(name, possible)}')
