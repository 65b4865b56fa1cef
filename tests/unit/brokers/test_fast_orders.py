import copy
import datetime as dt
import pickle

import backtrader as bt
import pytest
from tests.unit.brokers.stage import FLAT, play

from cracktrader.brokers.dust import DustlessOrderData
from cracktrader.brokers.fast_feeds import Feed
from cracktrader.brokers.fast_orders import clone_order, execute_order, make_order, term

ORDER = bt.Order
TERMS = {
    "owner": None,
    "data": None,
    "size": 2,
    "price": None,
    "pricelimit": None,
    "exectype": None,
    "valid": None,
    "tradeid": 0,
    "oco": None,
    "trailamount": None,
    "trailpercent": None,
    "parent": None,
    "transmit": True,
    "simulated": False,
    "histnotify": False,
}
VARIANTS = [
    {},
    {"exectype": ORDER.Limit, "price": 99.0},
    {"exectype": ORDER.Limit, "price": 0},
    {"exectype": ORDER.StopLimit, "price": 99.0, "pricelimit": 98.0},
    {"exectype": ORDER.StopLimit, "pricelimit": 98.0},
    {"exectype": ORDER.StopTrail, "trailamount": 3.0},
    {"exectype": ORDER.StopTrailLimit, "price": 99.0, "pricelimit": 98.0, "trailpercent": 0.1},
    {"exectype": ORDER.Limit, "price": 99.0, "valid": dt.timedelta()},
    {"exectype": ORDER.Limit, "price": 99.0, "valid": dt.timedelta(hours=3)},
    {"exectype": ORDER.Limit, "price": 99.0, "valid": dt.date(2024, 2, 1)},
    {"exectype": ORDER.Limit, "price": 99.0, "valid": 0},
    {"exectype": ORDER.Limit, "price": 99.0, "valid": 1.5},
    {"size": 0.3, "tradeid": 4, "transmit": False},
]


def both(cls, feed, variant):
    """Return the order that Backtrader makes, and ours."""
    terms = {**TERMS, "data": feed, **variant}
    return cls(**terms), make_order(cls, dict(terms), Feed(feed))


def everything(order):
    """Return all attributes of *order* in their order, its number taken out."""
    named = {**vars(order), "ref": None, "params": vars(order.params), "p": vars(order.p)}
    for name in ("created", "executed"):
        named[name] = list(vars(named[name]).items())
    return list(named.items())


@pytest.fixture(scope="module")
def feed():
    found = []
    play(bt.brokers.BackBroker(), {5: lambda s: found.append(s.data)}, bars=FLAT)
    return found[0]


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
@pytest.mark.parametrize("cls", [bt.BuyOrder, bt.SellOrder])
def test_an_order_has_all_that_backtraders_has(cls, variant, feed):
    theirs, ours = both(cls, feed, variant)
    assert everything(ours) == everything(theirs)
    assert type(ours) is type(theirs)
    assert type(ours.info) is type(theirs.info)
    assert ours.ref == theirs.ref + 1


def test_a_validity_that_is_no_number_is_refused_as_by_backtrader(feed):
    for make in (bt.BuyOrder, lambda **terms: make_order(bt.BuyOrder, terms, Feed(feed))):
        with pytest.raises(TypeError, match="str"):
            make(**{**TERMS, "data": feed, "valid": "tomorrow"})


def fill(size):
    return {
        "dt": 7.0,
        "size": size,
        "price": 10.0,
        "closed": 0,
        "opened": size,
        "closedvalue": 0.0,
        "openedvalue": 10.0,
        "closedcomm": 0.0,
        "openedcomm": 0.1,
        "value": 10.0,
        "comm": 0.1,
        "pnl": 0.0,
        "psize": size,
        "pprice": 10.0,
    }


def backtraders_execute(order, bit, margin):
    names = ("size", "price", "closed", "closedvalue", "closedcomm", "opened", "openedvalue")
    arguments = [bit[name] for name in (*names, "openedcomm")]
    order.execute(bit["dt"], *arguments, margin, bit["pnl"], bit["psize"], bit["pprice"])


@pytest.mark.parametrize("execute", [execute_order, backtraders_execute])
def test_an_order_is_filled_and_copied_as_backtraders(execute, feed):
    theirs, ours = both(bt.BuyOrder, feed, {})
    clones = []
    for part in (1, 1):
        backtraders_execute(theirs, fill(part), 5.0)
        execute(ours, fill(part), 5.0)
        clones.append((theirs.clone(), clone_order(ours)))
    clones.append((theirs.clone(), clone_order(ours)))
    for one, other in [*clones, (theirs, ours)]:
        bits = [list(map(vars, order.executed.exbits)) for order in (one, other)]
        assert bits[0] == bits[1]
        one.executed.exbits = other.executed.exbits
        assert everything(one) == everything(other)
        assert len(one.executed.getpending()) == len(other.executed.getpending())


def test_an_order_that_ends_without_dust_is_filled_by_itself(feed):
    order = both(bt.BuyOrder, feed, {"size": 0.3})[1]
    order.executed = DustlessOrderData(remsize=0.1 + 0.2)
    execute_order(order, fill(0.3), None)
    assert order.status == ORDER.Completed
    assert order.executed.remsize == 0


def test_orders_can_be_copied_and_pickled(feed):
    order = make_order(bt.SellOrder, {**TERMS, "data": feed}, Feed(feed))
    assert copy.copy(order) == order
    order.params.data = None
    twin = pickle.loads(pickle.dumps(order))  # noqa: S301
    assert everything(twin)[2:10] == everything(order)[2:10]
    assert (twin.size, twin.exectype) == (-2, ORDER.Market)


def test_a_term_may_be_set_on_the_order_itself(feed):
    order = both(bt.BuyOrder, feed, {})[1]
    assert term(order, "valid") is None
    order.valid = 7.0
    assert term(order, "valid") == 7.0
