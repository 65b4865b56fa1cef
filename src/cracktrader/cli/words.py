"""Lets options that every command understands stand before the command too. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

_FLAG: Final = re.compile(r"-[vq]+|--(verbose|quiet|json)|(--config|-c)=.*")
_WITH_VALUE: Final = frozenset({"-c", "--config"})


def command_first(words: Sequence[str], subjects: Iterable[str]) -> list[str]:
    """Move general options that stand before the command, or inside of it, behind it.

    *subjects* are the first words of commands that have two, such as ``data list``.
    """
    command: list[str] = []
    options: list[str] = []
    rest = list(words)
    length = 1
    while rest and len(command) < length:
        count = _option_length(rest[0])
        if count:
            options += rest[:count]
        elif rest[0].startswith("-"):
            break
        else:
            command.append(rest[0])
            length = 2 if command[0] in set(subjects) else 1
        del rest[: count or 1]
    return [*command, *options, *rest]


def _option_length(word: str) -> int:
    """Return how many words the general option *word* takes; 0 if it is none."""
    if word in _WITH_VALUE:
        return 2
    return 1 if _FLAG.fullmatch(word) else 0
