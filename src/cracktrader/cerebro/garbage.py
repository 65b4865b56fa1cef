"""Full garbage collections wait until a run is over."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_NEVER: Final = 1_000_000
_lock: Final = threading.Lock()
_runs: list[tuple[int, int, int]] = []


@contextmanager
def postponed() -> Iterator[None]:
    """Postpone full collections; short-lived garbage is collected as ever.

    A run makes many objects that stay: orders and trades. Python would again and again look
    whether any of them, and of all there were before, can go. What has become garbage for
    good is counted on, and collected after the run.
    """
    with _lock:
        young, middle, full = gc.get_threshold()
        # A run inside another, or in another thread, restores what the first has found.
        _runs.append(_runs[0] if _runs else (young, middle, full))
        gc.set_threshold(young, middle, _NEVER)
    try:
        yield
    finally:
        with _lock:
            before = _runs.pop()
            if not _runs:
                gc.set_threshold(*before)
