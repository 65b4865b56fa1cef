"""Layers of settings, merged deeply, each value with its origin."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from cracktrader.errors import ConfigError

Key = tuple[str, ...]
COMMAND_LINE: Final = "command line"
DEFAULT: Final = "default"
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
# Far beyond any setting, and well before Python's own limit on recursion.
_DEEPEST: Final = 24


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value as it was given, and where: ``file:line``, a variable's name, the command line."""

    value: object = field(repr=False)
    origin: str


Tree = dict[str, "Tree | Leaf"]


def merge(lower: Tree, upper: Tree) -> Tree:
    """Return both; where they disagree, *upper* counts."""
    merged = dict(lower)
    for name, node in upper.items():
        below = lower.get(name)
        if isinstance(below, dict) and isinstance(node, dict):
            merged[name] = merge(below, node)
        elif not (below is not None and isinstance(node, Leaf) and node.value == {}):
            # An empty table sets nothing, so it hides nothing.
            merged[name] = node
    return merged


def put(tree: Tree, key: Key, leaf: Leaf) -> None:
    """Set *leaf* at *key*, making the tables on the way.

    A value that stands where a table is needed stays, to be refused as such.
    """
    for name in key[:-1]:
        below = tree.get(name)
        if isinstance(below, Leaf) and below.value != {}:
            return
        if not isinstance(below, dict):
            below = tree[name] = {}
        tree = below
    tree[key[-1]] = leaf


def plain(tree: Tree) -> dict[str, object]:
    """Return the values alone."""
    return {
        name: plain(node) if isinstance(node, dict) else node.value for name, node in tree.items()
    }


def leaves(tree: Tree, prefix: Key = ()) -> Iterator[tuple[Key, Leaf]]:
    """Yield every value with its key."""
    for name, node in tree.items():
        if isinstance(node, dict):
            yield from leaves(node, (*prefix, name))
        else:
            yield (*prefix, name), node


def find(tree: Tree, key: Key) -> Tree | Leaf | None:
    """Return what *key* leads to: a table, a value, the value that holds it, or nothing."""
    node: Tree | Leaf = tree
    for name in key:
        if isinstance(node, Leaf):
            return node
        if name not in node:
            return None
        node = node[name]
    return node


def origin_of(tree: Tree, key: Key) -> str | None:
    """Return where *key* was set, or the first value under it; None if nowhere."""
    node = find(tree, key)
    if isinstance(node, Leaf):
        # An empty table sets nothing below itself.
        return node.origin if node.value != {} or find(tree, key[:-1]) is not node else None
    return next((leaf.origin for _, leaf in leaves(node)), None) if node else None


def flatten(table: Mapping[str, object], prefix: Key = ()) -> Iterator[tuple[Key, object]]:
    """Yield the values of nested tables with their keys; an empty table is a value.

    Raises:
        ConfigError: if the tables are nested absurdly deep.
    """
    if len(prefix) > _DEEPEST:
        raise ConfigError(f'"{dotted(prefix[:3])}…" is nested more than {_DEEPEST} levels deep')
    for name, value in table.items():
        if isinstance(value, Mapping) and value:
            yield from flatten(value, (*prefix, str(name)))
        else:
            yield (*prefix, str(name)), value


def dotted(key: Key) -> str:
    """Write *key* as TOML does: ``exchange.binance."my account"``."""
    return ".".join(
        name if _BARE.fullmatch(name) else json.dumps(name, ensure_ascii=False) for name in key
    )


def split_key(text: str) -> Key:
    """Read a dotted key.

    Raises:
        ConfigError: if *text* is none.
    """
    try:
        found = list(flatten(tomllib.loads(f"{text} = 0")))
    except (ValueError, RecursionError):
        found = []
    if len(found) != 1:
        raise ConfigError(f'"{text}" is no key; write one like "exchange.binance.timeout"')
    return found[0][0]
