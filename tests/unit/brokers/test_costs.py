from types import SimpleNamespace

import pytest

from cracktrader.brokers.costs import CostTotals, TakerCosts
from cracktrader.errors import ConfigError


def test_nothing_given_costs_nothing():
    assert TakerCosts.parse(None, 0.0).rate == 0


def test_both_costs_add_up():
    costs = TakerCosts.parse({"model": "fixed_bps", "bps": 10}, 5)
    assert costs.rate == 0.0015
    assert costs.worsen(100.0, sign=1, limit=None, bar_bound=100.0) == pytest.approx(100.15)
    assert costs.worsen(100.0, sign=-1, limit=None, bar_bound=100.0) == pytest.approx(99.85)


@pytest.mark.parametrize(("sign", "limit", "price"), [(1, 100.1, 100.1), (-1, 99.9, 99.9)])
def test_a_limit_is_never_crossed(sign, limit, price):
    costs = TakerCosts(slippage_bps=100)
    assert costs.worsen(100.0, sign=sign, limit=limit, bar_bound=0.0) == price


def test_a_capped_price_is_never_better_than_without_costs():
    costs = TakerCosts(slippage_bps=10, within_bar=True)
    assert costs.worsen(100.0, sign=1, limit=None, bar_bound=98.0) == 100.0
    assert costs.worsen(100.0, sign=-1, limit=None, bar_bound=102.0) == 100.0


@pytest.mark.parametrize(
    ("price", "spread", "slippage"),
    [(100.15, 0.05, 0.10), (99.85, -0.05, -0.10), (100.03, 0.03, 0.0), (100.0, 0.0, 0.0)],
)
def test_what_was_paid_is_spread_first(price, spread, slippage):
    costs = TakerCosts(slippage_bps=10, half_spread_bps=5)
    assert costs.split(price=price, reference=100.0) == pytest.approx((spread, slippage))


@pytest.mark.parametrize(
    ("slippage", "half_spread", "message"),
    [
        ({"bsp": 1}, 0, 'slippage has no "bsp"; use bps, model, within_bar'),
        ({"model": "volume"}, 0, 'slippage model was "volume"'),
        ({"bps": "ten"}, 0, 'slippage bps was "ten"'),
        ({"bps": True}, 0, 'slippage bps was "True"'),
        ({"bps": -1}, 0, "slippage_bps was -1"),
        ({"bps": float("nan")}, 0, "slippage_bps was nan"),
        (None, 10_000, "half_spread_bps was 10000"),
    ],
)
def test_nonsense_is_a_config_error(slippage, half_spread, message):
    with pytest.raises(ConfigError, match=message):
        TakerCosts.parse(slippage, half_spread)


def test_totals_add_up():
    totals = CostTotals()
    for is_maker in (True, False):
        totals.add(SimpleNamespace(comm=1.0, spread=0.25, slippage=0.5, is_maker=is_maker))
    assert totals == CostTotals(fees=2.0, spread=0.5, slippage=1.0, fills=2, maker_fills=1)
