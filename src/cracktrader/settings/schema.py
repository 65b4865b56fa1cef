"""What may be set: every key of a settings class, with its meaning."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Union

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from cracktrader.settings.tree import Key

ANY_NAME: Final = "NAME"
"""Stands in a key for a name the user chooses, as an account's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingDoc:
    """One key that a user may set."""

    key: Key
    field: FieldInfo

    @property
    def description(self) -> str:
        """What it means, with its unit."""
        return self.field.description or ""


def describe(model: type[BaseModel], prefix: Key = ()) -> Iterator[SettingDoc]:
    """Yield every key of *model*, those of nested classes included."""
    for name, field in model.model_fields.items():
        key = (*prefix, name)
        inner, is_table = _inner(field.annotation)
        if inner is None:
            yield SettingDoc(key=key, field=field)
        else:
            yield from describe(inner, (*key, ANY_NAME) if is_table else key)


def model_at(model: type[BaseModel], key: Key) -> type[BaseModel] | None:
    """Return the settings class that *key* leads to; None if it is a value or unknown."""
    current: type[BaseModel] | None = model
    names = iter(key)
    for name in names:
        field = current.model_fields.get(name) if current else None
        if field is None:
            return None
        current, is_table = _inner(field.annotation)
        if is_table:
            next(names, None)
    return current


def is_known(model: type[BaseModel], key: Key) -> bool:
    """Whether *key* may be set, or is a table of such keys."""
    for length in range(1, len(key) + 1):
        parent = model_at(model, key[: length - 1])
        if parent is None:
            # Below a value: a free table such as a strategy's parameters.
            return length > 1
        if key[length - 1] not in parent.model_fields and not _names_entry(model, key[:length]):
            return False
    return True


def _names_entry(model: type[BaseModel], key: Key) -> bool:
    """Whether the last part of *key* is a name the user chose, in a table of settings."""
    holder = model_at(model, key[:-2]) if len(key) > 1 else None
    field = holder.model_fields.get(key[-2]) if holder else None
    return field is not None and _inner(field.annotation)[1]


def _inner(annotation: Any) -> tuple[type[BaseModel] | None, bool]:
    """Return the settings class inside *annotation*, and whether it is a table of them by name."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, False
    if origin is Annotated:
        return _inner(arguments[0])
    if origin in {Union, types.UnionType}:
        found = (_inner(argument) for argument in arguments)
        return next((inner for inner in found if inner[0]), (None, False))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _inner(arguments[1])[0], True
    return None, False
