"""What a key may do, where the exchange tells; CCXT has no unified call for it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """CCXT's name of the exchange's own call, and how to read "may withdraw" in its answer."""

    method: str
    may_withdraw: Callable[[Mapping[str, Any]], bool]


def _binance(reply: Mapping[str, Any]) -> bool:
    return str(reply["enableWithdrawals"]).lower() == "true"


def _okx(reply: Mapping[str, Any]) -> bool:
    return "withdraw" in str(reply["data"][0]["perm"]).split(",")


def _bybit(reply: Mapping[str, Any]) -> bool:
    return "Withdraw" in reply["result"]["permissions"]["Wallet"]


_OKX: Final = Question(method="privateGetAccountConfig", may_withdraw=_okx)
QUESTIONS: Final[Mapping[str, Question]] = {
    "binance": Question(method="sapiGetAccountApiRestrictions", may_withdraw=_binance),
    "bybit": Question(method="privateGetV5UserQueryApi", may_withdraw=_bybit),
    "okx": _OKX,
    "okxus": _OKX,
    "myokx": _OKX,
}
"""By CCXT's id; a contract test asks the installed CCXT for the methods."""
METHODS: Final = frozenset(question.method for question in QUESTIONS.values())
