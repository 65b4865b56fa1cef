import time

from cracktrader.domain.clock import SystemClock
from cracktrader.testing.clock import ManualClock


def test_the_system_clock_reads_utc_milliseconds():
    assert abs(SystemClock().time_ms() - time.time() * 1000) < 5_000  # noqa: TID251
    before = SystemClock().monotonic_s()
    assert SystemClock().monotonic_s() >= before


def test_a_manual_clock_moves_only_when_told():
    clock = ManualClock(5)
    assert (clock.time_ms(), clock.monotonic_s()) == (5, 0.0)
    clock.advance(1_500)
    assert (clock.time_ms(), clock.monotonic_s()) == (1_505, 1.5)
