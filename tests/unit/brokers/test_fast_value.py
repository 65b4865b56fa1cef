import copy
import pickle

import backtrader as bt
import pytest
from backtrader.position import Position
from tests.parity.fast_orders import Attached
from tests.unit.brokers.fast_stage import RISING, both, plain_broker, same
from tests.unit.brokers.stage import play

from cracktrader.brokers.backtest import CCXTBackBroker
from cracktrader.brokers.dust import DustlessPosition
from cracktrader.brokers.fast_value import Deferred, Scheme


def buy(strategy):
    strategy.buy(size=1)


def looks(seen, *names):
    def look(strategy):
        seen.append([getattr(strategy.broker, name) for name in names])

    return look


NAMES = (
    *("_value", "_valuemkt", "_valuelever", "_valuemktlever", "_leverage", "_unrealized"),
    *("_fundval", "cash", "fundvalue", "fundshares"),
)


@pytest.mark.parametrize("bar", [3, 4, 5, 20, 40])
def test_values_are_those_of_the_bar_whenever_they_are_asked_for(bar):
    seen = []
    both(plain_broker, {2: buy, bar: looks(seen, *NAMES)}, bars=RISING)
    assert seen[0] == seen[1]


def test_a_position_knows_its_bar_whenever_it_is_asked():
    seen = []

    def look(strategy):
        position = strategy.position
        seen.append((position.adjbase, position.datetime, dict(strategy.broker.d_credit)))

    both(plain_broker, {2: buy, 4: look, 17: look}, bars=RISING)
    plain, fast = seen[:2], seen[2:]
    assert [s[:2] for s in plain] == [s[:2] for s in fast]
    assert [list(s[2].values()) for s in fast] == [[0.0], [0.0]]


def test_a_position_is_an_ordinary_one_after_the_run():
    fast = same(plain_broker, {2: buy})
    (position,) = fast.broker.positions.values()
    assert type(position) is Position
    assert set(vars(position)) == set(vars(Position())) | {"datetime"}
    assert fast.broker.positions.default_factory is Position
    assert "_account" not in vars(fast.broker)


def test_positions_without_dust_are_ordinary_ones_after_the_run():
    fast = same(lambda: CCXTBackBroker(fractional=True), {2: buy, 5: lambda s: s.close()})
    (position,) = fast.broker.positions.values()
    assert type(position) is DustlessPosition
    assert fast.broker.positions.on_new is None


def pickled(position):
    return pickle.loads(pickle.dumps(position))  # noqa: S301


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickled])
def test_a_copy_of_a_position_is_an_ordinary_one(copied):
    twins = []

    def take(strategy):
        assert isinstance(strategy.position, Deferred)
        twins.append(copied(strategy.position))

    play(plain_broker(), {2: buy, 5: take, 9: take}, bars=RISING, cerebro=Attached(stdstats=False))
    assert [type(twin) for twin in twins] == [Position, Position]
    assert twins[0].adjbase == RISING[4][3]
    assert twins[0].datetime < twins[1].datetime


def test_a_position_that_the_strategy_changes_counts_from_the_next_bar_on():
    def change(strategy):
        strategy.broker.positions[strategy.data].fix(3, 50.0)

    def put(strategy):
        strategy.position.datetime = strategy.data.datetime.datetime()

    same(plain_broker, {2: buy, 5: change, 20: put, 30: lambda s: s.close()})


def test_a_position_never_touched_has_no_time():
    def look(strategy):
        with pytest.raises(AttributeError, match="datetime"):
            _ = strategy.position.datetime

    both(plain_broker, {2: look}, bars=RISING)


def test_cash_may_be_set_in_the_middle_of_a_bar():
    def rich(strategy):
        strategy.broker.set_cash(77_777)

    def richer(strategy):
        strategy.broker.cash += 11.0

    same(plain_broker, {2: buy, 6: rich, 9: richer, 12: lambda s: s.broker.add_cash(5.0)})


@pytest.mark.parametrize(
    ("comminfo", "is_known", "charges"),
    [
        (bt.CommInfoBase(), True, False),
        (bt.CommInfoBase(margin=10.0, mult=5.0), True, True),
        (bt.CommInfoBase(interest=0.1), True, True),
    ],
)
def test_schemes_are_known_by_what_they_do(comminfo, is_known, charges):
    scheme = Scheme(comminfo)
    assert (scheme.is_known, scheme.charges) == (is_known, charges)


class Odd(bt.CommInfoBase):
    def getvaluesize(self, size, price):
        return 2 * size * price


def test_a_scheme_of_the_users_own_is_asked_at_every_bar():
    assert not Scheme(Odd()).is_known

    def make():
        broker = plain_broker()
        broker.addcommissioninfo(Odd())
        return broker

    fast = same(make, {2: buy})
    assert fast.account[-1][1] > fast.account[2][1]
