"""Reads one layer of settings: a TOML file, the environment, the command line."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from cracktrader.errors import ConfigError
from cracktrader.settings.tree import COMMAND_LINE, Key, Leaf, Tree, flatten, put, split_key

PREFIX: Final = "CRACKTRADER_"
_SEPARATOR: Final = "__"
_LARGEST_FILE: Final = 1_000_000
# A value of more lines than this has no line numbers after it; looking on would take long.
_LONGEST_STATEMENT: Final = 300


def read_toml(path: Path) -> Tree:
    """Read a file; each value knows its line.

    Raises:
        ConfigError: if it cannot be read, or is no TOML.
    """
    text = _read_text(path)
    try:
        values = tomllib.loads(text)
    except ValueError as exc:
        raise ConfigError(f"{path} is not valid TOML: {exc}") from exc
    except RecursionError as exc:
        raise ConfigError(f"{path} is nested too deeply") from exc
    lines = dict(_lines(text))
    tree: Tree = {}
    for key, value in flatten(values):
        line = next((lines[key[:n]] for n in range(len(key), 0, -1) if key[:n] in lines), None)
        put(tree, key, Leaf(value, f"{path}:{line}" if line else str(path)))
    return tree


def read_environment(env: Mapping[str, str], lower: Tree, *, ignore: frozenset[str]) -> Tree:
    """Read ``CRACKTRADER_SECTION__KEY`` variables; empty ones count as not set.

    Variables are written in capitals, so names are matched with those of *lower* (account
    and strategy names) whatever their case, and are in small letters if new.
    """
    tree: Tree = {}
    for variable in sorted(env):
        if not variable.startswith(PREFIX) or variable in ignore:
            continue
        text = env[variable].strip()
        key = tuple(variable.removeprefix(PREFIX).split(_SEPARATOR))
        if text:
            put(tree, _spelled_as(lower, key), Leaf(_value(text), variable))
    return tree


def read_overrides(overrides: Mapping[str, object]) -> Tree:
    """Read what the command line sets: dotted keys or nested tables; None = not given.

    Raises:
        ConfigError: if a name is no key.
    """
    tree: Tree = {}
    for name, value in overrides.items():
        if isinstance(value, Mapping):
            for key, inner in flatten(value, split_key(name)):
                put(tree, key, Leaf(inner, COMMAND_LINE))
        elif value is not None:
            put(tree, split_key(name), Leaf(value, COMMAND_LINE))
    return tree


def variable_name(key: Key) -> str:
    """Return the environment variable that sets *key*."""
    return PREFIX + _SEPARATOR.join(key).upper()


def _read_text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_FILE + 1)
        # Some editors on Windows put a byte order mark first.
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = None
    except (OSError, ValueError) as exc:
        reason = getattr(exc, "strerror", None) or exc
        raise ConfigError(f"cannot read {path}: {reason}") from exc
    if text is None:
        raise ConfigError(f"{path} is not UTF-8 text")
    if len(content) > _LARGEST_FILE:
        raise ConfigError(f"{path} is larger than {_LARGEST_FILE} bytes")
    return text


def _lines(text: str) -> Iterator[tuple[Key, int]]:
    """Yield each key of a valid file with its line, reading one statement at a time."""
    prefix: Key = ()
    statement, first = "", 0
    for number, line in enumerate(text.split("\n"), start=1):
        first = first if statement else number
        if number - first > _LONGEST_STATEMENT:
            return
        statement += line + "\n"
        try:
            values = tomllib.loads(statement)
        except ValueError:
            continue  # It goes on in the next line.
        is_header = statement.lstrip().startswith("[")
        statement = ""
        keys = [key for key, _ in flatten(values)]
        if is_header:
            prefix = keys[0]
            keys = [()]
        for key in keys:
            yield (*prefix, *key), first


def _spelled_as(tree: Tree, key: Key) -> Key:
    spelled: list[str] = []
    node: Tree | Leaf = tree
    for name in key:
        known = node if isinstance(node, dict) else {}
        match = next((other for other in known if other.lower() == name.lower()), name.lower())
        node = known.get(match, {})
        spelled.append(match)
    return tuple(spelled)


def _value(text: str) -> object:
    """Return a list or table if *text* is one in TOML, else the text; the model converts it."""
    if text[0] in "[{":
        try:
            return tomllib.loads(f"value = {text}")["value"]
        except (ValueError, RecursionError):
            pass
    return text
