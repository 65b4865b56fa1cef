import random

import pytest
from backtrader.position import Position

from cracktrader.brokers.dust import DustlessPosition
from cracktrader.brokers.fast_fills import moved, pseudo_update, trial_of
from cracktrader.brokers.fast_value import Deferred

SIZES = [0, 1, -1, 2.0, -2.0, 0.1, -0.3, 1e-17, float("nan")]


@pytest.mark.parametrize("held", SIZES)
@pytest.mark.parametrize("size", SIZES)
def test_a_position_moves_as_backtraders(held, size):
    expected = Position(held, 10.0).update(size, 12.5)
    assert repr(moved(held, 10.0 if held else 0.0, size, 12.5)) == repr(expected)


def test_random_positions_move_as_backtraders():
    rng = random.Random(1)  # noqa: S311
    theirs, trial = Position(), trial_of(Position())
    for _ in range(2_000):
        size, price = rng.choice((-2, -1, 0.1, 0.2, 3, 0.7)), rng.uniform(1, 100)
        assert trial.update(size, price) == theirs.update(size, price)


@pytest.mark.parametrize("make", [Position, DustlessPosition])
def test_trying_changes_nothing(make):
    position = make(2.0, 10.0)
    trial_of(position).update(-1.0, 12.0)
    assert pseudo_update(position, -3.0, 11.0) == (-1.0, 11.0, -1.0, -2.0)
    assert (position.size, position.price) == (2.0, 10.0)


def test_dust_is_executed_with_the_rest():
    position = DustlessPosition(0.1 + 0.2, 10.0)
    assert pseudo_update(position, -0.3, 11.0)[0] == 0
    trial = trial_of(position)
    assert type(trial) is DustlessPosition
    assert not isinstance(trial, Deferred)
    assert trial.update(-0.3, 11.0)[0] == 0


def test_a_position_of_an_unknown_class_is_moved_by_itself():
    class Doubling(Position):
        def update(self, size, price, dt=None):
            return super().update(2 * size, price, dt)

        def clone(self):
            return Doubling(self.size, self.price)

        def pseudoupdate(self, size, price):
            return self.clone().update(size, price)

    position = Doubling(1, 10.0)
    assert trial_of(position).update(1, 10.0)[0] == 3
    assert pseudo_update(position, 1, 10.0)[0] == 3
