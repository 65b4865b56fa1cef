"""CircuitBreaker: after enough failures, stop asking for a while."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from cracktrader.domain.clock import Clock
from cracktrader.errors import CircuitOpenError, OutcomeUnknown, RateLimitedError, UnavailableError
from cracktrader.exchange.errors import is_maintenance
from cracktrader.observability.logs import get_logger

_log = get_logger(__name__)
_LONGEST_S: Final = 300.0
_MAINTENANCE_S: Final = 60.0


class Endpoint(enum.StrEnum):
    """Kinds of calls that fail together."""

    MARKET = "market"
    ACCOUNT = "account"
    CREATE = "create"
    CANCEL = "cancel"


@dataclass(slots=True)
class _Circuit:
    failures: int = 0
    open_until_s: float | None = None
    openings: int = 0
    is_probing: bool = False


class CircuitBreaker:
    """One circuit per kind of call, for one account on one exchange.

    Only silence and server errors count. A rate limit is the host gate's business; refused
    credentials and rejected requests are answers, so the exchange is alive. Maintenance opens
    the circuit at once. Cancels are never blocked.
    """

    def __init__(
        self, exchange: str, *, clock: Clock, threshold: int = 5, cool_down_s: float = 10.0
    ) -> None:
        """Close every circuit.

        One opens when *threshold* calls in a row failed, and stays open for *cool_down_s*,
        which doubles with each failed probe.
        """
        self._exchange = exchange
        self._clock = clock
        self._threshold = threshold
        self._cool_down_s = cool_down_s
        self._circuits = {endpoint: _Circuit() for endpoint in Endpoint}

    def is_open(self, endpoint: Endpoint) -> bool:
        """Whether the next such call would be refused."""
        circuit = self._circuits[endpoint]
        return endpoint is not Endpoint.CANCEL and (
            circuit.is_probing or self._remaining_s(circuit) > 0
        )

    @contextmanager
    def guard(self, endpoint: Endpoint) -> Iterator[None]:
        """Run one call and learn from how it ends.

        Raises:
            CircuitOpenError: if the circuit is open; nothing was sent.
        """
        circuit = self._circuits[endpoint]
        if self.is_open(endpoint):
            raise CircuitOpenError(
                f"{self._exchange} failed {circuit.failures} times in a row; "
                f"{endpoint} calls are held back for {self._remaining_s(circuit):.0f} s more"
            )
        circuit.is_probing = circuit.open_until_s is not None
        try:
            yield
        except Exception as exc:
            self._learn(endpoint, circuit, exc)
            raise
        else:
            self._close(endpoint, circuit)
        finally:
            # Also when the call was cancelled: the next one may probe.
            circuit.is_probing = False

    def _learn(self, endpoint: Endpoint, circuit: _Circuit, exc: Exception) -> None:
        if isinstance(exc, RateLimitedError | CircuitOpenError):
            return
        if not isinstance(exc, UnavailableError | OutcomeUnknown):
            self._close(endpoint, circuit)
            return
        circuit.failures += 1
        if is_maintenance(exc):
            self._open(endpoint, circuit, at_least_s=_MAINTENANCE_S)
        elif circuit.is_probing or circuit.failures >= self._threshold:
            self._open(endpoint, circuit)

    def _open(self, endpoint: Endpoint, circuit: _Circuit, *, at_least_s: float = 0.0) -> None:
        pause_s = max(min(self._cool_down_s * 2**circuit.openings, _LONGEST_S), at_least_s)
        circuit.openings = min(circuit.openings + 1, 16)
        circuit.open_until_s = self._clock.monotonic_s() + pause_s
        _log.warning(
            "breaker.opened", endpoint=endpoint, failures=circuit.failures, pause_s=pause_s
        )

    def _close(self, endpoint: Endpoint, circuit: _Circuit) -> None:
        if circuit.open_until_s is not None:
            _log.info("breaker.closed", endpoint=endpoint)
        circuit.failures = circuit.openings = 0
        circuit.open_until_s = None

    def _remaining_s(self, circuit: _Circuit) -> float:
        if circuit.open_until_s is None:
            return 0.0
        return max(circuit.open_until_s - self._clock.monotonic_s(), 0.0)
