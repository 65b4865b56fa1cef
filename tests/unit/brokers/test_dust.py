from types import SimpleNamespace

import backtrader as bt
import pytest
from backtrader.order import OrderExecutionBit

from cracktrader.brokers.dust import (
    DustlessOrderData,
    DustlessPosition,
    TradeSizes,
    fractional_size,
    with_fractional_sizes,
)


def test_rounding_left_over_is_flat():
    position = DustlessPosition()
    position.update(0.1, 10.0)
    position.update(0.2, 10.0)
    size, price, opened, closed = position.update(-0.3, 11.0)
    assert (size, price, opened) == (0, 0, 0)
    assert closed == -0.30000000000000004


def test_dust_is_measured_by_the_largest_size_held():
    position = DustlessPosition()
    for _ in range(10_000):
        position.update(0.1, 1.0)
    for _ in range(9_999):
        position.update(-0.1, 1.0)
    position.update(-0.1, 1.0)
    assert position.size == 0


def test_a_small_amount_after_a_large_one_was_closed_is_no_dust():
    position = DustlessPosition()
    for change in (1e6, -1e6, 1e-6):
        position.update(change, 1.0)
    position.update(-9e-7, 1.0)
    assert position.size == pytest.approx(1e-7)


def test_a_reversal_forgets_how_large_the_other_side_was():
    position = DustlessPosition(1e6, 1.0)
    position.update(-1e6 - 1e-3, 1.0)
    position.update(9.5e-4, 1.0)
    assert position.size == pytest.approx(-5e-5, rel=1e-3)


def test_less_than_can_be_traded_is_dust():
    position = DustlessPosition(1.0, 10.0, dust=0.005)
    position.update(-0.996, 10.0)
    assert position.size == 0


def test_trying_out_leaves_the_position_alone():
    position = DustlessPosition(0.1 + 0.2, 10.0)
    position.adjbase = 9.0
    assert position.pseudoupdate(-0.3, 10.0)[0] == 0
    twin = position.clone()
    assert (twin.size, twin.price, twin.adjbase) == (0.1 + 0.2, 10.0, 9.0)
    assert twin is not position


@pytest.mark.parametrize(("sizes", "left"), [((0.1, 0.7), 0), ((0.1, 0.69), 0.01)])
def test_an_order_is_complete_when_rounding_remains(sizes, left):
    executed = DustlessOrderData(remsize=0.8)
    for size in sizes:
        executed.addbit(OrderExecutionBit(size=size, price=1.0))
    assert executed.remsize == pytest.approx(left)
    assert (executed.remsize == 0) == (left == 0)


def test_schemes_size_in_fractions():
    assert with_fractional_sizes(bt.CommInfoBase(leverage=2.0)).getsize(60_000.0, 6_000.0) == 0.2
    futures = bt.CommInfoBase(margin=2_000.0, mult=10.0)
    assert fractional_size(futures, 60_000.0, 1_000.0) == 0.5
    assert futures.getsize(60_000.0, 1_000.0) == 0


def test_a_scheme_that_sizes_itself_is_left_alone():
    class Lots(bt.CommInfoBase):
        def getsize(self, price, cash):
            return 7

    lots = Lots()
    assert with_fractional_sizes(lots) is lots


def test_trades_are_summed_as_strategies_sum_them():
    sizes = TradeSizes()
    one = SimpleNamespace(p=SimpleNamespace(owner=None, data=None, tradeid=0))
    other = SimpleNamespace(p=SimpleNamespace(owner=None, data=None, tradeid=1))
    sizes.add(one, SimpleNamespace(closed=0, opened=0.1))
    sizes.add(one, SimpleNamespace(closed=-0.1, opened=-0.7))
    sizes.add(other, SimpleNamespace(closed=0, opened=2.0))
    assert (sizes.of(one), sizes.of(other)) == (-0.7, 2.0)
    sizes.add(other, SimpleNamespace(closed=-2.0, opened=0))
    assert sizes.of(other) == 0


def test_an_order_closes_its_own_trade_when_that_differs_from_the_position_by_rounding():
    position = DustlessPosition(0.1 + 0.2, 10.0)
    position.update(-0.1, 10.0)
    assert position.size != 0.2
    position.trade_size = 0.2
    assert position.update(-0.2, 10.0) == (0, 0, 0, -0.2)
