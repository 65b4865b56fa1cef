"""Finds a user's strategy by file or import path."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import backtrader as bt

from cracktrader.errors import ConfigError, StrategyError, did_you_mean


def load_strategy(spec: str) -> type[bt.Strategy]:
    """Load ``file.py``, ``file.py:Class``, ``package.module:Class`` or ``package.module``.

    The class may be left out where the file defines exactly one strategy.

    Raises:
        ConfigError: if the file, module or class is not there; the message lists what is.
        StrategyError: if the file itself raised; its exception is the cause.
    """
    place, _, class_name = spec.partition(":")
    is_file = place.endswith(".py") or "/" in place
    module = _load_file(Path(place)) if is_file else _load_module(place)
    return _choose(_strategies_in(module), class_name, place)


def declared_params(strategy: type[bt.Strategy]) -> dict[str, object]:
    """Return the strategy's parameters with their defaults."""
    return dict(strategy.params._getitems())  # noqa: SLF001  (Backtrader's only way)


def _load_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise ConfigError(f'strategy file "{path}" does not exist.{_similar_file(path)}')
    spec = importlib.util.spec_from_file_location(path.stem, path.resolve())
    if spec is None or spec.loader is None:
        raise ConfigError(f'strategy file "{path}" is no Python file; its name must end in .py')
    module = importlib.util.module_from_spec(spec)
    # Backtrader looks a class's module up by name; pickling does too.
    before = sys.modules.get(path.stem)
    sys.modules[path.stem] = module
    try:
        with _imports_from(path.resolve().parent):
            spec.loader.exec_module(module)
    except (Exception, SystemExit) as exc:
        del sys.modules[path.stem]
        if before is not None:
            sys.modules[path.stem] = before
        raise StrategyError(f'strategy file "{path}" could not be loaded: {_brief(exc)}') from exc
    return module


def _load_module(name: str) -> ModuleType:
    try:
        with _imports_from(Path.cwd()):
            return importlib.import_module(name)
    except ModuleNotFoundError as exc:
        if exc.name is None or not (name + ".").startswith(exc.name + "."):
            raise StrategyError(f'module "{name}" could not be loaded: {_brief(exc)}') from exc
        raise ConfigError(
            f'there is no strategy "{name}": neither a file nor a module.'
            f"{_similar_file(Path(name + '.py'))} "
            'Use "path/to/file.py", "path/to/file.py:Class" or "package.module:Class".'
        ) from exc
    except (Exception, SystemExit) as exc:
        raise StrategyError(f'module "{name}" could not be loaded: {_brief(exc)}') from exc


@contextlib.contextmanager
def _imports_from(folder: Path) -> Iterator[None]:
    """Let a strategy import its neighbours, as a script may, and leave no files there."""
    before = sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        sys.dont_write_bytecode = before


def _strategies_in(module: ModuleType) -> dict[str, type[bt.Strategy]]:
    found = {
        name: item
        for name, item in vars(module).items()
        if inspect.isclass(item) and issubclass(item, bt.Strategy) and not name.startswith("_")
    }
    own = {name: item for name, item in found.items() if item.__module__ == module.__name__}
    return own or {name: item for name, item in found.items() if item is not bt.Strategy}


def _choose(
    strategies: dict[str, type[bt.Strategy]], class_name: str, place: str
) -> type[bt.Strategy]:
    names = ", ".join(sorted(strategies))
    if not strategies:
        raise ConfigError(f'"{place}" defines no Backtrader strategy (a subclass of bt.Strategy)')
    if class_name in strategies:
        return strategies[class_name]
    if class_name:
        hint = did_you_mean(class_name, strategies)
        raise ConfigError(f'"{place}" has no strategy "{class_name}".{hint} It has: {names}')
    if len(strategies) > 1:
        first = min(strategies)
        raise ConfigError(f'"{place}" has several strategies: {names}. Say "{place}:{first}".')
    return next(iter(strategies.values()))


def _similar_file(path: Path) -> str:
    folder = path.parent if path.parent.is_dir() else Path()
    near = {
        file.name: str(file) for file in [*folder.glob("*.py"), *folder.glob("strategies/*.py")]
    }
    hint = did_you_mean(path.name, near)
    for name, file in near.items():
        hint = hint.replace(f'"{name}"', f'"{file}"')
    return hint


def _brief(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"
