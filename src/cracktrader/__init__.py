"""Backtrader strategies, unchanged, on any CCXT exchange.

These are the public names, on one screen. Each is loaded on first use: importing this
package imports neither ccxt nor backtrader nor pandas.
"""

from __future__ import annotations

import importlib
import sys
import types
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import backtrader as bt
    from backtrader import analyzers, indicators

    from cracktrader.bootstrap import exchange
    from cracktrader.brokers.backtest import CCXTBackBroker
    from cracktrader.brokers.commission import CCXTCommissionInfo
    from cracktrader.brokers.factory import BrokerFactory
    from cracktrader.cerebro.cerebro import Cerebro
    from cracktrader.feeds.candle import CandleFeed
    from cracktrader.feeds.ccxt import CCXTDataFeed
    from cracktrader.observability.logs import get_logger, setup_logging
    from cracktrader.simulator.exchange import LocalExchange
    from cracktrader.store import CCXTStore

_HOMES: Final = {
    "BrokerFactory": "cracktrader.brokers.factory:BrokerFactory",
    "CCXTBackBroker": "cracktrader.brokers.backtest:CCXTBackBroker",
    "CCXTCommissionInfo": "cracktrader.brokers.commission:CCXTCommissionInfo",
    "CCXTDataFeed": "cracktrader.feeds.ccxt:CCXTDataFeed",
    "CCXTStore": "cracktrader.store:CCXTStore",
    "CandleFeed": "cracktrader.feeds.candle:CandleFeed",
    "Cerebro": "cracktrader.cerebro.cerebro:Cerebro",
    "LocalExchange": "cracktrader.simulator.exchange:LocalExchange",
    "analyzers": "backtrader:analyzers",
    "bt": "backtrader",
    "exchange": "cracktrader.bootstrap:exchange",
    "get_logger": "cracktrader.observability.logs:get_logger",
    "indicators": "backtrader:indicators",
    "setup_logging": "cracktrader.observability.logs:setup_logging",
}
"""Public name → where it lives, as ``module`` or ``module:attribute``."""

__version__ = "0.1.0"

__all__ = [
    "BrokerFactory",
    "CCXTBackBroker",
    "CCXTCommissionInfo",
    "CCXTDataFeed",
    "CCXTStore",
    "CandleFeed",
    "Cerebro",
    "LocalExchange",
    "__version__",
    "analyzers",
    "bt",
    "exchange",
    "get_logger",
    "indicators",
    "setup_logging",
]


class _Root(types.ModuleType):
    """The package itself, which keeps a public name from being replaced by a subpackage.

    Python sets each subpackage as an attribute of its parent when it is first imported, and
    ``cracktrader.exchange`` is both a function and a subpackage.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _HOMES and isinstance(value, types.ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Root


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f'module "cracktrader" has no attribute "{name}"')
    module, _, attribute = _HOMES[name].partition(":")
    loaded = importlib.import_module(module)
    return getattr(loaded, attribute) if attribute else loaded


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
