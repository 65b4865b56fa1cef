"""Writes docs/reference/ from the code: what it says is what the code does.

Run it as `.venv/bin/python docs/generate.py`; a test compares the pages with it.
"""
# ruff: noqa: INP001  (a script beside the pages, no package)

from __future__ import annotations

import ast
import inspect
import re
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from cyclopts import App
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

import cracktrader
from cracktrader import errors
from cracktrader.candles.settings import default_cache_dir
from cracktrader.cli.exits import MEANINGS, exit_code
from cracktrader.cli.main import COMMANDS, make_app
from cracktrader.config import Settings
from cracktrader.domain.order import TRANSITIONS, OrderState
from cracktrader.observability.secrets import SecretRef
from cracktrader.settings.schema import describe

REFERENCE: Final = Path(__file__).parent / "reference"
SOURCE: Final = Path(cracktrader.__file__).parent
_NOTE: Final = "<!-- Written by docs/generate.py. Change the code, then run it again. -->\n"
_BOUNDS: Final = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
_TYPE_WORDS: Final[dict[Any, str]] = {
    SecretRef: "reference to a secret",
    Path: "path",
    bool: "true or false",
    float: "number",
    int: "whole number",
    str: "text",
}
_BACKTRADER: Final = {
    "bt": "Backtrader itself, as `import backtrader as bt`.",
    "analyzers": "`backtrader.analyzers`.",
    "indicators": "`backtrader.indicators`.",
}


def pages() -> dict[str, str]:
    """Return the text of each page by its file name."""
    return {
        "cli.md": _page("Command line", _cli()),
        "config.md": _page("Settings", _config()),
        "errors.md": _page("Errors and exit codes", _errors()),
        "modules.md": _page("Modules", _modules()),
        "order_states.md": _page("States of an order", _order_states()),
        "public.md": _page("Public names", _public()),
    }


def main() -> None:
    """Write the pages."""
    REFERENCE.mkdir(exist_ok=True)
    for name, text in pages().items():
        (REFERENCE / name).write_text(text, encoding="utf-8")


def _page(title: str, blocks: Iterator[str]) -> str:
    return "\n\n".join([f"{_NOTE}\n# {title}", *(block.strip("\n") for block in blocks)]) + "\n"


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    cells = [[cell.replace("|", "\\|").replace("\n", " ") for cell in line] for line in lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)


# The command line


def _cli() -> Iterator[str]:
    yield (
        "The command is `cracktrader`; `ct` is the same. Results go to standard output, all else\n"
        "to standard error. Exit codes: [errors.md](errors.md#exit-codes)."
    )
    app = make_app()
    rows = [
        [f"[`{command.words}`](#{_anchor(command.words)})", command.help]
        for family in COMMANDS
        for command in family.commands
    ]
    yield _table(["command", "what it does"], rows)
    for family in COMMANDS:
        for command in family.commands:
            yield from _command(app, command.words)
    yield "## Options of cracktrader itself"
    yield _table(
        ["option", "meaning"],
        [
            ["`--help`, `-h`", "Say what a command does; works after every command."],
            ["`--version`", "Print the version."],
            ["`--install-completion`", "Install completion for your shell."],
        ],
    )


def _anchor(words: str) -> str:
    return f"cracktrader-{words.replace(' ', '-')}"


def _command(app: App, words: str) -> Iterator[str]:
    command = app
    for word in words.split():
        command = command[word]
    yield f"## cracktrader {words}"
    yield _prose(command.default_command)
    groups: dict[str, list[list[str]]] = {}
    for argument in command.assemble_argument_collection(parse_docstring=True):
        if not argument.show:
            continue
        # The name in angle brackets is cyclopts' word for "no values"; nobody types it.
        names = [name for name in argument.names if not name.startswith(("--empty-", "--no-"))]
        shown = ", ".join(f"`{name}`" for name in names)
        if not argument.is_positional_only() and not argument.parameter.count:
            shown += _value_word(argument.hint)
        meaning = " ".join((argument.parameter.help or "").split())
        default = _shown_default(argument)
        if default:
            meaning += f" Default: `{default}`."
        groups.setdefault(argument.parameter.group[0].name, []).append([shown, meaning])
    for name, rows in groups.items():
        yield _table([name.lower(), "meaning"], rows)


def _prose(function: Any) -> str:
    text = inspect.getdoc(function) or ""
    return re.split(r"\n\s*(?:Args|Raises|Returns):", text)[0].strip()


def _value_word(hint: Any) -> str:
    if hint is bool:
        return ""
    arguments = [arg for arg in typing.get_args(hint) if arg not in (types.NoneType, Ellipsis)]
    inner = arguments[0] if arguments else hint
    return f" {getattr(inner, '__name__', str(inner)).upper()}"


