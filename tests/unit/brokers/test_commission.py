import dataclasses
from decimal import Decimal

import backtrader as bt
import pytest
from tests.unit.brokers.stage import BTC, make_feed, play

from cracktrader.brokers.commission import CCXTCommissionInfo, make_comminfo
from cracktrader.errors import ConfigError, UnsupportedError


def test_maker_and_taker():
    scheme = CCXTCommissionInfo(maker=0.001, taker=0.002)
    assert scheme.getcommission(2, 100.0) == 0.4
    assert scheme.maker_side.getcommission(-2, 100.0) == 0.2
    assert scheme.maker_side is scheme.maker_side


@pytest.mark.parametrize(
    ("given", "maker", "taker"),
    [
        ({}, 0.0, 0.0),
        ({"commission": 0.003}, 0.003, 0.003),
        ({"taker": 0.003}, 0.003, 0.003),
        ({"maker": 0.001}, 0.001, 0.001),
        ({"commission": 0.003, "maker": -0.0001}, -0.0001, 0.003),
    ],
)
def test_a_fee_not_given_equals_the_other(given, maker, taker):
    scheme = CCXTCommissionInfo(**given)
    assert (scheme.p.maker, scheme.p.taker, scheme.p.commission) == (maker, taker, taker)


def test_percent_mistaken_for_fractions_are_refused():
    with pytest.raises(ConfigError, match=r"taker fee was 2; give a fraction: 0.001 is 0.1 %"):
        CCXTCommissionInfo(maker=0.1, taker=2)


def test_the_maker_side_keeps_everything_else():
    scheme = CCXTCommissionInfo(maker=0.0, taker=0.1, leverage=3.0, mult=0.01)
    assert scheme.maker_side.getcommission(1, 1.0) == 0
    assert scheme.maker_side.get_leverage() == 3.0
    assert scheme.maker_side.p.mult == 0.01


def test_sizes_are_fractional_and_leveraged():
    assert CCXTCommissionInfo().getsize(60_000.0, 6_000.0) == 0.1
    assert CCXTCommissionInfo(leverage=5.0, mult=0.1).getsize(60_000.0, 6_000.0) == 5.0


def test_contracts_are_worth_their_size():
    scheme = CCXTCommissionInfo(commission=0.001, mult=0.01)
    assert scheme.getvaluesize(-5, 100.0) == -5
    assert scheme.getoperationcost(-5, 100.0) == 5
    assert scheme.getcommission(5, 100.0) == 0.005
    assert scheme.getvalue(bt.Position(-5, 100.0), 90.0) == -5.5
    assert scheme.profitandloss(5, 100.0, 110.0) == 0.5


def test_a_fixed_margin_works_as_in_backtrader():
    scheme = CCXTCommissionInfo(commission=0.001, stocklike=False, margin=200.0, mult=10.0)
    theirs = bt.CommInfoBase(
        commission=0.001, stocklike=False, margin=200.0, mult=10.0, percabs=True, commtype=0
    )
    for name in ("getvaluesize", "getoperationcost", "getcommission"):
        assert getattr(scheme, name)(3, 50.0) == getattr(theirs, name)(3, 50.0)
    assert scheme.getsize(50.0, 500.0) == 2.5


@pytest.mark.parametrize("leverage", [1.0, 5.0])
@pytest.mark.parametrize("side", [1, -1])
def test_a_leveraged_swap_gains_and_loses_what_its_notional_does(side, leverage):
    scheme = CCXTCommissionInfo(leverage=leverage, mult=0.1)
    bars = [(100.0,) * 4] * 4 + [(110.0,) * 4] * 4
    broker = bt.brokers.BackBroker(cash=1_000.0, shortcash=False)
    broker.addcommissioninfo(scheme)
    heard = play(broker, {1: lambda s: (s.buy if side == 1 else s.sell)(size=20)}, bars=bars)
    cash, value = heard.account[2]
    assert cash == pytest.approx(1_000 - 200 / leverage)
    assert value == pytest.approx(1_000)
    assert heard.account[-1][1] == pytest.approx(1_000 + side * 20)


def test_a_markets_own_fees():
    scheme = CCXTCommissionInfo.from_market(BTC, leverage=2.0)
    assert (scheme.p.maker, scheme.p.taker, scheme.p.leverage) == (0.001, 0.002, 2.0)


def test_a_market_without_fees_is_refused():
    with pytest.raises(ConfigError, match='the fees of "BTC/USDT" are unknown'):
        CCXTCommissionInfo.from_market(dataclasses.replace(BTC, taker=None))


def test_inverse_contracts_are_refused():
    inverse = dataclasses.replace(BTC, type="swap", is_linear=False, contract_size=Decimal(100))
    with pytest.raises(UnsupportedError, match="inverse"):
        CCXTCommissionInfo.from_market(inverse)


def test_presets_by_name():
    scheme = CCXTCommissionInfo.preset("okx", leverage=3.0)
    assert (scheme.p.maker, scheme.p.taker, scheme.p.leverage) == (0.0008, 0.001, 3.0)


def test_what_a_commission_may_be():
    given = bt.CommInfoBase()
    assert make_comminfo(given) is given
    assert make_comminfo("binance", instrument_type="swap").p.taker == 0.0005
    assert make_comminfo(0.25, leverage=2.0).p.maker == 0.25
    for nonsense in (True, None, []):
        with pytest.raises(ConfigError, match="commission was"):
            make_comminfo(nonsense)


def test_a_plain_backtrader_broker_takes_it():
    cerebro = bt.Cerebro()
    cerebro.broker.addcommissioninfo(CCXTCommissionInfo(taker=0.01))
    cerebro.adddata(make_feed([(100.0,) * 4] * 5))
    cerebro.addstrategy(type("Buyer", (bt.Strategy,), {"next": lambda s: s.position or s.buy()}))
    cerebro.run()
    assert cerebro.broker.getvalue() == pytest.approx(9_999)
