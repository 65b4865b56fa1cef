"""What of the settings may be shown, and which secrets are not kept as they should be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from pydantic import BaseModel, SecretStr

from cracktrader.errors import ConfigError
from cracktrader.observability.redact import (
    MASK,
    has_url_password,
    is_secret_name,
    redact,
    register_secret,
)
from cracktrader.observability.secrets import SPELLINGS, SecretRef, resolve
from cracktrader.settings.problems import Problem, place, shown
from cracktrader.settings.tree import Key, Tree, leaves, origin_of

# Under a name like "api_token", a shorter text is hardly a secret, and hiding it would
# garble the log.
_SHORTEST_SUSPECT: Final = 16


def values(settings: BaseModel, prefix: Key = ()) -> Iterator[tuple[Key, object]]:
    """Yield every value of *settings* with its key."""
    for name in type(settings).model_fields:
        yield from _values(getattr(settings, name), (*prefix, name))


def showable(key: Key, value: object) -> object:
    """Return *value* as people may see it: references as they are, secrets masked."""
    if isinstance(value, SecretRef | SecretStr):
        return str(value)
    if isinstance(value, str) and value and is_secret_name(key[-1]):
        return MASK
    if isinstance(value, Mapping):
        return {redact(str(name)): showable((str(name),), item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [showable(key, item) for item in value]
    return value if value is None or isinstance(value, bool | int | float) else redact(str(value))


def exposed_secrets(tree: Tree) -> Iterator[Problem]:
    """Hide whatever looks like a raw secret in *tree*; yield what is not accepted there."""
    for key, leaf in leaves(tree):
        for text in _texts(leaf.value):
            if has_url_password(text):
                register_secret(text)
                yield Problem(
                    message=f"{shown(key)} must not hold a password in a URL"
                    f"{place(leaf.origin)}; give the whole URL by reference, {SPELLINGS}",
                    key=shown(key),
                    origin=leaf.origin,
                )
            elif is_secret_name(key[-1]) and len(text) >= _SHORTEST_SUSPECT and not _is_ref(text):
                register_secret(text)


def unreadable_secrets(
    settings: BaseModel, tree: Tree, env: Mapping[str, str]
) -> Iterator[Problem]:
    """Yield a problem for each reference in *settings* that leads to no secret."""
    for key, value in values(settings):
        if isinstance(value, SecretRef):
            origin = origin_of(tree, key) or ""
            try:
                resolve(value, env=env)
            except ConfigError as exc:
                message = f"{shown(key)}: {exc}{place(origin)}"
                yield Problem(message=message, key=shown(key), origin=origin)


def _values(value: object, key: Key) -> Iterator[tuple[Key, object]]:
    if isinstance(value, BaseModel):
        yield from values(value, key)
    elif isinstance(value, Mapping) and value:
        for name, item in value.items():
            yield from _values(item, (*key, str(name)))
    else:
        yield key, value


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)


def _is_ref(text: str) -> bool:
    return text.partition(":")[0] in {"env", "file", "keyring"}
