import datetime as dt

import backtrader as bt
import pytest
from tests.parity.fast_orders import Attached
from tests.unit.brokers.fast_stage import FLAT, RISING, plain_broker, play, same

ORDER = bt.Order
FALLING = [(140.0 - i, 140.5 - i, 138.0 - i, 139.0 - i) for i in range(40)]


def single(exectype, *, is_buy=True, **terms):
    def act(strategy):
        side = strategy.buy if is_buy else strategy.sell
        side(size=2, exectype=exectype, **terms)

    return act


ORDERS = [
    single(ORDER.Market),
    single(ORDER.Close),
    single(ORDER.Limit, price=104.0),
    single(ORDER.Limit, price=50.0, valid=dt.timedelta(hours=3)),
    single(ORDER.Stop, price=106.0),
    single(ORDER.StopLimit, price=106.0, plimit=106.5),
    single(ORDER.StopTrail, trailamount=2.0),
    single(ORDER.StopTrailLimit, price=104.0, plimit=104.5, trailamount=2.0),
    single(ORDER.Market, is_buy=False),
    single(ORDER.Limit, price=108.0, is_buy=False),
    single(ORDER.StopTrail, trailpercent=0.02, is_buy=False),
    single(ORDER.StopLimit, price=103.0, plimit=102.0, is_buy=False),
]


@pytest.mark.parametrize("bars", [RISING, FALLING, FLAT], ids=["rising", "falling", "flat"])
@pytest.mark.parametrize("number", range(len(ORDERS)))
def test_every_kind_of_order(number, bars):
    heard = same(plain_broker, {5: ORDERS[number], 25: lambda s: s.close()}, bars=bars)
    assert heard.orders


@pytest.mark.parametrize(
    "params",
    [
        {"coc": True},
        {"coo": True},
        {"slip_perc": 0.01, "slip_open": True},
        {"slip_fixed": 0.5, "slip_match": False, "slip_open": True},
        {"shortcash": False},
        {"int2pnl": False},
        {"fundmode": True},
        {"filler": lambda *_: 1},
        {"cash": 150},
    ],
    ids=lambda params: next(iter(params)),
)
def test_every_param(params):
    script = {
        3: ORDERS[0],
        8: lambda s: s.sell(size=5),
        12: lambda s: s.broker.add_cash(100.0),
        20: lambda s: s.close(),
    }
    same(lambda: plain_broker(**params), script)


@pytest.mark.parametrize(
    "commission",
    [
        {"commission": 2.0, "margin": 50.0, "mult": 10.0},
        {"commission": 0.001, "interest": 0.3},
        {"commission": 0.001, "interest": 0.3, "interest_long": True},
        {"commission": 0.001, "leverage": 3.0},
        {"automargin": 0.1, "stocklike": False, "commtype": 1, "mult": 2.0},
    ],
    ids=str,
)
def test_every_commission(commission):
    def make():
        broker = plain_broker()
        broker.setcommission(**commission)
        return broker

    script = {
        3: ORDERS[0],
        8: lambda s: s.sell(size=5),
        16: lambda s: s.broker.setcommission(commission=0.01),
        22: lambda s: s.broker.addcommissioninfo(bt.CommInfoBase(commission=3.0)),
        30: lambda s: s.close(),
    }
    same(make, script)


def test_settings_that_change_in_the_middle_of_a_bar():
    script = {
        3: lambda s: s.sell(size=5),
        9: lambda s: s.broker.set_shortcash(False),
        20: lambda s: s.close(),
    }
    same(plain_broker, script)


def test_a_history_of_orders_may_be_added_during_the_run():
    def add(strategy):
        when = strategy.data.datetime.datetime()
        strategy.broker.add_order_history([[when, 2, 90.0], [when, -2, 95.0]])

    heard = same(plain_broker, {9: add})
    assert len(heard.trades) == 2


def test_a_history_of_the_fund():
    def histories():
        first = dt.datetime(2024, 1, 1)  # noqa: DTZ001 - Backtrader's times are naive
        return [[first + dt.timedelta(hours=9 * i), 100.0 + i, 10_000.0 + i] for i in range(4)]

    def add(strategy):
        strategy.broker.set_fund_history(histories())

    same(plain_broker, {3: ORDERS[0], 5: add}, engine={"runonce": False})


def test_targets_are_reached():
    script = {
        3: lambda s: s.order_target_percent(target=0.5),
        9: lambda s: s.order_target_value(target=2_000.0),
        15: lambda s: s.order_target_size(target=-3),
    }
    same(plain_broker, script)


def test_values_of_single_feeds():
    seen = []

    def look(strategy):
        broker = strategy.broker
        one, two = strategy.datas
        seen.append([broker.getvalue([one]), broker.getvalue([one, two]), broker.getvalue()])
        seen.append([broker.getvalue(lever=True), broker.getvalue([one], lever=True)])
        seen.append([broker._get_value(), broker._get_value(lever=True), broker.get_leverage()])

    same(plain_broker, {3: ORDERS[0], 7: look}, names=("one", "two"))
    assert seen[:3] == seen[3:]


class Stopping(bt.brokers.BackBroker):
    calls = 0

    def next(self):
        self.calls += 1
        super().next()

    def _try_exec_limit(self, order, popen, phigh, plow, plimit):
        """Fill no limit order."""


def test_the_users_overrides_are_heard():
    heard = same(Stopping, {3: ORDERS[2], 6: ORDERS[0]})
    assert heard.broker.calls == len(RISING)
    assert "Completed" in {o.getstatusname() for o in heard.orders}


def test_an_error_leaves_what_backtrader_leaves():
    left = []
    for cerebro in (bt.Cerebro, Attached):
        broker = plain_broker()

        def fail(strategy):
            raise RuntimeError(strategy.position.size)

        with pytest.raises(RuntimeError, match="2"):
            play(broker, {3: ORDERS[0], 9: fail}, bars=RISING, cerebro=cerebro(stdstats=False))
        assert type(broker) is bt.brokers.BackBroker
        (position,) = broker.positions.values()
        left.append((broker._value, broker.cash, broker._leverage, vars(position)))
    assert left[0] == left[1]


def test_an_order_of_one_feed_may_compensate_the_position_of_another():
    def act(strategy):
        one, two = strategy.datas
        two.compensate(one)
        strategy.buy(data=one, size=2)

    script = {
        2: act,
        6: lambda s: s.sell(data=s.datas[1], size=1),
        9: lambda s: s.sell(data=s.datas[1], size=3),
        15: lambda s: s.buy(data=s.datas[0], size=2),
    }

    def make():
        broker = plain_broker()
        broker.setcommission(commission=0.001, name="one")
        broker.setcommission(commission=0.004, name="two")
        return broker

    heard = same(make, script, names=("one", "two"))
    (data,) = {trade.data._name for trade in heard.trades}
    assert data == "one"
