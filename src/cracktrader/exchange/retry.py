"""What may be repeated, and after how long: reads only, with growing and random pauses."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import stamina
from stamina.instrumentation import RetryDetails, set_on_retry_hooks

from cracktrader.errors import CircuitOpenError, UnavailableError
from cracktrader.exchange.call import HostPaused
from cracktrader.exchange.errors import describe
from cracktrader.observability.logs import get_logger

T = TypeVar("T")

_log = get_logger(__name__)
_FIRST_PAUSE_S: Final = 0.25
_LONGEST_PAUSE_S: Final = 10.0
_JITTER_S: Final = 0.5


def is_repeatable(exc: Exception) -> bool:
    """Whether the same read may do better a moment later."""
    if isinstance(exc, CircuitOpenError) or isinstance(exc.__cause__, HostPaused):
        return False  # nothing was sent, and the wait is longer than we are willing to
    return isinstance(exc, UnavailableError)


async def repeat_read(read: Callable[[], Awaitable[T]], *, attempts: int) -> T:
    """Await *read* until it works, *attempts* times at most; the last error is raised.

    A pause that the exchange asked for is not counted here: the host gate keeps it.
    """
    context = stamina.retry_context(
        on=is_repeatable,
        attempts=attempts,
        timeout=None,  # the gate may hold a read back for minutes
        wait_initial=_FIRST_PAUSE_S,
        wait_max=_LONGEST_PAUSE_S,
        wait_jitter=_JITTER_S,
    )
    async for attempt in context:
        with attempt:
            return await read()
    raise AssertionError("unreachable: the last attempt returns or raises")


def log_retries() -> None:
    """Log each repetition as ``call.retried``, for the whole process.

    stamina's own hook writes the arguments of the call, and so could write an order.
    """
    set_on_retry_hooks([_log_retry])


def _log_retry(details: RetryDetails) -> None:
    _log.warning(
        "call.retried",
        attempt=details.retry_num,
        pause_s=round(details.wait_for, 2),
        reason=describe(details.caused_by),
    )
