import pytest

from cracktrader.errors import ConfigError
from cracktrader.simulator.clock import VirtualClock
from cracktrader.testing.clock import ManualClock


@pytest.fixture
def real():
    return ManualClock()


def test_it_runs_as_fast_as_asked(real):
    clock = VirtualClock(1_000_000, speed=60, source=real)
    real.advance(1_500)
    assert clock.time_ms() == 1_090_000
    assert clock.monotonic_s() == 90.0


def test_a_change_of_speed_counts_from_now_on(real):
    clock = VirtualClock(0, source=real)
    real.advance(1_000)
    clock.speed = 10
    real.advance(1_000)
    assert (clock.time_ms(), clock.speed) == (11_000, 10)


def test_it_stands_still_while_paused(real):
    clock = VirtualClock(0, source=real)
    real.advance(500)
    clock.pause()
    real.advance(60_000)
    assert (clock.time_ms(), clock.is_paused) == (500, True)
    clock.resume()
    real.advance(500)
    assert (clock.time_ms(), clock.is_paused) == (1_000, False)


@pytest.mark.parametrize("is_paused", [True, False])
def test_a_step_moves_it_ahead(real, is_paused):
    clock = VirtualClock(5_000, is_paused=is_paused, source=real)
    assert clock.step(60_000) == 65_000
    assert clock.time_ms() == 65_000


def test_a_jump_goes_to_a_moment(real):
    clock = VirtualClock(5_000, source=real)
    clock.jump(9_000)
    real.advance(1)
    assert clock.time_ms() == 9_001


def test_it_never_goes_back(real):
    clock = VirtualClock(5_000, source=real)
    with pytest.raises(ValueError, match="never goes back"):
        clock.jump(4_999)
    with pytest.raises(ValueError, match="-1 ms"):
        clock.step(-1)
    assert clock.time_ms() == 5_000


@pytest.mark.parametrize("speed", [0, 0.99, 10_001, -1, float("nan")])
def test_a_speed_out_of_range_is_refused(real, speed):
    with pytest.raises(ConfigError, match="use 1 to 10000"):
        VirtualClock(0, speed=speed, source=real)
    clock = VirtualClock(0, source=real)
    with pytest.raises(ConfigError):
        clock.speed = speed


def test_without_a_source_real_time_passes():
    clock = VirtualClock(0, speed=10_000)
    before = clock.time_ms()
    while clock.time_ms() == before:
        pass
    assert clock.time_ms() > before
