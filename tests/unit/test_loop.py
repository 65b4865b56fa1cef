import asyncio
import threading

import pytest

from cracktrader.loop import LoopThread


@pytest.fixture
def loop():
    thread = LoopThread()
    yield thread
    thread.close()


async def echo(value):
    return value


def test_call_returns_the_result(loop):
    assert loop.call(echo(42), timeout_s=1) == 42


def test_call_raises_what_the_coroutine_raised(loop):
    async def fail():
        raise LookupError("gone")

    with pytest.raises(LookupError, match="gone"):
        loop.call(fail(), timeout_s=1)


def test_a_late_coroutine_is_cancelled(loop):
    cancelled = threading.Event()

    async def forever():
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    with pytest.raises(TimeoutError, match=r"0\.01 s"):
        loop.call(forever(), timeout_s=0.01)
    assert cancelled.wait(1)


def test_calling_from_the_loop_itself_is_refused(loop):
    async def nested():
        return loop.call(echo(1), timeout_s=1)

    with pytest.raises(RuntimeError, match="deadlock"):
        loop.call(nested(), timeout_s=1)


def test_close_cancels_what_still_runs_and_may_be_repeated():
    loop = LoopThread()
    future = loop.submit(asyncio.Event().wait())
    loop.close()
    loop.close()
    assert future.cancelled()
