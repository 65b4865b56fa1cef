import dataclasses
import pickle
from typing import Any

import backtrader as bt
import pytest
from tests.unit.brokers.stage import BTC, FLAT, make_feed, play

from cracktrader.brokers.backtest import CCXTBackBroker
from cracktrader.brokers.commission import CCXTCommissionInfo
from cracktrader.errors import ConfigError

ORDER = bt.Order
MARKETS = {"BTC/USDT": BTC}
RISING = [(p, p + 2, p - 2, p + 1) for p in range(100, 140)]


def buy(**terms):
    return lambda strategy: strategy.buy(**terms)


def sell(**terms):
    return lambda strategy: strategy.sell(**terms)


def only_fill(heard):
    (fill,) = heard.fills()
    return fill


# Fractions


def test_targets_are_fractional_only_if_asked_for():
    script = {2: lambda s: setattr(s, "order", s.order_target_percent(target=0.005))}
    assert play(CCXTBackBroker(), script).strategy.order is None
    heard = play(CCXTBackBroker(fractional=True), script)
    assert heard.strategy.order.size == 0.5
    assert heard.strategy.position.size == 0.5


def test_percent_sizer_and_target_value_are_fractional():
    cerebro = bt.Cerebro(stdstats=False)
    cerebro.addsizer(bt.sizers.PercentSizer, percents=0.5)
    script = {2: buy(), 4: lambda s: s.order_target_value(target=12.5)}
    heard = play(CCXTBackBroker(fractional=True), script, cerebro=cerebro)
    assert [fill.size for fill in heard.fills()] == [0.5, -0.375]


@pytest.mark.parametrize("attach", ["setcommission", "addcommissioninfo", "commission"])
def test_any_scheme_sizes_in_fractions(attach):
    broker = CCXTBackBroker(fractional=True)
    if attach == "setcommission":
        broker.setcommission(commission=0.001)
    elif attach == "addcommissioninfo":
        broker.addcommissioninfo(bt.CommissionInfo(commission=0.001))
    else:
        broker = CCXTBackBroker(fractional=True, commission=0.001)
    heard = play(broker, {2: lambda s: s.order_target_percent(target=0.005)})
    assert only_fill(heard).size == 0.5
    assert only_fill(heard).comm == pytest.approx(0.05)


def test_setcommission_by_name_leaves_the_others():
    broker = CCXTBackBroker(fractional=True)
    broker.setcommission(0.01, name="ETH/USDT")
    heard = play(broker, {2: buy(size=1)})
    assert only_fill(heard).comm == 0


# Dust


def test_a_position_of_decimals_closes():
    script = {2: buy(size=0.1), 4: buy(size=0.2), 6: sell(size=0.3)}
    heard = play(CCXTBackBroker(fractional=True), script)
    assert heard.strategy.position.size == 0
    assert not heard.strategy.position
    assert [(t.isclosed, t.size) for t in heard.trades][-1] == (True, 0)
    assert heard.orders[-1].status == ORDER.Completed
    assert heard.orders[-1].executed.remsize == 0
    # The same with Backtrader's rules is open for ever.
    heard = play(CCXTBackBroker(), script)
    assert heard.strategy.position.size == pytest.approx(5.6e-17, rel=0.01)
    assert not heard.trades[-1].isclosed


def test_a_reversal_leaves_position_and_trade_the_same_size():
    script = {2: buy(size=0.7), 4: sell(size=0.8), 6: lambda s: s.close()}
    heard = play(CCXTBackBroker(fractional=True), script)
    assert {o.status for o in heard.orders[2::3]} == {ORDER.Completed}
    assert [t.isclosed for t in heard.trades] == [False, True, False, True]
    assert not heard.strategy.position


def test_an_order_filled_in_parts_completes_without_dust():
    class Thirds:
        def __call__(self, order, price, ago):
            return min(0.1, abs(order.executed.remsize))

    broker = CCXTBackBroker(fractional=True, filler=Thirds())
    heard = play(broker, {2: buy(size=0.8), 20: lambda s: s.close()})
    assert heard.orders[-1].status == ORDER.Completed
    assert not heard.strategy.position
    assert len(heard.fills()) == 16


def test_a_fill_that_is_dust_short_of_the_order_completes_it():
    class Odd:
        def __call__(self, order, price, ago):
            return 0.7 if len(order.executed) else 0.1

    heard = play(CCXTBackBroker(fractional=True, filler=Odd()), {2: buy(size=0.8)})
    assert heard.orders[-1].executed.remsize == 0
    assert heard.orders[-1].status == ORDER.Completed


