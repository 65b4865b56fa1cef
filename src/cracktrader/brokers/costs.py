"""What taking liquidity costs beside the fee: half the spread, and slippage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from cracktrader.errors import ConfigError

_BPS: Final = 10_000.0
_KEYS: Final = frozenset({"model", "bps", "within_bar"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TakerCosts:
    """Fixed costs, in basis points of the price, of every fill that takes liquidity.

    Market, Stop and Close orders take; so does a limit order that could trade when it
    arrived, but never beyond its limit price. A limit order that rested pays neither.

    The cost is paid in full even when that puts the price outside the bar's high and low
    (a bar without a range still has a spread); *within_bar* caps it there instead, as
    Backtrader's ``slip_match`` does.
    """

    slippage_bps: float = 0.0
    half_spread_bps: float = 0.0
    within_bar: bool = False
    rate: float = field(init=False)
    """Both costs as a fraction of the price."""

    def __post_init__(self) -> None:
        for name in ("slippage_bps", "half_spread_bps"):
            value = getattr(self, name)
            if not 0 <= value < _BPS:
                raise ConfigError(f"{name} was {value}; a number from 0 to below 10000 is needed")
        object.__setattr__(self, "rate", (self.slippage_bps + self.half_spread_bps) / _BPS)

    @classmethod
    def parse(cls, slippage: Mapping[str, object] | None, half_spread_bps: float) -> TakerCosts:
        """Read ``{"model": "fixed_bps", "bps": 10, "within_bar": False}``.

        Raises:
            ConfigError: if a key, the model or a number is none of the possible ones.
        """
        given = dict(slippage or {})
        if unknown := sorted(set(given) - _KEYS):
            raise ConfigError(f'slippage has no "{unknown[0]}"; use {", ".join(sorted(_KEYS))}')
        if given and given.get("model", "fixed_bps") != "fixed_bps":
            raise ConfigError(f'slippage model was "{given["model"]}"; use "fixed_bps"')
        bps = given.get("bps", 0.0)
        if isinstance(bps, bool) or not isinstance(bps, int | float):
            raise ConfigError(f'slippage bps was "{bps}"; a number is needed')
        return cls(
            slippage_bps=float(bps),
            half_spread_bps=float(half_spread_bps),
            within_bar=bool(given.get("within_bar", False)),
        )

    def worsen(self, price: float, *, sign: int, limit: float | None, bar_bound: float) -> float:
        """Return *price* with both costs, up for *sign* 1 and down for -1.

        Never beyond *limit*, nor beyond *bar_bound* (the bar's high or low) if capped there.
        """
        bounds = [] if limit is None else [limit]
        if self.within_bar:
            bounds.append(bar_bound)
        worse = price * (1 + sign * self.rate)
        # Compared with the sign, so that "never beyond" reads the same for both sides.
        capped = min(sign * value for value in (worse, *bounds))
        return sign * max(sign * price, capped)

    def split(self, *, price: float, reference: float) -> tuple[float, float]:
        """Return how much of the way from *reference* to *price* is (spread, slippage).

        Signed like the way itself; what a cap left over counts as spread first.
        """
        way = price - reference
        spread = min(abs(way), reference * self.half_spread_bps / _BPS)
        spread = spread if way >= 0 else -spread
        return spread, way - spread


@dataclass(slots=True, kw_only=True)
class CostTotals:
    """What a broker's fills have cost so far, in quote currency."""

    fees: float = 0.0
    """Commissions, with the interest Backtrader charges through them."""
    spread: float = 0.0
    slippage: float = 0.0
    fills: int = 0
    maker_fills: int = 0

    def add(self, fill: Any) -> None:
        """Count a fill: an order's execution bit with ``spread``, ``slippage``, ``is_maker``."""
        self.fees += fill.comm
        self.spread += fill.spread
        self.slippage += fill.slippage
        self.fills += 1
        self.maker_fills += fill.is_maker
