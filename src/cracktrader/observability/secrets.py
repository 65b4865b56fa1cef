"""Secrets are kept elsewhere and only referred to: environment, file or key ring.

A reference is read when the secret is needed, not before, and what was read is registered
for redaction. The raw value has no place in a configuration.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn

from pydantic import GetCoreSchemaHandler, PlainSerializer, PlainValidator, SecretStr
from pydantic_core import CoreSchema, core_schema

from cracktrader.errors import ConfigError, did_you_mean
from cracktrader.observability.redact import MASK, has_url_password, register_secret

SPELLINGS: Final = '"env:NAME", "file:PATH" or "keyring:SERVICE/NAME"'
_LITERAL: Final = "literal"
_LARGEST_FILE: Final = 64 * 1024
_NONBLOCK: Final = getattr(os, "O_NONBLOCK", 0)
_SHAPES: Final = {
    "env": re.compile(r"[A-Za-z_][A-Za-z0-9_]*"),
    "file": re.compile(r"[^\0]*[^\0/]"),
    "keyring": re.compile(r".*[^/]/[^/]+"),
}
_URL: Final = re.compile(r"[a-z][a-z0-9+.-]*://\S+")
# A shorter value is a word or a date the operator tried; hiding it would garble logs.
_SHORTEST_REFUSED: Final = 16


class SecretRef:
    """Where a secret is kept; never shows the secret itself.

    Settings hold references. `resolve` reads the value.
    """

    __slots__ = ("_kind", "_place")

    def __init__(self, source: str | SecretStr) -> None:
        """Read a reference such as ``env:BINANCE_KEY``, or wrap a secret.

        Raises:
            ValueError: if *source* is text but no reference; the message does not repeat it.
        """
        if isinstance(source, SecretStr):
            self._kind, self._place = _LITERAL, source.get_secret_value()
            register_secret(self._place)
            return
        self._kind, _, self._place = source.strip().partition(":")
        shape = _SHAPES.get(self._kind)
        if shape is None or shape.fullmatch(self._place) is None:
            # Most likely the secret itself, pasted by mistake.
            if len(source) >= _SHORTEST_REFUSED:
                register_secret(source)
            raise ValueError(f"must be a reference, {SPELLINGS}, never the secret itself")

    @classmethod
    def literal(cls, value: str | SecretStr) -> SecretRef:
        """Wrap a secret that was handed over in Python code."""
        return cls(value if isinstance(value, SecretStr) else SecretStr(value))

    @property
    def is_literal(self) -> bool:
        """Whether the value itself was handed over in code."""
        return self._kind == _LITERAL

    @property
    def kind(self) -> str:
        """``env``, ``file``, ``keyring`` or ``literal``."""
        return self._kind

    @property
    def place(self) -> str:
        """The variable, path or key ring entry; masked for a literal."""
        return MASK if self.is_literal else self._place

    def __str__(self) -> str:
        return MASK if self.is_literal else f"{self._kind}:{self._place}"

    def __repr__(self) -> str:
        return f'SecretRef("{self}")'

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SecretRef):
            return NotImplemented
        return (self._kind, self._place) == (other._kind, other._place)

    def __hash__(self) -> int:
        return hash((self._kind, self._place))

    def __copy__(self) -> SecretRef:
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> SecretRef:
        return self

    def __reduce__(self) -> tuple[type[SecretRef], tuple[str]]:
        if self.is_literal:
            raise TypeError(f"a secret given in code cannot be pickled; use {SPELLINGS} instead")
        return SecretRef, (str(self),)

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type[Any], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            _to_reference,
            serialization=core_schema.to_string_ser_schema(),
            json_schema_input_schema=core_schema.str_schema(),
        )


def _to_reference(value: object) -> SecretRef:
    if isinstance(value, SecretRef):
        return value
    # A SecretStr can only come from code: text in files and variables is a plain str.
    return SecretRef(value if isinstance(value, str | SecretStr) else str(value))


def _to_address(value: object) -> SecretRef | str:
    if not isinstance(value, str) or value.partition(":")[0] in _SHAPES:
        return _to_reference(value)
    if has_url_password(value):
        register_secret(value)
        raise ValueError(f"must not hold a password; give the whole URL as {SPELLINGS}")
    if _URL.fullmatch(value) is None:
        raise ValueError(f'must be a URL like "http://host:8080", or {SPELLINGS}')
    return value


PrivateUrl = Annotated[
    SecretRef | str,
    PlainValidator(_to_address, json_schema_input_type=str),
    PlainSerializer(str, when_used="json"),
]
"""A URL, or a reference to one: the latter is a must if there is a password in it."""


def resolve(ref: SecretRef, *, env: Mapping[str, str] | None = None) -> SecretStr:
    """Read the secret that *ref* points to and register it for redaction.

    Raises:
        ConfigError: if it is not there, empty, or kept where others can read it.
    """
    if ref.is_literal:
        value = ref._place  # noqa: SLF001  (nobody else may see it)
    elif ref.kind == "env":
        value = _from_env(ref, os.environ if env is None else env)
    elif ref.kind == "file":
        value = _from_file(ref)
    else:
        value = _from_keyring(ref)
    if not value:
        _refuse(ref, "it is empty")
    register_secret(value)
    return SecretStr(value)


def _from_env(ref: SecretRef, env: Mapping[str, str]) -> str:
    value = env.get(ref.place)
    if value is None:
        hint = did_you_mean(ref.place, env)
        _refuse(ref, f"the environment variable is not set.{hint}".removesuffix("."))
    return value.strip()


def _from_file(ref: SecretRef) -> str:
    try:
        # Opened first and asked then: what is read is the file that was checked. Without
        # O_NONBLOCK, a named pipe would hang here.
        descriptor = os.open(Path(ref.place).expanduser(), os.O_RDONLY | _NONBLOCK)
        with open(descriptor, "rb") as file:  # noqa: PTH123  (it is a descriptor)
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                _refuse(ref, "it is not a regular file")
            if os.name == "posix" and status.st_mode & 0o077:
                _refuse(ref, f'others can read it; run "chmod 600 {ref.place}"')
            content = file.read(_LARGEST_FILE + 1)
    except (OSError, RuntimeError) as exc:
        _refuse(ref, getattr(exc, "strerror", None) or str(exc), exc)
    if len(content) > _LARGEST_FILE:
        _refuse(ref, "it is too large for a secret")
    # A decoding error would carry the bytes along.
    text = content.decode("utf-8-sig", errors="replace").strip()
    if "\N{REPLACEMENT CHARACTER}" in text:
        _refuse(ref, "it is not UTF-8 text")
    return text


def _from_keyring(ref: SecretRef) -> str:
    try:
        import keyring  # noqa: PLC0415  (an extra)
        import keyring.errors  # noqa: PLC0415
    except ImportError as exc:
        _refuse(ref, "key rings need an extra: pip install 'cracktrader[keyring]'", exc)
    service, _, name = ref.place.rpartition("/")
    try:
        value = keyring.get_password(service, name)
    except keyring.errors.NoKeyringError as exc:
        _refuse(ref, "this machine has no key ring; use env: or file: instead", exc)
    except keyring.errors.KeyringError as exc:
        _refuse(ref, f"the key ring refused ({type(exc).__name__})", exc)
    if value is None:
        _refuse(ref, f'it is not there; run "keyring set {service} {name}"')
    return str(value)


def _refuse(ref: SecretRef, reason: str, cause: Exception | None = None) -> NoReturn:
    raise ConfigError(f'cannot read the secret "{ref}": {reason}') from cause
