"""Hides secrets in anything that people or files will see.

Two nets: values registered when a secret was resolved, in the spellings in which they
travel (quoted, encoded, escaped), and text that looks like a credential whatever its value:
passwords in URLs, and entries under names such as ``api_key``.
"""

from __future__ import annotations

import base64
import functools
import json
import re
import threading
import traceback
import urllib.parse
from collections.abc import Iterator
from typing import Final

MASK: Final = "**********"
# Shorter values turn up by chance everywhere: hiding them would garble logs and still
# tell the reader what was hidden.
SHORTEST_REGISTERED: Final = 4
_SHORTEST_ENCODED: Final = 8
_SHORTEST_LINE: Final = 16

_URL_USER: Final = re.compile(r"(?<=://)[^\s/\"'?#]+(?=@)")
_URL_LOGIN: Final = re.compile(r"://[^\s/\"'?#]*:[^\s/\"'?#]*@")
_SECRET_NAME: Final = re.compile(
    r"secret|passw|passphrase|pwd$|api_?key|private_?key|wallet_?key|signature|authorization"
    r"|cookie|credential|_token$|listen_?key|bearer|mnemonic|^pin$|^twofa$|^mbx_?apikey"
)


class SecretValues:
    """Secret values to hide, and the search for them. Safe to use from any thread."""

    def __init__(self) -> None:
        self._adding = threading.Lock()
        self._spellings: frozenset[str] = frozenset()
        self._pattern: re.Pattern[str] | None = None

    def add(self, value: str) -> None:
        """Hide *value* and its usual encodings from now on; too short ones are ignored."""
        found = frozenset(_spellings(value))
        if found <= self._spellings:
            return
        with self._adding:
            self._spellings |= found
            # Longest first, so that no spelling leaves a tail of a longer one behind.
            ordered = sorted(self._spellings, key=len, reverse=True)
            self._pattern = re.compile("|".join(re.escape(text) for text in ordered))

    def hide(self, text: str) -> str:
        """Return *text* with every known spelling masked."""
        pattern = self._pattern
        return pattern.sub(MASK, text) if pattern is not None else text


# Redaction only works if it is the same for the whole process: a secret resolved by one
# component must be hidden in the logs of every other.
_VALUES: Final = SecretValues()


def register_secret(value: str) -> None:
    """Hide *value* in everything that passes `redact` from now on."""
    _VALUES.add(value)


def redact(text: str) -> str:
    """Return *text* without registered secrets and without passwords in URLs."""
    hidden = _VALUES.hide(text)
    return _URL_USER.sub(MASK, hidden) if "://" in hidden else hidden


def redacted_traceback(exc: BaseException) -> str:
    """Return the traceback of *exc* as Python prints it, without secrets."""
    return redact("".join(traceback.format_exception(exc)))


@functools.lru_cache(maxsize=2048)
def is_secret_name(name: str) -> bool:
    """Whether a value under *name* is to be hidden whatever it is (``apiKey``, ``secret`` …)."""
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).replace("-", "_").lower()
    return _SECRET_NAME.search(snake) is not None


def has_url_password(text: str) -> bool:
    """Whether *text* holds a URL with a password in it."""
    return _URL_LOGIN.search(text) is not None


def _spellings(value: str) -> Iterator[str]:
    for part in _parts(value):
        yield from _escaped(part)
        if len(part) >= _SHORTEST_ENCODED:
            yield from _encoded(part.encode("utf-8", "surrogatepass"))


def _parts(value: str) -> Iterator[str]:
    stripped = value.strip()
    if len(stripped) < SHORTEST_REGISTERED:
        return
    yield stripped
    # A key in PEM form travels line by line too, and often with "\n" written out.
    for line in re.split(r"\n|\\n", stripped):
        if len(line) >= _SHORTEST_LINE and not line.startswith("-----") and line != stripped:
            yield line.strip()


def _escaped(text: str) -> Iterator[str]:
    yield text
    yield repr(text)[1:-1]
    yield json.dumps(text)[1:-1]
    yield json.dumps(text, ensure_ascii=False)[1:-1]
    for quote in (urllib.parse.quote, urllib.parse.quote_plus):
        yield quote(text, safe="", errors="replace")
        yield quote(text, errors="replace")


def _encoded(raw: bytes) -> Iterator[str]:
    yield raw.hex()
    yield raw.hex().upper()
    # Base64 of a longer text (as in "Authorization: Basic …") spells the value in one of
    # three ways, by its offset; the characters at the seams also depend on the neighbours.
    for offset in range(3):
        end = (offset + len(raw)) * 8 // 6
        start = -(-offset * 8 // 6)
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield encode(b"\0" * offset + raw).decode()[start:end]
