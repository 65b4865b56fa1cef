"""How much of an exchange a backtest imitates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cracktrader.errors import ConfigError, did_you_mean

EXCHANGE: Final[Mapping[str, Any]] = {
    "rules": True,
    "half_spread_bps": 1.0,
    "slippage": {"model": "fixed_bps", "bps": 2.0},
}
"""What ``realism="exchange"`` means; spread and slippage are round figures of a liquid pair."""


def read_realism(realism: str | Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the broker's options that *realism* stands for.

    Raises:
        ConfigError: if it is neither None, ``"exchange"`` nor a mapping of the known keys.
    """
    if realism is None:
        return {}
    if realism == "exchange":
        return dict(EXCHANGE)
    if not isinstance(realism, Mapping):
        raise ConfigError(f'realism was {realism!r}; use None, "exchange" or a mapping')
    for key in realism:
        if key not in EXCHANGE:
            hint = did_you_mean(key, EXCHANGE)
            raise ConfigError(f'realism has no "{key}".{hint} There are: {", ".join(EXCHANGE)}')
    return dict(realism)
