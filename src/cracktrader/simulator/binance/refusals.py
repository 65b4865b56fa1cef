"""Binance's refusals: HTTP status, code and message."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class Refused(Exception):
    """The request is answered with an error."""

    def __init__(
        self,
        code: int,
        message: str,
        *,
        status: int = 400,
        headers: Mapping[str, str] = _NO_HEADERS,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.headers = headers

    @property
    def body(self) -> dict[str, object]:
        """What the client reads."""
        return {"code": self.code, "msg": self.message}


def invalid_symbol() -> Refused:
    """Return the refusal of a symbol that is not listed."""
    return Refused(-1121, "Invalid symbol.")


def invalid_interval() -> Refused:
    """Return the refusal of an interval that is none of Binance's."""
    return Refused(-1120, "Invalid interval.")


def missing_key() -> Refused:
    """Return the refusal of a request without an API key where one is needed."""
    return Refused(-2014, "API-key format invalid.", status=401)