# Fees


def test_fees_are_the_markets_own():
    heard = play(CCXTBackBroker(markets=MARKETS), {2: buy(size=1)})
    assert only_fill(heard).comm == pytest.approx(0.2)
    assert heard.broker.costs.fees == pytest.approx(0.2)


def test_a_given_commission_wins_over_the_markets():
    for broker in (
        CCXTBackBroker(markets=MARKETS, commission=0.01),
        CCXTBackBroker(markets=MARKETS),
    ):
        broker.setcommission(commission=0.01)
        assert only_fill(play(broker, {2: buy(size=1)})).comm == pytest.approx(1.0)


def test_a_commission_by_name_wins_over_the_markets():
    broker = CCXTBackBroker(markets=MARKETS)
    broker.setcommission(commission=0.01, name="BTC/USDT")
    assert only_fill(play(broker, {2: buy(size=1)})).comm == pytest.approx(1.0)


TAKERS = {
    "market": {},
    "stop": {"exectype": ORDER.Stop, "price": 104.0},
    "close": {"exectype": ORDER.Close},
    "limit that can trade at once": {"exectype": ORDER.Limit, "price": 102.5},
    "limit above its stop": {"exectype": ORDER.StopLimit, "price": 104.5, "plimit": 106.0},
    "limit above a gap": {"exectype": ORDER.StopLimit, "price": 100.0, "plimit": 106.0},
}
MAKERS = {
    "limit that rests": {"exectype": ORDER.Limit, "price": 100.5},
    "limit below its stop": {"exectype": ORDER.StopLimit, "price": 105.0, "plimit": 103.5},
    "limit below a gap": {"exectype": ORDER.StopLimit, "price": 100.0, "plimit": 100.5},
}


@pytest.mark.parametrize("terms", TAKERS.values(), ids=TAKERS)
def test_what_trades_at_once_takes(terms):
    heard = play(CCXTBackBroker(markets=MARKETS), {2: buy(size=1, **terms)}, bars=RISING)
    fill = only_fill(heard)
    assert not fill.is_maker
    assert fill.comm == pytest.approx(fill.price * 0.002)
    assert heard.broker.costs.maker_fills == 0


@pytest.mark.parametrize("terms", MAKERS.values(), ids=MAKERS)
def test_what_rests_makes(terms):
    heard = play(CCXTBackBroker(markets=MARKETS), {2: buy(size=1, **terms)}, bars=RISING)
    fill = only_fill(heard)
    assert fill.is_maker
    assert fill.comm == pytest.approx(fill.price * 0.001)
    assert heard.broker.costs.maker_fills == 1


def test_a_limit_order_that_waited_a_bar_is_a_maker_even_at_an_open():
    bars = [*FLAT[:3], (90.0, 91.0, 89.0, 90.0), *FLAT[:3]]
    script = {1: buy(size=1, exectype=ORDER.Limit, price=95.0)}
    fill = only_fill(play(CCXTBackBroker(markets=MARKETS), script, bars=bars))
    assert (fill.price, fill.is_maker) == (90.0, True)


def test_what_is_left_of_a_taking_limit_order_rests():
    filler = bt.broker.fillers.FixedSize(size=1)
    broker = CCXTBackBroker(markets=MARKETS, filler=filler)
    heard = play(broker, {2: buy(size=2, exectype=ORDER.Limit, price=100.0)})
    assert [fill.is_maker for fill in heard.fills()] == [False, True]


def test_sells_take_and_make_likewise():
    script = {2: sell(size=1, exectype=ORDER.Limit, price=101.0)}
    assert not only_fill(play(CCXTBackBroker(markets=MARKETS), script, bars=RISING)).is_maker
    script = {2: sell(size=1, exectype=ORDER.Limit, price=103.5)}
    assert only_fill(play(CCXTBackBroker(markets=MARKETS), script, bars=RISING)).is_maker


# Spread and slippage


@pytest.mark.parametrize("side", [1, -1])
def test_market_orders_pay_half_the_spread_and_slippage(side):
    broker = CCXTBackBroker(half_spread_bps=5, slippage={"model": "fixed_bps", "bps": 10})
    heard = play(broker, {2: buy(size=2) if side == 1 else sell(size=2)})
    fill = only_fill(heard)
    assert fill.price == pytest.approx(100 * (1 + side * 0.0015))
    assert (fill.spread, fill.slippage) == (pytest.approx(0.1), pytest.approx(0.2))
    assert (broker.costs.spread, broker.costs.slippage) == (fill.spread, fill.slippage)


