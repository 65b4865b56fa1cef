import asyncio
import contextvars
import multiprocessing
import os
import sys
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


def test_the_callers_context_goes_along(loop):
    variable = contextvars.ContextVar("variable", default="nobody")
    variable.set("caller")

    async def read():
        await asyncio.sleep(0)
        return variable.get()

    assert loop.call(read(), timeout_s=1) == "caller"


def test_a_timeout_raised_inside_is_not_mistaken_for_ours(loop):
    async def fail():
        raise TimeoutError("the exchange's own")

    with pytest.raises(TimeoutError, match="exchange's own"):
        loop.call(fail(), timeout_s=1)


@pytest.mark.parametrize("way", ["submit", "call"])
def test_a_closed_loop_refuses_work(way):
    loop = LoopThread()
    loop.close()
    assert loop.is_closed
    with pytest.raises(RuntimeError, match="closed"):
        loop.submit(echo(1)) if way == "submit" else loop.call(echo(1), timeout_s=1)


def test_it_knows_its_own_thread(loop):
    async def ask():
        return loop.is_current, asyncio.get_running_loop() is loop.loop

    assert loop.call(ask(), timeout_s=1) == (True, True)
    assert not loop.is_current


def test_an_interrupt_while_waiting_cancels_the_work(loop, monkeypatch):
    cancelled = threading.Event()

    async def forever():
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    def interrupted(_future, _timeout=None):
        raise KeyboardInterrupt

    monkeypatch.setattr("concurrent.futures.Future.result", interrupted)
    with pytest.raises(KeyboardInterrupt):
        loop.call(forever(), timeout_s=1)
    monkeypatch.undo()
    assert cancelled.wait(1)


def test_without_uvloop_the_standard_loop_serves(monkeypatch):
    monkeypatch.setitem(sys.modules, "uvloop", None)
    loop = LoopThread()
    try:
        assert loop.call(echo(1), timeout_s=1) == 1
    finally:
        loop.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_forked_process_is_told_that_the_thread_stayed_behind(loop):
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)

    def ask():
        loop.close()  # hangs on nothing
        try:
            loop.call(echo(1), timeout_s=5)
        except RuntimeError as exc:
            sender.send((loop.is_closed, str(exc)))

    child = context.Process(target=ask)
    child.start()
    try:
        assert receiver.poll(20)
        closed, reason = receiver.recv()
        assert closed
        assert "forked" in reason
    finally:
        child.kill()
        child.join()
    assert loop.call(echo(1), timeout_s=5) == 1
