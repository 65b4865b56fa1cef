"""Prints what a stream's encoding lacks as the nearest plain character, instead of failing."""

from __future__ import annotations

import codecs
import io
import sys
from typing import Final

_HANDLER: Final = "cracktrader.plain"
# A minus sign that turned into "?" would turn a loss into a gain.
_PLAIN: Final = {
    "\N{MINUS SIGN}": "-",
    "\N{EN DASH}": "-",
    "—": "-",
    "─": "-",
    "\N{MULTIPLICATION SIGN}": "x",
    "→": "->",
    "…": "...",
    "✓": "ok",
    "\N{NO-BREAK SPACE}": " ",
    "\N{NARROW NO-BREAK SPACE}": " ",
}


def make_streams_forgiving() -> None:
    """Let standard output and error take any text, whatever the locale says."""
    codecs.register_error(_HANDLER, _plain)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_HANDLER)


def _plain(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    missing = error.object[error.start : error.end]
    return "".join(_PLAIN.get(char, "?") for char in missing), error.end