@pytest.mark.parametrize("exectype", [ORDER.Stop, ORDER.Close])
def test_stops_and_closing_orders_pay_too(exectype):
    broker = CCXTBackBroker(slippage={"bps": 10})
    heard = play(broker, {2: buy(size=1, exectype=exectype, price=104.0)}, bars=RISING)
    assert only_fill(heard).slippage > 0


def test_limit_orders_pay_up_to_their_limit_and_nothing_once_they_rest():
    costly = {"slippage": {"bps": 100}}
    script = {2: buy(size=1, exectype=ORDER.Limit, price=102.5)}
    fill = only_fill(play(CCXTBackBroker(**costly), script, bars=RISING))
    assert (fill.price, fill.slippage) == (102.5, 0.5)
    script = {2: sell(size=1, exectype=ORDER.Limit, price=101.5)}
    fill = only_fill(play(CCXTBackBroker(**costly), script, bars=RISING))
    assert (fill.price, fill.slippage) == (101.5, 0.5)
    script = {2: buy(size=1, exectype=ORDER.StopLimit, price=104.0, plimit=104.2)}
    fill = only_fill(play(CCXTBackBroker(**costly), script, bars=RISING))
    assert fill.price == 104.2
    script = {2: buy(size=1, exectype=ORDER.Limit, price=100.5)}
    fill = only_fill(play(CCXTBackBroker(**costly), script, bars=RISING))
    assert (fill.price, fill.slippage) == (100.5, 0)


def test_a_resting_limit_order_met_by_an_open_pays_neither():
    bars = [*FLAT[:3], (90.0, 91.0, 89.0, 90.0), *FLAT[:3]]
    script = {1: buy(size=1, exectype=ORDER.Limit, price=95.0)}
    fill = only_fill(play(CCXTBackBroker(slippage={"bps": 100}), script, bars=bars))
    assert (fill.price, fill.slippage, fill.is_maker) == (90.0, 0, True)


def test_costs_can_be_kept_within_the_bar():
    bars = [(100.0, 100.01, 99.99, 100.0)] * 5
    slippage = {"bps": 100, "within_bar": True}
    assert (
        only_fill(play(CCXTBackBroker(slippage=slippage), {2: buy(size=1)}, bars=bars)).price
        == 100.01
    )
    assert (
        only_fill(play(CCXTBackBroker(slippage=slippage), {2: sell(size=1)}, bars=bars)).price
        == 99.99
    )
    slippage["within_bar"] = False
    assert (
        only_fill(play(CCXTBackBroker(slippage=slippage), {2: buy(size=1)}, bars=bars)).price
        == 101.0
    )


def test_within_bar_knows_a_growing_bar():
    cerebro = bt.Cerebro(stdstats=False)
    broker = CCXTBackBroker(slippage={"bps": 500, "within_bar": True})
    cerebro.setbroker(broker)
    cerebro.replaydata(make_feed(RISING[::-1]), timeframe=bt.TimeFrame.Minutes, compression=240)

    class Buyer(bt.Strategy):
        def next(self):
            if len(self.orders) < 3:
                self.orders.append(self.buy(size=1))

        def start(self):
            self.orders = []

    cerebro.addstrategy(Buyer)
    (strategy,) = cerebro.run()
    assert [o.executed.price for o in strategy.orders] == [140.0, 139.0, 138.0]


def test_backtraders_own_slippage_is_counted():
    broker = CCXTBackBroker(slip_perc=0.01, slip_open=True)
    heard = play(broker, {2: buy(size=1)}, bars=RISING)
    assert only_fill(heard).slippage == pytest.approx(1.02)
    assert broker.costs.slippage == pytest.approx(1.02)


def test_futures_costs_count_the_multiplier():
    broker = CCXTBackBroker(slippage={"bps": 10})
    broker.setcommission(commission=1.0, margin=10.0, mult=5.0)
    assert only_fill(play(broker, {2: buy(size=1)})).slippage == pytest.approx(0.5)


# Rules


def rejected(script, **options):
    heard = play(CCXTBackBroker(rules=True, markets=MARKETS, **options), script)
    assert {o.getstatusname() for o in heard.orders if o.ref == heard.orders[-1].ref} == {
        "Rejected"
    }
    return heard.orders[-1]


