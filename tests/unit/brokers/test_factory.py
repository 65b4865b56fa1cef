import pytest
from tests.unit.brokers.stage import BTC, play

from cracktrader.brokers.backtest import CCXTBackBroker
from cracktrader.brokers.factory import BrokerFactory
from cracktrader.errors import ConfigError, UnsupportedError


class Store:
    def market(self, symbol):
        return BTC


def buy(strategy):
    strategy.order = strategy.order_target_percent(target=0.0555555)


@pytest.mark.parametrize("mode", ["backtest", "back"])
def test_backtests_get_a_fractional_back_broker(mode):
    broker = BrokerFactory.create(mode, cash=5_000.0)
    assert isinstance(broker, CCXTBackBroker)
    assert (broker.getcash(), broker.p.fractional) == (5_000.0, True)
    assert play(broker, {2: buy}).strategy.position.size == pytest.approx(2.777775)


def test_a_store_brings_the_markets_fees_but_not_its_rules():
    heard = play(BrokerFactory.create(store=Store()), {2: buy})
    (fill,) = heard.fills()
    assert fill.size == pytest.approx(5.55555)
    assert fill.comm == pytest.approx(1.11111)
    assert (fill.spread, fill.slippage) == (0, 0)


def test_exchange_realism_is_fees_spread_slippage_and_rules():
    heard = play(BrokerFactory.create(store=Store(), realism="exchange"), {2: buy})
    (fill,) = heard.fills()
    assert fill.size == 5.555
    assert fill.price == pytest.approx(100.03)
    assert fill.comm == pytest.approx(5.555 * 100.03 * 0.002)
    assert fill.spread == pytest.approx(0.05555)
    assert fill.slippage == pytest.approx(0.1111)


def test_options_win_over_realism():
    broker = BrokerFactory.create(
        realism="exchange", markets={"BTC/USDT": BTC}, half_spread_bps=0.0, slippage=None
    )
    (fill,) = play(broker, {2: buy}).fills()
    assert fill.price == 100.0


def test_parts_of_realism():
    broker = BrokerFactory.create(realism={"slippage": {"model": "fixed_bps", "bps": 10.0}})
    (fill,) = play(broker, {2: buy}).fills()
    assert fill.price == pytest.approx(100.1)


def test_slip_perc_slips_opening_prices():
    bars = [(100.0, 105.0, 95.0, 100.0)] * 5
    (fill,) = play(BrokerFactory.create(slip_perc=0.01), {2: buy}, bars=bars).fills()
    assert fill.price == 101.0
    (fill,) = play(
        BrokerFactory.create(slip_perc=0.01, slip_open=False), {2: buy}, bars=bars
    ).fills()
    assert fill.price == 100.0


def test_leverage_locks_margin_for_shorts():
    broker = BrokerFactory.create(commission=0.0, leverage=5.0)
    heard = play(broker, {2: lambda s: s.sell(size=100)})
    assert broker.getcash() == 8_000
    assert heard.strategy.position.size == -100
    assert BrokerFactory.create(leverage=5.0, shortcash=True).p.shortcash


@pytest.mark.parametrize("mode", ["paper", "forward"])
def test_paper_is_refused_not_imitated(mode):
    with pytest.raises(UnsupportedError, match=f'mode "{mode}" is not available in this version'):
        BrokerFactory.create(mode)


@pytest.mark.parametrize("mode", ["live", "sandbox"])
def test_real_modes_need_a_store_and_are_refused_not_imitated(mode):
    with pytest.raises(ValueError, match=f'mode "{mode}" needs a store'):
        BrokerFactory.create(mode)
    with pytest.raises(UnsupportedError, match=f'mode "{mode}" is not available'):
        BrokerFactory.create(mode, Store())


def test_an_unknown_mode_says_what_is_possible():
    with pytest.raises(
        ValueError, match=r'mode was "backtst"; use "backtest"\. Did you mean "backtest"'
    ):
        BrokerFactory.create("backtst")


@pytest.mark.parametrize("cash", [-1, float("nan"), float("inf"), "10000"])
def test_cash_that_is_none_is_refused(cash):
    with pytest.raises(ConfigError, match="cash was"):
        BrokerFactory.create(cash=cash)


def test_an_unknown_option_says_what_was_meant():
    with pytest.raises(ConfigError, match=r'no option "checksumbit"\. Did you mean "checksubmit"'):
        BrokerFactory.create(checksumbit=False)


def test_exchange_realism_without_markets_is_refused():
    with pytest.raises(ConfigError, match="needs to know the markets"):
        BrokerFactory.create(realism="exchange")


def test_a_preset_by_name():
    (fill,) = play(BrokerFactory.create(commission="kraken"), {2: buy}).fills()
    assert fill.comm == pytest.approx(555.555 * 0.004)
