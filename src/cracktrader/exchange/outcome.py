"""What became of an order or a cancel that raised: not placed for certain, or unknown."""

from __future__ import annotations

import re
from typing import Final

from ccxt.base import errors as theirs

from cracktrader import errors as ours
from cracktrader.exchange.call import Call, HostPaused, Priority
from cracktrader.exchange.errors import describe, translate

# Refusals that only the exchange can have written, whatever else it says.
_FINAL: Final = (
    theirs.InsufficientFunds,
    theirs.InvalidOrder,
    theirs.AuthenticationError,
    theirs.MarketClosed,
    theirs.RestrictedLocation,
    theirs.InvalidNonce,
)
# Raised both for refusals and for anything odd: final only if the exchange gave its code.
_FINAL_WITH_CODE: Final = (theirs.BadRequest, theirs.OperationRejected, theirs.OnMaintenance)
_NOT_FOUND: Final = (theirs.OrderNotFound, theirs.OrderNotCached)
_SLOW_DOWN: Final = (theirs.DDoSProtection, theirs.RateLimitExceeded)
# Some exchanges report our own id, met again, as a plain invalid order. It is proof that an
# order with this id is there.
_DUPLICATE: Final = re.compile(r"duplicat|-4116\b", re.IGNORECASE)


def outcome_of(exc: Exception, call: Call, *, where: str) -> ours.CracktraderError:
    """Return the error to raise for a create or a cancel that failed with *exc*.

    Whatever is not known for certain to be refused is `OutcomeUnknown`: the white list is
    here, and every other error means that the request may have been carried out.
    """
    if isinstance(exc, HostPaused) or call.sent == 0:
        return _not_sent(exc, call, where)
    if _is_final(exc, call):
        return _refusal(exc, call, where)
    return ours.OutcomeUnknown(
        f"{where}: sent, and nobody knows what became of it ({describe(exc)}). "
        "Look it up by its client order id; do not send it again."
    )


def _not_sent(exc: Exception, call: Call, where: str) -> ours.CracktraderError:
    if isinstance(exc, ours.CracktraderError | theirs.BaseError | HostPaused | OSError):
        return translate(exc, call, where=where)
    return ours.BadRequestError(f"{where}: not sent, CCXT refused it ({describe(exc)})")


def _is_final(exc: Exception, call: Call) -> bool:
    if not isinstance(exc, theirs.BaseError) or call.status is None:
        return False
    if isinstance(exc, _NOT_FOUND):
        # Asked to cancel, "there is no such order" is an answer; asked to create, nonsense.
        return call.priority is Priority.CANCEL
    if isinstance(exc, theirs.DuplicateOrderId) or _DUPLICATE.search(str(exc)):
        return False
    return isinstance(exc, _final_classes(call)) and not isinstance(exc, theirs.ChecksumError)


def _final_classes(call: Call) -> tuple[type[Exception], ...]:
    status = call.status or 0
    slow_down = _SLOW_DOWN if status in {418, 429} else ()
    gave_code = call.is_json and status < 500 and status != 408
    return (*_FINAL, *slow_down, *(_FINAL_WITH_CODE if gave_code else ()))


def _refusal(exc: Exception, call: Call, where: str) -> ours.CracktraderError:
    translated = translate(exc, call, where=where)
    # To a read a bad request is a mistake of the caller; an order was refused by it.
    if type(translated) is ours.BadRequestError:
        return ours.OrderRejected(str(translated))
    return translated
