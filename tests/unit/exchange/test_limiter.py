import asyncio
import contextlib
import itertools
import math
from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.exchange.conftest import Timeline

from cracktrader.exchange.call import Priority
from cracktrader.exchange.limiter import RateLimiter


def make(timeline, rate=10.0, **more):
    return RateLimiter(rate_per_s=rate, clock=timeline, sleep=timeline.sleep, **more)


async def test_the_first_call_leaves_at_once(timeline):
    await make(timeline).acquire(5, Priority.PUBLIC)
    assert timeline.slept == []


async def test_the_next_call_waits_until_the_last_is_paid_off(timeline):
    limiter = make(timeline, rate=10.0)
    await limiter.acquire(6, Priority.PUBLIC)
    await limiter.acquire(1, Priority.PUBLIC)
    assert sum(timeline.slept) == pytest.approx(0.5)  # 6, less the 1 saved up, at 10 per second


async def test_what_was_saved_up_is_bounded_by_the_burst(timeline):
    limiter = make(timeline, rate=10.0, burst=3.0)
    timeline.advance(3_600_000)
    for _ in range(4):
        await limiter.acquire(1, Priority.PUBLIC)
    assert timeline.slept == []
    await limiter.acquire(1, Priority.PUBLIC)
    assert sum(timeline.slept) == pytest.approx(0.1)


async def test_no_limit_never_waits(timeline):
    limiter = make(timeline, rate=math.inf)
    for _ in range(100):
        await limiter.acquire(1000, Priority.DOWNLOAD)
    assert timeline.slept == []


async def test_a_cancel_overtakes_what_already_waits(timeline):
    limiter = make(timeline)
    left = []

    async def call(name, priority):
        await limiter.acquire(1, priority)
        left.append(name)

    await limiter.acquire(10, Priority.PUBLIC)
    async with asyncio.TaskGroup() as group:
        for number in range(5):
            group.create_task(call(f"page {number}", Priority.DOWNLOAD))
        await asyncio.sleep(0)
        assert limiter.waiting == 5
        group.create_task(call("create", Priority.CREATE))
        group.create_task(call("cancel", Priority.CANCEL))
    assert left == ["cancel", "create", *(f"page {number}" for number in range(5))]


async def test_a_caller_who_gave_up_costs_nothing(timeline):
    limiter = make(timeline, rate=1.0)
    await limiter.acquire(10, Priority.PUBLIC)
    gone = asyncio.create_task(limiter.acquire(1000, Priority.PUBLIC))
    await asyncio.sleep(0)
    gone.cancel()
    await limiter.acquire(1, Priority.PUBLIC)
    assert sum(timeline.slept) == pytest.approx(9.0)
    assert gone.cancelled()


async def test_closing_cancels_those_who_wait():
    never = asyncio.Event()

    async def stuck(_):
        await never.wait()

    limiter = RateLimiter(rate_per_s=1, clock=Timeline(), sleep=stuck)
    await limiter.acquire(10, Priority.PUBLIC)
    waiting = asyncio.create_task(limiter.acquire(1, Priority.PUBLIC))
    await asyncio.sleep(0)
    await limiter.close()
    with contextlib.suppress(asyncio.CancelledError):
        await waiting
    assert waiting.cancelled()
    await limiter.close()


async def test_closing_before_any_call_is_fine(timeline):
    await make(timeline).close()


@pytest.mark.parametrize("rate", [0.0, -1.0])
def test_a_rate_must_be_positive(timeline, rate):
    with pytest.raises(ValueError, match="above 0"):
        make(timeline, rate=rate)


calls = st.tuples(st.sampled_from(Priority), st.integers(1, 50), st.integers(0, 3000))


@given(st.lists(calls, min_size=1, max_size=40), st.sampled_from([0.5, 1.0, 20.0, 400.0]))
def test_the_rate_is_kept_and_nobody_urgent_waits_behind_others(plan, rate):
    left = asyncio.run(Traffic(plan, rate).pass_by())  # noqa: TID251  (hypothesis is synchronous)
    assert len(left) == len(plan)
    for first in range(len(left)):
        spent = 0.0
        for at_s, cost in left[first:]:
            # All but the last call of any span must have been paid for, less one burst.
            assert spent <= rate * (at_s - left[first][0]) + 1.0 + 1e-6
            spent += cost


class Traffic:
    """Calls that arrive by plan, most of them while the limiter sleeps."""

    def __init__(self, plan, rate):
        self.timeline = Timeline()
        self.limiter = RateLimiter(rate_per_s=rate, clock=self.timeline, sleep=self.sleep)
        arrives_ms = itertools.accumulate(pause_ms for *_, pause_ms in plan)
        self.plan = deque(
            (at_ms, number, priority, cost)
            for number, (at_ms, (priority, cost, _)) in enumerate(
                zip(arrives_ms, plan, strict=True)
            )
        )
        self.waiting, self.left = set(), []

    async def pass_by(self):
        async with asyncio.TaskGroup() as self.group:
            while self.plan:
                await asyncio.sleep(0)
                if self.limiter.waiting == 0:
                    await asyncio.sleep(0)
                    await asyncio.sleep(0)
                    await self.advance_to(self.plan[0][0] if self.plan else 0)
        return self.left

    async def sleep(self, seconds):
        await self.advance_to(self.now_ms() + math.ceil(seconds * 1000))

    async def advance_to(self, end_ms):
        while self.plan and self.plan[0][0] <= end_ms:
            at_ms, *arrival = self.plan.popleft()
            self.timeline.advance(max(at_ms - self.now_ms(), 0))
            self.group.create_task(self.call(*arrival))
            for _ in range(4):  # it queues, is let through and leaves before time moves on
                await asyncio.sleep(0)
        self.timeline.advance(max(end_ms - self.now_ms(), 0))

    def now_ms(self):
        return round(self.timeline.monotonic_s() * 1000)

    async def call(self, number, priority, cost):
        mine = (priority, number)
        self.waiting.add(mine)
        await self.limiter.acquire(cost, priority)
        self.waiting.remove(mine)
        assert all(mine < other for other in self.waiting)
        self.left.append((self.timeline.monotonic_s(), cost))
