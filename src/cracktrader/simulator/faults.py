"""A script of what goes wrong: which requests, how, and how often."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Final, Literal, get_args

import orjson

from cracktrader.errors import ConfigError
from cracktrader.simulator.wire import Answer

FaultKind = Literal[
    "server_error",
    "html",
    "truncated",
    "empty_body",
    "empty_page",
    "old_page",
    "out_of_order",
    "hang",
    "reset",
    "rate_limited",
    "banned",
]
KINDS: Final[tuple[FaultKind, ...]] = get_args(FaultKind)

_PAGE: Final = b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that goes wrong.

    Of the requests whose path matches *path* (``*`` and ``?`` as in a shell; a last part like
    ``klines`` will do), the first *after* go through and the next *times* go wrong (None: all).

    - ``server_error``: HTTP *status* (default 503) with an empty JSON object
    - ``html``: HTTP 200 with a web page
    - ``truncated``: the right answer, cut in half
    - ``empty_body``: HTTP 200 with nothing in it; ``empty_page``: HTTP 200 with ``[]``
    - ``old_page``: the last good answer of that path once more
    - ``out_of_order``: the right rows, in reverse
    - ``hang``: no answer until the client gives up; ``reset``: the connection is dropped
    - ``rate_limited``: HTTP 429, ``banned``: HTTP 418, both with Retry-After *retry_after_s*
    """

    kind: FaultKind
    path: str = "*"
    after: int = 0
    times: int | None = 1
    status: int = 503
    retry_after_s: int = 1

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ConfigError(f'fault was "{self.kind}"; use one of {", ".join(KINDS)}')
        if self.after < 0 or (self.times is not None and self.times < 1):
            raise ConfigError(
                f"a fault needs after >= 0 and times >= 1, was {self.after} and {self.times}"
            )

    def concerns(self, path: str) -> bool:
        """Whether requests for *path* count."""
        return fnmatchcase(path, self.path) or path.endswith(f"/{self.path}")


class FaultScript:
    """Says for each request what goes wrong with it; any thread may add to it."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._lock = threading.Lock()
        self._pending: list[tuple[Fault, int]] = []
        self.add(*faults)

    def add(self, *faults: Fault) -> None:
        """Let *faults* happen too; they count requests from now on."""
        with self._lock:
            self._pending += [(fault, 0) for fault in faults]

    def clear(self) -> None:
        """Let nothing go wrong any more."""
        with self._lock:
            self._pending.clear()

    @property
    def pending(self) -> tuple[Fault, ...]:
        """Faults that may still happen."""
        with self._lock:
            return tuple(fault for fault, _ in self._pending)

    def next_for(self, path: str) -> Fault | None:
        """Count a request for *path*; return what goes wrong with it, the oldest fault first."""
        due: Fault | None = None
        with self._lock:
            kept = []
            for fault, seen in self._pending:
                if not fault.concerns(path) or (due is not None and seen >= fault.after):
                    kept.append((fault, seen))
                    continue
                if seen >= fault.after:
                    due = fault
                if fault.times is None or seen + 1 < fault.after + fault.times:
                    kept.append((fault, seen + 1))
            self._pending = kept
        return due


def spoiled(answer: Answer, fault: Fault, *, previous: Answer | None, now_ms: int) -> Answer:
    """Return *answer* as *fault* leaves it; *previous* is the last good one of its path.

    *now_ms* is real time: clients wait by their own clock.

    ``hang`` and ``reset`` concern the connection: they leave the answer as it is.
    """
    match fault.kind:
        case "hang" | "reset":
            return answer
        case "old_page":
            return answer if previous is None else previous
        case "server_error":
            return replace(answer, status=fault.status, body=b"{}")
        case "rate_limited" | "banned":
            return _refusal(answer, fault, now_ms)
        case kind:
            return _mangled(answer, kind)


def _refusal(answer: Answer, fault: Fault, now_ms: int) -> Answer:
    until = now_ms + fault.retry_after_s * 1000
    is_ban = fault.kind == "banned"
    message = (
        f"Way too much request weight used; IP banned until {until}."
        if is_ban
        else "Too much request weight used."
    )
    return replace(
        answer,
        status=418 if is_ban else 429,
        body=orjson.dumps({"code": -1003, "msg": message}),
        headers={**answer.headers, "Retry-After": str(fault.retry_after_s)},
    )


def _mangled(answer: Answer, kind: FaultKind) -> Answer:
    if kind == "html":
        return replace(answer, body=_PAGE, content_type="text/html")
    if kind == "truncated":
        return replace(answer, body=answer.body[: len(answer.body) // 2])
    if kind == "out_of_order":
        rows = orjson.loads(answer.body)
        return replace(answer, body=orjson.dumps(rows[::-1])) if isinstance(rows, list) else answer
    return replace(answer, body=b"[]" if kind == "empty_page" else b"")
