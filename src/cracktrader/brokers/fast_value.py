"""The broker's value, and what its positions note at every bar, computed when asked for."""

from __future__ import annotations

import collections
import math
from dataclasses import dataclass, field
from typing import Any, Final

import backtrader as bt
from backtrader.position import Position
from backtrader.utils.dateintern import num2date

from cracktrader.brokers.commission import CCXTCommissionInfo
from cracktrader.brokers.dust import DustlessPosition, DustlessPositions
from cracktrader.brokers.fast_feeds import Feeds
from cracktrader.brokers.fast_quotes import Quote

_KINDS: Final = (Position, DustlessPosition)
_SCHEMES: Final = (bt.CommInfoBase, CCXTCommissionInfo)
_VALUING: Final = ("getvaluesize", "getvalue", "profitandloss", "get_leverage", "get_margin")
_CHARGING: Final = ("get_credit_interest", "_get_credit_interest", "cashadjust")


@dataclass(slots=True, kw_only=True)
class Account:
    """What a fast broker keeps beside Backtrader's attributes."""

    may_rest: bool
    """Whether nothing but Backtrader's own code would see a bar without orders."""
    may_try: bool
    """Whether orders can be tried without `_execute`, whose part in that is Backtrader's."""
    may_remember: bool
    """Whether a feed's CommInfo object changes by `setcommission` and the like only."""
    is_busy: bool = True
    """Whether the next bar needs the broker though it has no orders."""
    is_stale: bool = False
    """Whether the values are those of an earlier bar."""
    was_skipped: bool = False
    """Whether the broker was not called at this bar, nor its positions told of it."""
    feeds: Feeds = field(default_factory=Feeds)
    schemes: dict[Any, Scheme] = field(default_factory=dict)
    quotes: dict[Any, Quote] = field(default_factory=dict)


class Scheme:
    """A CommInfo object, and which of its methods are Backtrader's or ours."""

    __slots__ = ("charges", "comminfo", "is_known")

    def __init__(self, comminfo: Any) -> None:
        self.comminfo: Final = comminfo
        self.is_known: Final = _is_known(comminfo, _VALUING)
        self.charges: Final = not (
            _is_known(comminfo, _CHARGING) and comminfo._stocklike and comminfo._creditrate == 0
        )


def _is_known(comminfo: Any, names: tuple[str, ...]) -> bool:
    cls, own = type(comminfo), vars(comminfo)
    return all(
        name not in own and any(getattr(cls, name) is getattr(s, name) for s in _SCHEMES)
        for name in names
    )


def scheme_of(broker: Any, data: Any) -> Scheme:
    """Return what is known of the CommInfo object of *data*."""
    account = broker.__dict__["_account"]
    scheme = account.schemes.get(data)
    if scheme is None:
        scheme = Scheme(broker.getcommissioninfo(data))
        if account.may_remember:
            account.schemes[data] = scheme
    return scheme  # type: ignore[no-any-return]


def settle(broker: Any) -> None:
    """Bring values and positions to the bar that the broker has last been told of."""
    state = broker.__dict__
    account = state["_account"]
    if not account.is_stale:
        return
    account.is_stale = False
    if account.was_skipped:
        account.was_skipped = False
        feeds, credit = account.feeds, state["d_credit"]
        for data, position in state["positions"].items():
            own = position.__dict__
            if own["size"] != 0:
                feed = feeds[data]
                at = feed.clock.at
                credit[data] += 0.0
                own["adjbase"] = feed.close[at]
                own["_seen"] = feed.datetime[at], feed.tz
    total(broker)


def close_bar(broker: Any) -> None:
    """Adjust the cash for futures, and value everything if that cannot be done later."""
    state = broker.__dict__
    account = state["_account"]
    feeds, is_busy = account.feeds, not account.may_rest
    for data, position in state["positions"].items():
        own, scheme = position.__dict__, scheme_of(broker, data)
        size = own["size"]
        if size != 0:
            feed = feeds[data]
            close = feed.close[feed.clock.at]
            state["cash"] += scheme.comminfo.cashadjust(size, own["adjbase"], close)
            own["adjbase"] = close
            if scheme.charges or not math.isfinite(own["price"]):
                is_busy = True
        if not (scheme.is_known and isinstance(position, Deferred)):
            is_busy = True
    if any(history[0] is not None for history in state["_userhist"]):
        is_busy = True
    account.is_busy = is_busy
    if is_busy or state["pending"] or state["submitted"] or state["_toactivate"]:
        total(broker)
    else:
        account.is_stale = True