def _shown_default(argument: Any) -> str:
    default = argument.field_info.default
    if default in (inspect.Parameter.empty, None, (), False, 0, ""):
        return ""
    return str(default)


# Settings


def _config() -> Iterator[str]:
    yield (
        "Every key that may be set. A key stands in a TOML file as its section and name\n"
        '(`[log]`, then `level = "INFO"`), in the environment as `CRACKTRADER_LOG__LEVEL`.\n'
        "`NAME` is a name you choose. How layers are merged and how secrets are referred to:\n"
        "[configure](../how-to/configure.md)."
    )
    sections: dict[str, list[list[str]]] = {}
    for doc in describe(Settings):
        *table, name = doc.key if len(doc.key) > 1 else (*doc.key, "NAME")
        row = [
            f"`{name}`",
            _type_word(doc.field.annotation) + _bounds(doc.field),
            _default_word(doc.field),
            _sentence(doc.description),
        ]
        sections.setdefault(".".join(table), []).append(row)
    for section, rows in sections.items():
        yield f"## [{section}]"
        yield _table(["key", "type", "default", "meaning"], rows)


def _type_word(annotation: Any) -> str:
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Literal:
        return ", ".join(f'`"{value}"`' for value in arguments)
    if origin is typing.Annotated:
        return _type_word(arguments[0])
    if origin in {typing.Union, types.UnionType}:
        words = [_type_word(each) for each in arguments if each is not types.NoneType]
        return " or ".join(dict.fromkeys(words))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return "table"
    return _TYPE_WORDS[annotation]


def _bounds(field: FieldInfo) -> str:
    found = [
        f"{word} {getattr(bound, name):g}"
        for bound in field.metadata
        for name, word in _BOUNDS.items()
        if hasattr(bound, name)
    ]
    return ", " + ", ".join(found) if found else ""


def _default_word(field: FieldInfo) -> str:
    if field.default_factory is default_cache_dir:
        return "`cracktrader/candles` in your data folder (Linux: `~/.local/share`)"
    value = field.get_default(call_default_factory=True)
    if value is PydanticUndefined or value is None:
        return "unset"
    if value == {}:
        return "empty"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if text.endswith(".") else f"{text}."


# Errors


def _errors() -> Iterator[str]:
    yield (
        "All errors that cracktrader raises on purpose come from `cracktrader.errors`. Catch\n"
        "`CracktraderError` for all of them, or the branch you care about."
    )
    tree = (errors.__doc__ or "").partition("\n\n")[2].strip("\n")
    yield f"```text\n{tree}\n```"
    found = [errors.CracktraderError, *_children(errors.CracktraderError)]
    yield _table(
        ["error", "meaning", "exit code"],
        [[f"`{e.__name__}`", inspect.getdoc(e) or "", str(exit_code(e()).value)] for e in found],
    )
    yield "Some belong to live trading, which is not in this version."
    yield "## Exit codes"
    yield _table(
        ["code", "meaning"], [[str(code.value), meaning] for code, meaning in MEANINGS.items()]
    )
    yield (
        "Codes 6 and 8 are reserved for live trading, which is not in this version. An error is\n"
        "one line on standard error; `-vv` adds the traceback. A strategy that raised shows its\n"
        "own traceback always."
    )


def _children(cls: type[errors.CracktraderError]) -> Iterator[type[errors.CracktraderError]]:
    for child in cls.__subclasses__():
        if child.__module__ == errors.__name__:
            yield child
            yield from _children(child)


# Modules


def _modules() -> Iterator[str]:
    yield (
        "What each module is responsible for: the first line of its docstring. Who may import\n"
        "whom: [house rules](../house.md#layers)."
    )
    packages: dict[str, list[list[str]]] = {}
    titles: dict[str, str] = {}
    for path in sorted(SOURCE.rglob("*.py")):
        place = path.relative_to(SOURCE)
        first = _first_line(path)
        package = "/".join(place.parts[:-1])
        if place.name == "__init__.py":
            titles[package] = first
        else:
            packages.setdefault(package, []).append([f"`{place.name}`", first])
    for package in sorted(packages):
        yield f"## {'/'.join(filter(None, ('cracktrader', package)))}"
        yield titles.get(package, "")
        yield _table(["module", "responsibility"], packages[package])


def _first_line(path: Path) -> str:
    document = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return document.partition("\n")[0]


# States of an order


