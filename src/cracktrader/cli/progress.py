"""Shows how far a long job is: bars on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from cracktrader.loop import LoopThread


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """How far one part of the job is; *total* is None while unknown."""

    label: str
    done: int
    total: int | None = None


Poll = Callable[[], Sequence[Step]]

_BAR_INTERVAL_S: Final = 0.2
_LINE_INTERVAL_S: Final = 10.0


class _Display(Protocol):
    interval_s: float

    def show(self, steps: Sequence[Step]) -> None: ...

    def close(self) -> None: ...


@contextlib.contextmanager
def progress(poll: Poll, *, quiet: bool = False, display: _Display | None = None) -> Iterator[None]:
    """Ask *poll* how far things are and show it, while the ``with`` block runs.

    Jobs that are done within the first interval show nothing. *poll* is called on another
    thread.
    """
    if quiet:
        yield
        return
    chosen = display or (_Bars() if sys.stderr.isatty() else _Lines())
    ticker = LoopThread("cracktrader-progress")
    ticker.submit(_tick(poll, chosen))
    try:
        yield
    finally:
        ticker.close()
        chosen.close()


async def _tick(poll: Poll, display: _Display) -> None:
    while True:
        await asyncio.sleep(display.interval_s)
        display.show(poll())


class _Lines:
    """One line on stderr every ten seconds."""

    def __init__(self, interval_s: float = _LINE_INTERVAL_S) -> None:
        self.interval_s = interval_s
        self._seconds = 0.0

    def show(self, steps: Sequence[Step]) -> None:
        self._seconds += self.interval_s
        states = ", ".join(_words(step) for step in steps)
        sys.stderr.write(f"{self._seconds:.0f} s: {states}\n")
        sys.stderr.flush()

    def close(self) -> None:
        """Nothing to put away."""


class _Bars:
    """One bar per part, with rate and time left; gone when the job is done."""

    def __init__(self, interval_s: float = _BAR_INTERVAL_S) -> None:
        from rich import progress as rich_progress
        from rich.console import Console

        self.interval_s = interval_s
        self._tasks: dict[str, rich_progress.TaskID] = {}
        self._progress = rich_progress.Progress(
            rich_progress.TextColumn("{task.description}"),
            rich_progress.BarColumn(bar_width=24),
            rich_progress.MofNCompleteColumn(),
            rich_progress.TimeRemainingColumn(compact=True),
            console=Console(file=sys.stderr),
            transient=True,
            auto_refresh=False,
        )

    def show(self, steps: Sequence[Step]) -> None:
        self._progress.start()
        for step in steps:
            if step.label not in self._tasks:
                self._tasks[step.label] = self._progress.add_task(step.label, total=step.total)
            self._progress.update(self._tasks[step.label], completed=step.done, total=step.total)
        self._progress.refresh()

    def close(self) -> None:
        self._progress.stop()


def _words(step: Step) -> str:
    total = f" of {step.total:,}" if step.total else ""
    return f"{step.label} {step.done:,}{total}"
