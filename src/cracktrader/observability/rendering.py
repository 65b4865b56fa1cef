"""Turns a log event into a line, without secrets.

Values are hidden one by one rather than in the finished line: a mask put into JSON text
could break it.
"""

from __future__ import annotations

import json
import numbers
from collections.abc import Mapping
from typing import Final

import orjson
import structlog
from structlog.typing import EventDict, WrappedLogger

from cracktrader.observability.redact import MASK, is_secret_name, redact

# Deep enough for any exchange's answer, and an end to structures that contain themselves.
_DEEPEST: Final = 12
_UNTOUCHED: Final = frozenset({"_record", "_from_structlog", "exc_info"})
_INT64: Final = range(-(2**63), 2**63)


def hide_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Mask secrets in every key and value of *event* (a structlog processor)."""
    return {
        key: value if key in _UNTOUCHED else _entry(key, value, 0) for key, value in event.items()
    }


def to_json(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    """Render *event* as one line of JSON (a structlog processor)."""
    ordered = {
        key: event.pop(key) for key in ("timestamp", "level", "logger", "event") if key in event
    }
    ordered.update(event)
    try:
        return orjson.dumps(ordered, default=str).decode()
    except TypeError:
        # Text that is no valid Unicode, as undecodable file names are.
        return json.dumps(ordered, default=str)


def make_console_renderer(*, colors: bool) -> structlog.dev.ConsoleRenderer:
    """Return a renderer of readable lines; tracebacks come without local variables."""
    return structlog.dev.ConsoleRenderer(
        colors=colors, exception_formatter=structlog.dev.plain_traceback, pad_event_to=28
    )


def _entry(key: object, value: object, depth: int) -> object:
    if isinstance(value, str | bytes) and value and is_secret_name(str(key)):
        return MASK
    return _plain(value, depth)


def _plain(value: object, depth: int) -> object:
    """Return *value* made of JSON's types only, without secrets."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return redact(value)
    return _number(value) if isinstance(value, numbers.Real) else _container(value, depth)


def _container(value: object, depth: int) -> object:
    if depth >= _DEEPEST:
        return "…"
    if isinstance(value, Mapping):
        return {redact(str(key)): _entry(key, item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item, depth + 1) for item in value]
    return redact(_text(value))


def _number(value: numbers.Real) -> object:
    text = str(value)
    if redact(text) != text:
        return MASK
    if isinstance(value, numbers.Integral):
        return int(value) if int(value) in _INT64 else text
    return float(value)


def _text(value: object) -> str:
    try:
        return value.decode() if isinstance(value, bytes) else str(value)
    except Exception as exc:  # noqa: BLE001  (a log line must survive any object)
        return f"<{type(value).__name__}: {type(exc).__name__}>"