def _order_states() -> Iterator[str]:
    yield (
        "Each state, and what may come next; nothing else can happen to an order. Why it looks\n"
        "so: [the life of an order](../explanation/order_life.md)."
    )
    yield _table(
        ["state", "may become", "final"],
        [
            [
                f"`{state.name}`",
                ", ".join(f"`{each.name}`" for each in OrderState if each in TRANSITIONS[state]),
                "yes" if state.is_final else "",
            ]
            for state in OrderState
        ],
    )


# Public names


def _public() -> Iterator[str]:
    yield (
        "What `cracktrader` itself offers; each name is loaded when it is first used. Besides,\n"
        "[errors](errors.md) and what the guides and examples import may be relied on.\n"
        "Everything else may change without notice."
    )
    for name in sorted(cracktrader.__all__, key=str.lower):
        yield f"## {name}"
        value = getattr(cracktrader, name)
        if name in _BACKTRADER:
            yield _BACKTRADER[name]
        elif isinstance(value, str):
            yield "The version, as text."
        elif isinstance(value, type):
            yield from _class(value)
        else:
            yield _signature(name, value)
            yield _docstring(value)


def _class(cls: type[Any]) -> Iterator[str]:
    yield f"`from {cls.__module__} import {cls.__name__}`"
    params = _own_params(cls)
    if params:
        base = cls.__mro__[1]
        arguments = ", ".join(f"{name}={value!r}" for name, value in params.items())
        yield f"```text\n{cls.__name__}({_leading(cls)}{arguments}, ...)\n```"
        yield f"`...` stands for the parameters of `{base.__name__}`."
    elif "__init__" in vars(cls):
        yield _signature(cls.__name__, cls.__init__)
    yield _docstring(cls)
    rows = [
        [f"`{name}{_arguments(value)}`", _meaning(name, value)] for name, value in _methods(cls)
    ]
    if rows:
        yield _table(["method", "what it does"], rows)


def _own_params(cls: type[Any]) -> dict[str, object]:
    params = getattr(cls, "params", None)
    if not hasattr(params, "_getitems"):
        return {}
    inherited = dict(getattr(cls.__mro__[1], "params")._getitems())  # noqa: B009, SLF001
    found = dict(params._getitems())  # noqa: SLF001
    return {k: v for k, v in found.items() if k not in inherited or inherited[k] is not v}


def _leading(cls: type[Any]) -> str:
    names = [
        name
        for name, parameter in inspect.signature(cls.__init__).parameters.items()
        if name != "self" and parameter.kind is parameter.POSITIONAL_OR_KEYWORD
    ]
    return "".join(f"{name}, " for name in names)


def _methods(cls: type[Any]) -> Iterator[tuple[str, Any]]:
    for name, value in vars(cls).items():
        function = value.__func__ if isinstance(value, staticmethod | classmethod) else value
        is_ours = isinstance(function, types.FunctionType | property) and function.__doc__
        if not name.startswith("_") and is_ours:
            yield name, function


def _meaning(name: str, method: Any) -> str:
    if getattr(method, "__name__", name) != name:
        return f"The same as `{method.__name__}`."
    return (inspect.getdoc(method) or "").partition("\n\n")[0]


def _arguments(value: Any) -> str:
    if isinstance(value, property):
        return ""
    text = _without_self(_text(inspect.signature(value)))
    return text.partition(" ->")[0]


def _signature(name: str, function: Any) -> str:
    text = _without_self(_text(inspect.signature(function)))
    text = text.removesuffix(" -> None")
    if len(name + text) <= 96:
        return f"```text\n{name}{text}\n```"
    inside, _, after = text.removeprefix("(").rpartition(")")
    lines = "".join(f"    {part},\n" for part in _split(inside))
    return f"```text\n{name}(\n{lines}){after}\n```"


def _text(signature: inspect.Signature) -> str:
    """Return it as it stands in the code: annotations unquoted, no addresses of functions."""
    unquoted = re.sub(r"(: |-> )'([^']*)'", r"\1\2", str(signature))
    return re.sub(r"<function .*? at 0x\w+>", "...", unquoted)


def _without_self(signature: str) -> str:
    return re.sub(r"^\((?:self|cls)\b(?:: \w+)?(?:, )?", "(", signature)


def _split(arguments: str) -> list[str]:
    """Split at the commas outside of brackets."""
    parts, depth = [""], 0
    for char in arguments:
        depth += (char in "([") - (char in ")]")
        if char == "," and not depth:
            parts.append("")
        else:
            parts[-1] += char
    return [part.strip() for part in parts]


def _docstring(value: Any) -> str:
    return f"```text\n{inspect.getdoc(value) or ''}\n```"


if __name__ == "__main__":
    main()
