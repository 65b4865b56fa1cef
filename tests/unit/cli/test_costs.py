import pytest

from cracktrader.cli.costs import USUAL_FEE, Costs, make_broker, read_commission, realism
from cracktrader.cli.exits import UsageError
from cracktrader.config import BacktestSettings
from cracktrader.errors import ConfigError

PLAIN = BacktestSettings()


def test_an_exchange_costs_what_is_usual_unless_said():
    assert realism(Costs(), PLAIN, has_markets=True) == {
        "rules": True,
        "half_spread_bps": 1.0,
        "slippage": {"model": "fixed_bps", "bps": 2.0},
    }


def test_a_file_has_no_market_rules():
    assert realism(Costs(), PLAIN, has_markets=False)["rules"] is False


@pytest.mark.parametrize(
    ("costs", "settings"), [(Costs(ideal=True), PLAIN), (Costs(), BacktestSettings(realism="none"))]
)
def test_ideal_fills_cost_nothing_but_the_fee(costs, settings):
    assert realism(costs, settings, has_markets=True) == {
        "rules": False,
        "half_spread_bps": 0.0,
        "slippage": {"model": "fixed_bps", "bps": 0.0},
    }


def test_what_the_command_says_comes_before_the_settings():
    settings = BacktestSettings(slip_perc=0.001)
    assert realism(Costs(), settings, has_markets=True)["slippage"]["bps"] == 10
    costs = Costs(slippage_bps=0.0, spread_bps=4.0, ideal=True)
    found = realism(costs, settings, has_markets=True)
    assert found["slippage"]["bps"] == 0
    assert found["half_spread_bps"] == 2.0


def test_the_settings_may_ask_for_single_parts():
    parts = {"half_spread_bps": 3.0, "slippage": {"bps": 7.0, "within_bar": True}}
    assert realism(Costs(), BacktestSettings(realism=parts), has_markets=True) == {
        "rules": False,
        "half_spread_bps": 3.0,
        "slippage": {"model": "fixed_bps", "bps": 7.0, "within_bar": True},
    }


def test_a_part_that_does_not_exist_is_refused():
    settings = BacktestSettings(realism={"half_sread_bps": 3.0})
    with pytest.raises(ConfigError, match='Did you mean "half_spread_bps"'):
        realism(Costs(), settings, has_markets=True)


@pytest.mark.parametrize(
    ("given", "settled", "expected"),
    [
        (None, None, None),
        (None, 0.002, 0.002),
        ("0.001", 0.002, 0.001),
        ("kraken", 0.002, "kraken"),
    ],
)
def test_a_commission_is_a_fraction_or_a_preset(given, settled, expected):
    assert read_commission(given, settled) == expected


def test_without_a_market_the_fee_is_the_usual_one():
    broker = make_broker(Costs(), PLAIN, store=None, fallback_fee=USUAL_FEE)
    assert broker.p.cash == 10_000
    assert broker.p.commission.p.taker == 0.001


def test_cash_comes_from_the_command_or_the_settings():
    settings = BacktestSettings(cash=5.0)
    assert make_broker(Costs(), settings, store=None, fallback_fee=0.0).p.cash == 5.0
    assert make_broker(Costs(cash=7.0), settings, store=None, fallback_fee=0.0).p.cash == 7.0


@pytest.mark.parametrize(
    ("costs", "hint"),
    [
        (Costs(cash=0.0), "--cash was 0"),
        (Costs(commission="krakn"), 'Did you mean "kraken"'),
        (Costs(commission="2"), "0.001 is 0.1 %"),
        (Costs(slippage_bps=-1.0), "slippage_bps was -1"),
        (Costs(spread_bps=-1.0), "half_spread_bps was -0.5"),
    ],
)
def test_nonsense_is_wrong_usage(costs, hint):
    with pytest.raises(UsageError, match=hint):
        make_broker(costs, PLAIN, store=None, fallback_fee=0.0)
