"""A Call: one request of ours to CCXT, and what it did on the wire."""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final

from cracktrader.exchange.sandbox import Permit

Sleep = Callable[[float], Awaitable[None]]
"""Waits so many seconds; tests hand in one that moves a manual clock instead."""


class Priority(enum.IntEnum):
    """Who goes first when the budget is short: the lowest number."""

    CANCEL = 0
    CREATE = 1
    PRIVATE = 2
    PUBLIC = 3
    DOWNLOAD = 4

    @property
    def is_trading(self) -> bool:
        """Whether such a call changes something at the exchange and must not be repeated."""
        return self <= Priority.CREATE


@dataclass(slots=True, kw_only=True)
class Call:
    """One unified call; the HTTP layer fills in what happened to its requests.

    Unlike our messages it changes while it runs: CCXT offers no other way to learn whether
    a request left, and with what status it was answered.
    """

    name: str
    priority: Priority
    permit: Permit
    sent: int = 0
    status: int | None = None
    must_be_json: bool = True
    is_json: bool = False
    is_armed: bool = False

    @property
    def is_trading(self) -> bool:
        return self.priority.is_trading

    def arm(self) -> None:
        """Allow one more request to leave."""
        self.is_armed = True

    def leave(self) -> None:
        """Note that a request is about to leave.

        Raises:
            ResendRefused: if a trading request would leave for the second time.
        """
        if self.is_trading and not self.is_armed:
            raise ResendRefused(f"{self.name} would have been sent twice")
        self.is_armed = False
        self.sent += 1
        self.status = None
        self.is_json = False

    def stay(self) -> None:
        """Take `leave` back: there was no connection, so nothing left."""
        self.sent -= 1

    def answered(self, status: int, payload: Any) -> None:
        """Note the reply, and whether the exchange itself wrote it."""
        self.status = status
        self.is_json = isinstance(payload, dict)


class ResendRefused(Exception):
    """The HTTP client wanted to repeat a trading request, on a new connection or elsewhere."""


class HostPaused(Exception):
    """The host asked for silence; the request has not been sent."""

    def __init__(self, host: str, remaining_s: float) -> None:
        super().__init__(f"{host} asked for a pause of {remaining_s:.1f} s more")
        self.host = host
        self.remaining_s = remaining_s


current_call: Final[ContextVar[Call]] = ContextVar("current_call")
"""The call on whose behalf CCXT works right now; set for every request."""
