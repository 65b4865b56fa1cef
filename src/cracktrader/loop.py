"""The one thread that runs asyncio.

Backtrader is synchronous and CCXT is not. Everything asynchronous lives on such a
thread; the rest of the program reaches it through `call` and `submit`, and hears back
through queues. Nothing else may start a thread or a loop. The context variables of the
caller (and so the context of its logs) go with each coroutine.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from collections.abc import Callable, Coroutine
from typing import TypeVar

T = TypeVar("T")


def _make_event_loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop  # noqa: PLC0415  (absent on Windows and PyPy)
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


class LoopThread:
    """An event loop on a thread of its own."""

    def __init__(
        self,
        name: str = "cracktrader-io",
        *,
        make_loop: Callable[[], asyncio.AbstractEventLoop] = _make_event_loop,
    ) -> None:
        self._loop = make_loop()
        self._closing = threading.Lock()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The event loop; only coroutines that run on it may use it."""
        return self._loop

    @property
    def is_current(self) -> bool:
        """Whether the caller runs on this very thread."""
        return threading.current_thread() is self._thread

    @property
    def is_closed(self) -> bool:
        """Whether nothing runs here: `close` has finished, or a fork left the thread behind."""
        return self._loop.is_closed() or not self._thread.is_alive()

    def submit(self, coro: Coroutine[object, object, T]) -> concurrent.futures.Future[T]:
        """Start *coro* on the loop and return at once.

        Raises:
            RuntimeError: if the loop is closed; *coro* is closed too.
        """
        if self.is_closed:
            coro.close()
            raise RuntimeError("the loop is closed, or belongs to the process that forked")
        try:
            return asyncio.run_coroutine_threadsafe(coro, self._loop)
        except RuntimeError:
            coro.close()
            raise

    def call(self, coro: Coroutine[object, object, T], *, timeout_s: float) -> T:
        """Run *coro* on the loop and wait for its result.

        Raises:
            TimeoutError: if it takes longer than *timeout_s*; the coroutine is cancelled.
            RuntimeError: if called on the loop's own thread, or after `close`.
        """
        if self.is_current:
            coro.close()
            raise RuntimeError("call() would deadlock on the loop thread; await instead")
        future = self.submit(coro)
        try:
            return future.result(timeout_s)
        except concurrent.futures.TimeoutError:
            if future.done():
                raise  # the coroutine's own TimeoutError
            future.cancel()
            raise TimeoutError(f"no result within {timeout_s} s") from None
        except BaseException:
            # Ctrl-C in the waiting thread must not leave the work running behind its back.
            future.cancel()
            raise

    def close(self) -> None:
        """Cancel whatever still runs, then stop the thread. Safe to call twice."""
        with self._closing:
            if self.is_closed:
                return
            self.submit(self._cancel_all()).result()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    async def _cancel_all(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await asyncio.get_running_loop().shutdown_asyncgens()