@pytest.mark.parametrize(
    ("reason", "terms"),
    [
        ("amount_step", {"size": 0.0009}),
        ("amount_step", {"size": 0.0009, "exectype": ORDER.Limit, "price": 100.0}),
        ("amount_limit", {"size": 101}),
        ("cost_limit", {"size": 0.05}),
        ("cost_limit", {"size": 0.15, "exectype": ORDER.Limit, "price": 60.0}),
        ("cost_limit", {"size": 0.15, "exectype": ORDER.StopLimit, "price": 110.0, "plimit": 50.0}),
        ("not_a_number", {"size": float("nan")}),
        ("not_a_number", {"size": 1, "exectype": ORDER.Limit, "price": float("nan")}),
    ],
)
def test_what_the_exchange_would_refuse_is_rejected_with_a_reason(reason, terms):
    order = rejected({2: buy(**terms)})
    assert order.info.reason == reason
    assert order.info.refusal


def test_buying_returns_the_rejected_order():
    broker = CCXTBackBroker(rules=True, markets=MARKETS)
    script = {2: lambda s: setattr(s, "order", s.buy(size=0.0001))}
    heard = play(broker, script)
    assert heard.strategy.order.status == ORDER.Rejected
    assert heard.strategy.order not in broker.orders


def test_sizes_are_rounded_down_and_prices_to_the_safe_side():
    broker = CCXTBackBroker(rules=True, markets=MARKETS)
    script = {
        2: buy(size=1.23456, exectype=ORDER.Limit, price=99.999),
        3: buy(size=1.0009, exectype=ORDER.StopLimit, price=110.019, plimit=111.019),
        4: buy(size=1),
        6: sell(size=0.5, exectype=ORDER.Limit, price=150.001),
    }
    heard = play(broker, script)
    made = [o.created for o in broker.orders]
    assert [(c.size, c.price) for c in made] == [
        (1.234, 99.99),
        (1.0, 110.01),
        (1, 100.0),
        (-0.5, 150.01),
    ]
    assert made[1].pricelimit == 111.01
    assert heard.orders[0].executed.remsize == 1.234


def test_rules_alone_count_dust_as_the_step_it_means():
    broker = CCXTBackBroker(rules=True, fractional=True, markets=MARKETS)
    script = {2: buy(size=0.7), 4: buy(size=0.1), 6: lambda s: s.close()}
    heard = play(broker, script)
    assert not heard.strategy.position
    assert heard.trades[-1].isclosed


def test_trailing_stops_are_not_held_to_the_tick():
    broker = CCXTBackBroker(rules=True, markets=MARKETS)
    script = {2: buy(size=1), 4: sell(size=1, exectype=ORDER.StopTrail, trailpercent=0.00333)}
    assert play(broker, script).orders[-1].status == ORDER.Accepted


def test_a_spot_market_cannot_be_sold_short():
    broker = CCXTBackBroker(rules=True, markets=MARKETS)
    heard = play(broker, {2: buy(size=1), 4: sell(size=1.5)})
    assert heard.strategy.position.size == 1
    assert heard.orders[-1].status == ORDER.Rejected
    assert heard.orders[-1].info.reason == "insufficient_base"
    assert heard.orders[-1].info.refusal == (
        "a spot market cannot be sold short: 1 held, 1.5 to be sold"
    )


def test_a_swap_market_can_be_sold_short():
    markets = {"BTC/USDT": dataclasses.replace(BTC, type="swap")}
    heard = play(CCXTBackBroker(rules=True, markets=markets), {2: sell(size=1)})
    assert heard.strategy.position.size == -1


def test_a_refused_exit_keeps_the_whole_bracket_out():
    broker = CCXTBackBroker(rules=True, markets=MARKETS)
    script = {2: lambda s: s.buy_bracket(size=0.101, price=100.0, stopprice=90.0, limitprice=110.0)}
    heard = play(broker, script)
    assert [(o.getstatusname(), o.info.reason) for o in heard.orders] == [
        ("Rejected", "cost_limit"),
        ("Rejected", "bracket"),
        ("Rejected", "bracket"),
    ]
    assert not heard.strategy.position


def test_a_refused_entry_takes_its_exits_along():
    broker = CCXTBackBroker(rules=True, markets=MARKETS)
    script = {
        2: lambda s: s.buy_bracket(size=0.0001, price=100.0, stopprice=99.0, limitprice=110.0)
    }
    heard = play(broker, script)
    assert [o.info.reason for o in heard.orders] == ["amount_step", "bracket", "bracket"]