def total(broker: Any) -> None:
    """Do what ``broker._get_value()`` does."""
    state = broker.__dict__
    feeds, has_shortcash = state["_account"].feeds, state["p"].shortcash
    value = unlevered = unrealized = 0.0
    for data, position in state["positions"].items():
        comminfo, feed = scheme_of(broker, data).comminfo, feeds[data]
        close = feed.close[feed.clock.at]
        own = position.__dict__
        size = own["size"]
        if has_shortcash:
            worth = comminfo.getvaluesize(size, close)
        else:
            worth = abs(comminfo.getvalue(position, close))
        gain = comminfo.profitandloss(size, own["price"], close)
        value += worth
        unrealized += gain
        if worth > 0:
            unlevered += (worth - gain) / comminfo.get_leverage()
            unlevered += gain
        else:
            unlevered += worth
    cash = state["cash"]
    state["_value"] = worth = cash + unlevered
    state["_fundval"] = worth / state["_fundshares"]
    state["_valuemkt"] = unlevered
    state["_valuelever"] = cash + value
    state["_valuemktlever"] = value
    state["_leverage"] = value / (unlevered or 1.0)
    state["_unrealized"] = unrealized


def settled(name: str) -> property:
    """Return an attribute *name* of the broker that is brought up to date when it is used."""

    def read(broker: Any) -> Any:
        state = broker.__dict__
        if state["_account"].is_stale:
            settle(broker)
        try:
            return state[name]
        except KeyError:
            raise AttributeError(name) from None

    def write(broker: Any, value: Any) -> None:
        state = broker.__dict__
        settle(broker)
        state[name] = value
        state["_account"].is_busy = True

    return property(read, write)


class Deferred:
    """A position that learns of bars when it is asked; a mixin for the length of a run."""

    __slots__ = ()
    _broker: Any
    __dict__: dict[str, Any]

    @property
    def adjbase(self) -> Any:
        settle(self._broker)
        return self.__dict__["adjbase"]

    @property
    def datetime(self) -> Any:
        settle(self._broker)
        return date_position(self)

    def __setattr__(self, name: str, value: Any) -> None:
        settle(self._broker)
        self._broker._account.is_busy = True
        own = self.__dict__
        if name == "datetime":
            own.pop("_seen", None)
        own[name] = value

    def __reduce_ex__(self, protocol: Any) -> Any:
        # A copy is of the position's own class.
        settle(self._broker)
        if "_seen" in self.__dict__:
            date_position(self)
        return bare, (type(self).__bases__[0],), dict(self.__dict__)


def date_position(position: Any) -> Any:
    """Return the time that *position* was last touched, as a datetime from now on."""
    own = position.__dict__
    seen = own.pop("_seen", None)
    if seen is not None:
        own["datetime"] = num2date(seen[0], tz=seen[1])
    try:
        return own["datetime"]
    except KeyError:
        raise AttributeError("datetime") from None


def bare(cls: Any) -> Any:
    """Return an object of *cls* without attributes."""
    return cls.__new__(cls)


class Positions:
    """Makes the positions of a run learn of bars when they are asked."""

    def __init__(self, broker: Any) -> None:
        self._broker: Final = broker
        self._classes: dict[type, type] = {}
        self._taken: list[Any] = []

    def take(self) -> None:
        """Begin: with the positions there are, and with those to come."""
        positions = self._broker.positions
        for position in positions.values():
            self.defer(position)
        if isinstance(positions, DustlessPositions):
            positions.on_new = self.defer
        elif type(positions) is collections.defaultdict and positions.default_factory is Position:
            positions.default_factory = self._new

    def give_back(self) -> None:
        """End: every position is of its own class again, and up to date."""
        positions = self._broker.positions
        if isinstance(positions, DustlessPositions):
            positions.on_new = None
        elif getattr(positions, "default_factory", None) == self._new:
            positions.default_factory = Position
        while self._taken:
            position = self._taken.pop()
            if "_seen" in position.__dict__:
                date_position(position)
            object.__setattr__(position, "__class__", type(position).__bases__[0])

    def defer(self, position: Any) -> None:
        """Let *position* learn of bars when it is asked."""
        own = type(position)
        if own not in _KINDS:
            return
        if own not in self._classes:
            body = {"_broker": self._broker, "__module__": own.__module__, "__slots__": ()}
            self._classes[own] = type(own.__name__, (own, Deferred), body)
        position.__class__ = self._classes[own]
        self._taken.append(position)

    def _new(self) -> Position:
        position = Position()
        self.defer(position)
        return position
