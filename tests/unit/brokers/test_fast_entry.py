import backtrader as bt
import pytest
from tests.unit.brokers.fast_stage import plain_broker, same

ORDER = bt.Order


def test_extra_arguments_are_the_orders_info():
    seen = []

    def act(strategy):
        order = strategy.buy(size=1, note="why")
        seen.append((order.info.note, order.info["note"]))

    same(plain_broker, {2: act})
    assert seen == [("why", "why")] * 2


def test_orders_are_unchecked_where_the_broker_does_not_check():
    heard = same(lambda: plain_broker(checksubmit=False, cash=10.0), {2: lambda s: s.buy(size=1)})
    assert [o.getstatusname() for o in heard.orders] == ["Accepted", "Margin"]


def test_orders_too_large_for_the_cash_are_refused_with_those_of_their_group():
    def act(strategy):
        strategy.buy_bracket(size=1_000, price=99.0, stopprice=90.0, limitprice=110.0)

    heard = same(plain_broker, {2: act})
    assert "Margin" in {o.getstatusname() for o in heard.orders}


def test_a_child_without_its_parent_is_rejected():
    def act(strategy):
        parent = strategy.buy(size=1, price=50.0, exectype=ORDER.Limit)
        strategy.cancel(parent)
        strategy.parent = parent

    def late(strategy):
        strategy.cancel(strategy.parent)
        strategy.sell(size=1, exectype=ORDER.Limit, price=110.0, parent=strategy.parent)

    heard = same(plain_broker, {2: act, 4: late})
    assert heard.orders[-1].getstatusname() == "Rejected"


@pytest.mark.parametrize("way", ["stop", "limit"])
def test_one_exit_of_a_bracket_cancels_the_other(way):
    stop, limit = (10.0, 104.0) if way == "limit" else (103.0, 500.0)

    def act(strategy):
        strategy.buy_bracket(size=1, exectype=ORDER.Market, stopprice=stop, limitprice=limit)

    heard = same(plain_broker, {2: act})
    assert [o.getstatusname() for o in heard.orders].count("Canceled") == 1


def test_one_of_a_group_cancels_the_others():
    def act(strategy):
        one = strategy.buy(size=1, exectype=ORDER.Limit, price=50.0)
        two = strategy.buy(size=1, exectype=ORDER.Limit, price=60.0, oco=one)
        strategy.buy(size=1, exectype=ORDER.Stop, price=105.0, oco=two)

    heard = same(plain_broker, {2: act})
    names = [o.getstatusname() for o in heard.orders]
    assert (names.count("Canceled"), names.count("Completed")) == (2, 1)


class Special(bt.BuyOrder):
    """An order of the user's own class."""


class SpecialBroker(bt.brokers.BackBroker):
    def buy(self, owner, data, size, price=None, plimit=None, exectype=None, **kwargs):
        order = Special(owner=owner, data=data, size=size, price=price, exectype=exectype)
        self._ocoize(order, None)
        return self.submit(order)


def test_orders_of_the_users_own_class_are_left_to_backtrader():
    script = {
        2: lambda s: s.buy(size=1),
        5: lambda s: s.buy(size=1, exectype=ORDER.Limit, price=104.0),
        30: lambda s: s.close(),
    }
    heard = same(SpecialBroker, script)
    assert {type(o) for o in heard.orders} == {Special, bt.SellOrder}
    unchecked = same(lambda: SpecialBroker(checksubmit=False), script)
    assert len(unchecked.orders) < len(heard.orders)