def test_a_late_exit_that_is_refused_leaves_the_entry_alone():
    def protect(strategy):
        strategy.sell(size=0.0001, parent=strategy.entry)

    def enter(strategy):
        strategy.entry = strategy.buy(size=1)

    heard = play(CCXTBackBroker(rules=True, markets=MARKETS), {2: enter, 4: protect})
    assert heard.orders[-1].info.reason == "amount_step"
    assert heard.strategy.position.size == 1


def test_history_is_not_held_to_rules():
    cerebro = bt.Cerebro(stdstats=False)
    cerebro.add_order_history([["2024-01-01T05:00:00", 0.00001, 100.0]])
    heard = play(CCXTBackBroker(rules=True, markets=MARKETS), {}, cerebro=cerebro)
    assert only_fill(heard).size == 0.00001


# Wiring


def test_unknown_markets_stop_the_start():
    with pytest.raises(ConfigError, match='no market "ETH/USDT"'):
        play(CCXTBackBroker(rules=True, markets=MARKETS), {}, names=("ETH/USDT",))


def test_unknown_fees_stop_the_start_unless_given():
    markets = {"BTC/USDT": dataclasses.replace(BTC, maker=None)}
    with pytest.raises(ConfigError, match='the fees of "BTC/USDT" are unknown'):
        play(CCXTBackBroker(markets=markets), {})
    play(CCXTBackBroker(markets=markets, commission=0.001), {})


def test_markets_that_are_not_needed_are_not_asked_for():
    broker = CCXTBackBroker(markets=MARKETS, commission=0.001, fractional=True)
    heard = play(broker, {2: buy(size=1)}, names=("ETH/USDT",))
    assert only_fill(heard).comm == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rules": True}, "give store= or markets="),
        ({"half_spread_bps": 1, "slip_perc": 0.1}, "give one kind"),
        ({"slippage": {"bps": 1}, "slip_fixed": 0.1}, "give one kind"),
        ({"commission": True}, "commission was True"),
    ],
)
def test_contradictions_are_config_errors(options, message):
    with pytest.raises(ConfigError, match=message):
        CCXTBackBroker(**options)


def test_contradictions_made_later_stop_the_start():
    broker = CCXTBackBroker(slippage={"bps": 1})
    broker.set_slippage_perc(0.1)
    with pytest.raises(ConfigError, match="give one kind"):
        play(broker, {})


def test_an_unknown_argument_is_a_type_error():
    with pytest.raises(TypeError, match="cahs"):
        CCXTBackBroker(cahs=1)


class ConnectedStore:
    def market(self, symbol):
        return BTC

    def __reduce__(self):
        raise TypeError("a connection cannot be pickled")


def test_a_pickled_broker_knows_the_markets_and_has_no_connection():
    broker = CCXTBackBroker(rules=True, store=ConnectedStore(), fractional=True)
    cerebro = bt.Cerebro(stdstats=False)
    cerebro.setbroker(broker)
    cerebro.adddata(make_feed(FLAT), name="BTC/USDT")
    (feed,) = cerebro.datas
    twin = pickle.loads(pickle.dumps(broker))  # noqa: S301
    assert twin.p.store is None
    assert broker.p.store is not None
    assert twin._directory.of(feed) == BTC


class Buyer(bt.Strategy):
    params: Any = (("size", 1.0),)

    def next(self):
        if len(self) == 2:
            self.order = self.buy(size=self.p.size)


class Spent(bt.Analyzer):
    def stop(self):
        fees = self.strategy.broker.costs.fees
        self.rets = {"fees": pytest.approx(fees), "held": self.strategy.position.size}


def test_an_optimization_in_processes_needs_no_connection():
    cerebro = bt.Cerebro(maxcpus=2)
    cerebro.setbroker(CCXTBackBroker(rules=True, store=ConnectedStore(), fractional=True))
    cerebro.adddata(make_feed(FLAT), name="BTC/USDT")
    cerebro.addanalyzer(Spent)
    cerebro.optstrategy(Buyer, size=[0.5, 1.5009])
    found = [run[0].analyzers.spent.get_analysis() for run in cerebro.run()]
    assert found == [{"fees": 0.1, "held": 0.5}, {"fees": 0.3, "held": 1.5}]


def test_a_comminfo_object_is_used_as_it_is():
    broker = CCXTBackBroker(commission=CCXTCommissionInfo(maker=0.001, taker=0.003))
    assert only_fill(play(broker, {2: buy(size=1)})).comm == pytest.approx(0.3)
