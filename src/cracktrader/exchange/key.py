"""A ConnectionKey: which account on which exchange, in which mode."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cracktrader.domain.market import InstrumentType

ConnectionMode = Literal["live", "sandbox"]
DEFAULT_ACCOUNT = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionKey:
    """Equal keys share one connection; keys that differ in anything never do.

    *account* names a section of the settings, ``"default"`` for the exchange's own fields.
    """

    exchange: str
    account: str = DEFAULT_ACCOUNT
    mode: ConnectionMode = "live"
    instrument_type: InstrumentType = "spot"

    @property
    def account_key(self) -> tuple[str, str, str]:
        """What connections of different instrument types have in common."""
        return (self.exchange, self.account, self.mode)

    def __str__(self) -> str:
        return f"{self.exchange}/{self.account} ({self.mode}, {self.instrument_type})"
