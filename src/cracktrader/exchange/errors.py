"""CCXT's exceptions → ours: one table, the nearest ancestor wins."""

from __future__ import annotations

import asyncio
import re
from typing import Final

import aiohttp
from ccxt.base import errors as theirs

from cracktrader import errors as ours
from cracktrader.exchange.call import Call, HostPaused, ResendRefused
from cracktrader.observability.redact import redact

TABLE: Final[dict[type[Exception], type[ours.CracktraderError]]] = {
    theirs.BaseError: ours.ExchangeError,
    theirs.ExchangeError: ours.ExchangeError,
    theirs.AuthenticationError: ours.AuthenticationError,
    theirs.ArgumentsRequired: ours.BadRequestError,
    theirs.BadRequest: ours.BadRequestError,
    theirs.OperationRejected: ours.OrderRejected,
    theirs.ManualInteractionNeeded: ours.AuthenticationError,
    theirs.RestrictedLocation: ours.AuthenticationError,
    theirs.InsufficientFunds: ours.InsufficientFunds,
    theirs.InvalidAddress: ours.BadRequestError,
    theirs.InvalidOrder: ours.OrderRejected,
    theirs.OrderNotFound: ours.OrderNotFound,
    theirs.OrderNotCached: ours.OrderNotFound,
    theirs.NotSupported: ours.UnsupportedError,
    theirs.InvalidProxySettings: ours.ConfigError,
    theirs.ExchangeClosedByUser: ours.ExchangeError,
    theirs.OperationFailed: ours.UnavailableError,
    theirs.DDoSProtection: ours.RateLimitedError,
    theirs.RateLimitExceeded: ours.RateLimitedError,
    theirs.UnsubscribeError: ours.ExchangeError,
}
"""What each of CCXT's branches means to us, for reads and for orders alike."""

_TRANSPORT_ERRORS: Final = (aiohttp.ClientError, asyncio.TimeoutError, OSError)
# What CCXT's parsers raise on a reply they did not expect.
_PARSER_ERRORS: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)

# In this order: each is also one of those below it.
_WIRE_HINTS: Final[dict[type[BaseException], str]] = {
    aiohttp.ClientConnectorDNSError: ". The host's name is not known here: is there a network?",
    aiohttp.ClientConnectorCertificateError: ". The host's certificate is not trusted here.",
    aiohttp.ClientConnectorError: ". Nobody can be reached there.",
    asyncio.TimeoutError: ". There was no answer in time; see the `timeout` setting.",
}

CALL_ERRORS: Final = (
    theirs.BaseError,
    ours.CracktraderError,
    HostPaused,
    *_PARSER_ERRORS,
    *_TRANSPORT_ERRORS,
)
"""Everything a read may raise that is not a fault in this program."""

_MARKUP: Final = re.compile(r"<(?:!doctype|html|head|body|title)\b.*", re.IGNORECASE | re.DOTALL)
_TITLE: Final = re.compile(r"<title[^>]*>\s*(.*?)\s*</title>", re.IGNORECASE | re.DOTALL)
# Signed requests carry the key and the signature in the query.
_QUERY: Final = re.compile(r"(https?://[^\s?\"']+)\?[^\s\"']*")
_LONGEST: Final = 300


def our_class(exc_class: type[BaseException]) -> type[ours.CracktraderError]:
    """Return our class for one of CCXT's, by its nearest ancestor in the table."""
    for ancestor in exc_class.__mro__:
        if ancestor in TABLE:
            return TABLE[ancestor]
    raise TypeError(f"{exc_class.__name__} is not one of CCXT's errors")


def translate(exc: Exception, call: Call, *, where: str) -> ours.CracktraderError:
    """Return our error for whatever *call* raised; its message begins with *where*."""
    if isinstance(exc, ours.CracktraderError):
        return type(exc)(f"{where}: {_shortened(str(exc))}")
    if isinstance(exc, HostPaused):
        return ours.RateLimitedError(f"{where}: not sent, {exc}")
    if isinstance(exc, theirs.BaseError):
        return _of_theirs(exc, where)
    if isinstance(exc, (ResendRefused, *_TRANSPORT_ERRORS)):
        return ours.UnavailableError(f"{where}: {describe(exc)}")
    return ours.UnavailableError(
        f"{where}: the answer{_status(call)} could not be understood ({describe(exc)})"
    )


def is_maintenance(exc: BaseException) -> bool:
    """Whether the exchange said it is closed for maintenance."""
    return isinstance(exc.__cause__, theirs.OnMaintenance)


def describe(exc: BaseException) -> str:
    """Return one short line: the error's class and text, without secrets, queries and markup."""
    text = _shortened(str(exc))
    name = type(exc).__name__
    # CCXT's text names the request only; what happened to it is in the cause.
    cause = f" ({type(exc.__cause__).__name__})" if exc.__cause__ is not None else ""
    return f"{name}: {text}{cause}" if text else name + cause


def _shortened(text: str) -> str:
    text = redact(_QUERY.sub(r"\1", text))
    if match := _MARKUP.search(text):
        title = _TITLE.search(match[0])
        page = f'an HTML page "{title[1]}"' if title else "an HTML page"
        text = text[: match.start()] + page
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _of_theirs(exc: theirs.BaseError, where: str) -> ours.CracktraderError:
    cls = our_class(type(exc))
    # CCXT files a reply that broke off in the middle under "the exchange says no".
    if cls is ours.ExchangeError and isinstance(exc.__cause__, _TRANSPORT_ERRORS):
        cls = ours.UnavailableError
    return cls(f"{where}: {describe(exc)}{_hint(exc)}")


def _hint(exc: theirs.BaseError) -> str:
    if isinstance(exc, theirs.InvalidNonce) and not isinstance(exc, theirs.ChecksumError):
        return ". Is this machine's clock right?"
    if isinstance(exc, theirs.RestrictedLocation):
        return ". The exchange does not serve this place; see the `proxy` setting."
    return next((hint for kind, hint in _WIRE_HINTS.items() if isinstance(exc.__cause__, kind)), "")


def _status(call: Call) -> str:
    return "" if call.status is None else f" (HTTP {call.status})"
