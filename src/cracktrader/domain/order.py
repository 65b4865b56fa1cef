"""An order's life, as a table.

Orders change state only through :func:`next_state`, so the table below is the
whole truth about what may happen to one. UNKNOWN means sent and unanswered: the order
holds its funds and is asked for until its real state is proven; it is never sent again.
"""

from __future__ import annotations

import enum
from typing import Final

from cracktrader.errors import InvalidTransition


class OrderState(enum.Enum):
    """Where an order stands."""

    CREATED = "created"
    DENIED = "denied"
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    PARTIALLY_FILLED = "partially_filled"
    CANCELING = "canceling"
    UNKNOWN = "unknown"
    FILLED = "filled"
    CANCELED = "canceled"
    EXPIRED = "expired"
    REJECTED = "rejected"

    @property
    def is_final(self) -> bool:
        """Whether nothing more is expected to happen."""
        return self in FINAL_STATES


FINAL_STATES: Final = frozenset(
    {
        OrderState.DENIED,
        OrderState.FILLED,
        OrderState.CANCELED,
        OrderState.EXPIRED,
        OrderState.REJECTED,
    }
)

_S = OrderState
TRANSITIONS: Final[dict[OrderState, frozenset[OrderState]]] = {
    _S.CREATED: frozenset({_S.DENIED, _S.SUBMITTED}),
    _S.SUBMITTED: frozenset(
        # Exchanges may report the fill before they acknowledge the order.
        {
            _S.ACCEPTED,
            _S.REJECTED,
            _S.PARTIALLY_FILLED,
            _S.FILLED,
            _S.CANCELING,
            _S.CANCELED,
            _S.EXPIRED,
            _S.UNKNOWN,
        }
    ),
    # Anything may turn out to be true, but the answer always comes from the exchange.
    _S.UNKNOWN: frozenset(
        {
            _S.ACCEPTED,
            _S.REJECTED,
            _S.PARTIALLY_FILLED,
            _S.FILLED,
            _S.CANCELING,
            _S.CANCELED,
            _S.EXPIRED,
        }
    ),
    _S.ACCEPTED: frozenset(
        {_S.PARTIALLY_FILLED, _S.FILLED, _S.CANCELING, _S.CANCELED, _S.EXPIRED, _S.REJECTED}
    ),
    _S.PARTIALLY_FILLED: frozenset(
        {_S.PARTIALLY_FILLED, _S.FILLED, _S.CANCELING, _S.CANCELED, _S.EXPIRED}
    ),
    # A cancel can lose the race against a fill, or fail and leave the order working.
    _S.CANCELING: frozenset(
        {
            _S.CANCELED,
            _S.FILLED,
            _S.PARTIALLY_FILLED,
            _S.ACCEPTED,
            _S.EXPIRED,
            _S.REJECTED,
            _S.UNKNOWN,
        }
    ),
    # A fill, whole or in part, that was on its way when the cancel was confirmed.
    _S.CANCELED: frozenset({_S.PARTIALLY_FILLED, _S.FILLED}),
    _S.DENIED: frozenset(),
    _S.FILLED: frozenset(),
    _S.EXPIRED: frozenset(),
    _S.REJECTED: frozenset(),
}


def next_state(current: OrderState, new: OrderState) -> OrderState:
    """Return *new*, or raise InvalidTransition if the table forbids the step."""
    if new not in TRANSITIONS[current]:
        raise InvalidTransition(f"an order cannot go from {current.value} to {new.value}")
    return new
