"""Exchange fee schedules as Backtrader's CommInfo."""

from __future__ import annotations

import functools
from typing import Any

import backtrader as bt

from cracktrader.brokers.dust import fractional_size
from cracktrader.brokers.presets import load_preset
from cracktrader.domain.market import Market
from cracktrader.errors import ConfigError, UnsupportedError


class CCXTCommissionInfo(bt.CommInfoBase):
    """Maker and taker fees, fractional sizes, leverage and contract size.

    Params:
        maker, taker: fees as a fraction of the cost (0.001 = 0.1 %; negative is a rebate).
            One that is not given equals *commission*, and the maker fee else the taker's.
        commission: the fee of both, and the rate used where nobody knows which applies.
        instrument_type: spot, margin, swap, future or option; for reference.
        leverage: cost of a position is its value divided by this. Shorts lock margin too
            only with the broker's ``shortcash=False``.
        mult: contract size, in base currency.

    Backtrader's other parameters keep their meaning; ``percabs`` is True.
    """

    params: Any = (
        ("commission", None),
        ("maker", None),
        ("taker", None),
        ("instrument_type", "spot"),
        ("commtype", bt.CommInfoBase.COMM_PERC),
        ("stocklike", True),
        ("percabs", True),
    )

    def __init__(self, **params: Any) -> None:
        taker = self.p.commission if self.p.taker is None else self.p.taker
        if taker is None:
            taker = 0.0 if self.p.maker is None else self.p.maker
        self.p.taker = self.p.commission = taker
        if self.p.maker is None:
            self.p.maker = taker
        for name in ("maker", "taker"):
            rate = getattr(self.p, name)
            if not -1 < rate < 1:
                raise ConfigError(f"{name} fee was {rate}; give a fraction: 0.001 is 0.1 %")
        super().__init__(**params)

    @classmethod
    def preset(
        cls, exchange: str, *, instrument_type: str = "spot", **params: Any
    ) -> CCXTCommissionInfo:
        """Return the published fees of *exchange* for an account of the lowest tier.

        Raises:
            ConfigError: if the table has no such exchange or instrument type.
        """
        preset = load_preset(exchange, instrument_type)
        return cls(
            maker=preset.maker, taker=preset.taker, instrument_type=instrument_type, **params
        )

    @classmethod
    def from_market(cls, market: Market, *, leverage: float = 1.0) -> CCXTCommissionInfo:
        """Return the fees and the contract size that *market* states.

        Raises:
            ConfigError: if the market states no fees.
            UnsupportedError: for inverse contracts, which Backtrader cannot account for.
        """
        if market.is_linear is False:
            raise UnsupportedError(f'"{market.symbol}" is an inverse contract; use a linear one')
        if market.taker is None or market.maker is None:
            raise ConfigError(
                f'the fees of "{market.symbol}" are unknown; give commission=0.001 or '
                'the name of a preset such as commission="binance"'
            )
        return cls(
            maker=float(market.maker),
            taker=float(market.taker),
            instrument_type=market.type,
            leverage=leverage,
            mult=float(market.contract_size),
        )

    @functools.cached_property
    def maker_side(self) -> CCXTCommissionInfo:
        """The same scheme for a fill that provided liquidity."""
        return type(self)(
            **{**self.p._getkwargs(), "commission": self.p.maker, "taker": self.p.maker}
        )

    def getsize(self, price: float, cash: float) -> float:
        if self.stocklike:
            price *= self.p.mult
        return fractional_size(self, price, cash)

    def getoperationcost(self, size: float, price: float) -> float:
        return float(super().getoperationcost(size, price)) * self._contract

    def getvaluesize(self, size: float, price: float) -> float:
        return float(super().getvaluesize(size, price)) * self._contract

    def getvalue(self, position: bt.Position, price: float) -> float:
        return float(super().getvalue(position, price)) * self._contract

    def _getcommission(self, size: float, price: float, pseudoexec: bool) -> float:
        return float(super()._getcommission(size, price, pseudoexec)) * self._contract

    @property
    def _contract(self) -> float:
        # Backtrader leaves the multiplier out of stock-like values; a fixed margin has it in.
        return float(self.p.mult) if self.stocklike else 1.0


def make_comminfo(
    commission: object, *, instrument_type: str = "spot", leverage: float = 1.0
) -> bt.CommInfoBase:
    """Return *commission* (a fee for both sides, a preset's name, or a scheme) as a scheme.

    Raises:
        ConfigError: if it is none of these.
    """
    if isinstance(commission, bt.CommInfoBase):
        return commission
    if isinstance(commission, str):
        return CCXTCommissionInfo.preset(
            commission, instrument_type=instrument_type, leverage=leverage
        )
    if isinstance(commission, int | float) and not isinstance(commission, bool):
        return CCXTCommissionInfo(
            commission=float(commission), instrument_type=instrument_type, leverage=leverage
        )
    raise ConfigError(
        f"commission was {commission!r}; use a fraction such as 0.001, a preset's name or "
        "a CommInfo object"
    )
