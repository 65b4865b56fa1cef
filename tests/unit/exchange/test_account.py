import asyncio

import pytest

from cracktrader.exchange.account import AccountLane
from cracktrader.exchange.call import Priority
from cracktrader.exchange.hosts import HostGate


async def test_closing_takes_everything_along_and_may_be_repeated(timeline):
    never = asyncio.Event()

    async def stuck(_):
        await never.wait()

    lane = AccountLane(
        "binance", rate_per_s=1, hosts=HostGate(timeline), clock=timeline, sleep=stuck
    )
    session = lane.wire.session()
    await lane.limiter.acquire(10, Priority.PUBLIC)
    waiting = asyncio.create_task(lane.limiter.acquire(1, Priority.PUBLIC))
    await asyncio.sleep(0)
    await lane.close()
    await lane.close()
    assert session.closed
    with pytest.raises(asyncio.CancelledError):
        await waiting
