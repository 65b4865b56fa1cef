"""Turns what a settings class refused into one line each: the key, its origin, what is possible.

No line ever repeats a value: it may be a secret in the wrong place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from cracktrader.errors import did_you_mean
from cracktrader.settings.schema import ANY_NAME, describe, model_at
from cracktrader.settings.sources import PREFIX, variable_name
from cracktrader.settings.tree import (
    COMMAND_LINE,
    DEFAULT,
    Key,
    Leaf,
    Tree,
    dotted,
    find,
    origin_of,
)

_UNKNOWN: Final = "extra_forbidden"
# A longer name is a pasted value rather than a misspelt key.
_LONGEST_NAME: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing to correct; ``str()`` gives the line to show."""

    message: str
    key: str = ""
    origin: str = ""

    def __str__(self) -> str:
        return " ".join(self.message.split())


def explain(error: ValidationError, model: type[BaseModel], tree: Tree) -> list[Problem]:
    """Return a problem for each key that *model* refused."""
    details = error.errors(include_url=False, include_input=False, include_context=False)
    by_place: dict[tuple[Key, bool], list[str]] = {}
    for item in details:
        key = _key(item, tree)
        reasons = by_place.setdefault((key, item["type"] == _UNKNOWN), [])
        reason = _reason(item)
        if reason not in reasons:
            reasons.append(reason)
    return [
        _unknown(key, model, tree) if is_unknown else _wrong(key, reasons, tree)
        for (key, is_unknown), reasons in by_place.items()
    ]


def place(origin: str) -> str:
    """Return *origin* as the end of a sentence."""
    if origin == COMMAND_LINE:
        return " (on the command line)"
    return f" (in {origin})" if origin and origin != DEFAULT else ""


def _wrong(key: Key, reasons: Sequence[str], tree: Tree) -> Problem:
    origin = origin_of(tree, key) or DEFAULT
    name = shown(key)
    return Problem(message=f"{name} {' or '.join(reasons)}{place(origin)}", key=name, origin=origin)


def _unknown(key: Key, model: type[BaseModel], tree: Tree) -> Problem:
    origin = origin_of(tree, key) or ""
    name = shown(key)
    if origin.startswith(PREFIX):
        variable = origin.removeprefix(PREFIX)
        hint = did_you_mean(variable, _variables(model, tree, variable))
        hint = hint.replace('"', f'"{PREFIX}', 1)
        return Problem(
            message=f'unknown environment variable "{origin}".{hint or _possible(key, model)}',
            key=name,
            origin=origin,
        )
    hint = _suggest(key, model) or _possible(key, model)
    return Problem(message=f'unknown key "{name}"{place(origin)}.{hint}', key=name, origin=origin)


def shown(key: Key) -> str:
    """Return *key* dotted, without names too long to be names."""
    return dotted(tuple(name if len(name) <= _LONGEST_NAME else f"{name[:4]}…" for name in key))


def _key(item: ErrorDetails, tree: Tree) -> Key:
    """Return the key of an error; pydantic adds the members of unions to it."""
    key: Key = ()
    for part in item["loc"]:
        longer = (*key, str(part))
        node = find(tree, longer)
        if node is None or isinstance(find(tree, key), Leaf):
            return longer if item["type"] == "missing" else key
        key = longer
    return key


def _reason(item: ErrorDetails) -> str:
    reason = item["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
    if item["type"] in {"model_type", "dict_type", "model_attributes_type"}:
        return "must be a table of settings"
    for start in ("Input should be", "Value should be", "String should"):
        if reason.startswith(start):
            return reason.replace(start, "must" if start.endswith("should") else "must be", 1)
    return reason if reason.startswith("must") else f"is refused: {reason}"


def _suggest(key: Key, model: type[BaseModel]) -> str:
    table = model_at(model, key[:-1])
    fields = table.model_fields if table else {}
    if hint := did_you_mean(key[-1], fields):
        meant = (fields[hint.split('"')[1]].description or "").rstrip(".")
        # CCXT's "rateLimit" counts something else than our "rate_limit".
        is_other_spelling = key[-1] != key[-1].lower() and meant
        return f"{hint} It means: {meant}." if is_other_spelling else hint
    # A good name in the wrong section.
    elsewhere = [dotted(doc.key) for doc in describe(model) if doc.key[-1] == key[-1]]
    return f' Did you mean "{elsewhere[0]}"?' if elsewhere else ""


def _possible(key: Key, model: type[BaseModel]) -> str:
    names = ", ".join(_names(key[:-1], model))
    where = f"in [{shown(key[:-1])}]" if len(key) > 1 else "at the top"
    return f" Possible {where}: {names}."


def _names(table: Key, model: type[BaseModel]) -> list[str]:
    found = model_at(model, table)
    return list(found.model_fields) if found else []


def _variables(model: type[BaseModel], tree: Tree, variable: str) -> Iterable[str]:
    """Yield variables that exist, with the names of *variable* and of *tree* in their tables.

    All without their common start, which would make everything look alike.
    """
    parts = variable.split("__")
    for doc in describe(model):
        for key in _filled(doc.key, tree, parts):
            yield variable_name(key).removeprefix(PREFIX)


def _filled(key: Key, tree: Tree, parts: Sequence[str]) -> Iterator[Key]:
    if ANY_NAME not in key:
        yield key
        return
    index = key.index(ANY_NAME)
    table = find(tree, key[:index])
    names = {*(table if isinstance(table, dict) else ()), *parts[index : index + 1]}
    for name in sorted(names):
        yield from _filled((*key[:index], name.lower(), *key[index + 1 :]), tree, parts)
