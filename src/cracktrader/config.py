"""The table of contents of all settings, and how they are read.

Built-in defaults < the user's file < the project's file < environment < command line,
merged deeply. Every value knows where it came from, and no error repeats one.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import platformdirs
from pydantic import Field, ValidationError

from cracktrader.candles.settings import ArchiveSettings
from cracktrader.errors import ConfigError, did_you_mean
from cracktrader.exchange.ids import require_exchange_id
from cracktrader.exchange.settings import ExchangeSettings
from cracktrader.observability.exposure import (
    exposed_secrets,
    showable,
    unreadable_secrets,
    values,
)
from cracktrader.observability.redact import redact
from cracktrader.observability.settings import LogSettings
from cracktrader.settings.model import SettingsModel
from cracktrader.settings.problems import Problem, explain, place
from cracktrader.settings.schema import describe, is_known
from cracktrader.settings.sources import read_environment, read_overrides, read_toml
from cracktrader.settings.tree import (
    DEFAULT,
    Leaf,
    Tree,
    dotted,
    leaves,
    merge,
    origin_of,
    plain,
    put,
    split_key,
)

FILE_NAME: Final = "cracktrader.toml"
# Relative paths under these keys count from the folder of the file that sets them.
_PATHS: Final = {("log", "file"), ("data", "cache_dir"), ("backtest", "results_dir")}


class BacktestSettings(SettingsModel):
    """What a backtest assumes unless told otherwise."""

    cash: float = Field(
        default=10_000.0, gt=0, description="Cash to start with, in the quote currency."
    )
    commission: float | None = Field(
        default=None,
        ge=0,
        lt=1,
        description="Fee as a fraction of the traded value (0.001 = 0.1 %); unset = the market's.",
    )
    slip_perc: float = Field(
        default=0.0,
        ge=0,
        lt=1,
        description="Slippage as a fraction of the price (0.0001 = 1 basis point).",
    )
    realism: Literal["exchange", "none"] | dict[str, Any] = Field(
        default="exchange",
        description="Fills by the rules of a real exchange, exactly as Backtrader's own, or a "
        "table of single parts, e.g. {rules = true, half_spread_bps = 1.0}.",
    )
    results_dir: Path = Field(
        default=Path("runs"), description="Folder that gets one result folder per run."
    )


class Settings(SettingsModel):
    """Everything that may be set."""

    exchange: dict[str, ExchangeSettings] = Field(
        default_factory=dict, description="Exchanges by CCXT id."
    )
    data: ArchiveSettings = Field(
        default_factory=ArchiveSettings, description="The archive of candles."
    )
    log: LogSettings = Field(default_factory=LogSettings, description="The log.")
    backtest: BacktestSettings = Field(
        default_factory=BacktestSettings, description="Assumptions of a backtest."
    )
    strategy: dict[str, dict[str, Any]] = Field(
        default_factory=dict, description="Parameters of strategies, by the strategy's name."
    )

    def __repr__(self) -> str:
        return redact(super().__repr__())

    def __str__(self) -> str:
        return redact(super().__str__())


@dataclass(frozen=True, slots=True)
class Entry:
    """A value as it may be shown, and where it came from."""

    value: object
    origin: str


@dataclass(frozen=True, slots=True, repr=False)
class Config:
    """The effective settings, and where each comes from."""

    settings: Settings
    files: tuple[Path, ...]
    tree: Tree

    def __repr__(self) -> str:
        return f"Config(files={[str(path) for path in self.files]})"

    def origin(self, key: str) -> str:
        """Return where the value of a dotted *key* came from.

        That is ``file:line``, the name of a variable, "command line" or "default".

        Raises:
            ConfigError: if there is no such key.
        """
        path = split_key(key)
        origin = origin_of(self.tree, path)
        if origin is None and not is_known(Settings, path):
            hint = did_you_mean(key, [dotted(doc.key) for doc in describe(Settings)])
            raise ConfigError(f'unknown key "{key}".{hint}')
        return origin or DEFAULT

    def exchange(self, name: str) -> ExchangeSettings:
        """Return the settings of an exchange, whatever the case of its id; else the defaults."""
        return self.settings.exchange.get(name.strip().lower(), ExchangeSettings())

    def strategy_params(self, name: str) -> dict[str, Any]:
        """Return the parameters given for a strategy, whatever the case of its name."""
        found: dict[str, Any] = {}
        for known, params in self.settings.strategy.items():
            if known.lower() == name.lower():
                found |= params
        return found

    def redacted(self) -> dict[str, Entry]:
        """Return every effective value by dotted key, fit to be shown."""
        return {
            dotted(key): Entry(showable(key, value), origin_of(self.tree, key) or DEFAULT)
            for key, value in values(self.settings)
        }


def load_config(
    *,
    files: Sequence[str | Path] | None = None,
    env: Mapping[str, str] | None = None,
    overrides: Mapping[str, object] | None = None,
    cwd: str | Path | None = None,
) -> Config:
    """Read the settings of all layers.

    Args:
        files: read these, the last counts most, instead of the user's and the project's.
        env: variables to read instead of the process's own.
        overrides: from the command line, by dotted key; None means not given.
        cwd: where to look for the project's file, upwards; the working folder by default.

    Raises:
        ConfigError: if anything is unknown, malformed or out of range.
    """
    config, problems = _read(
        _files(files, env, cwd), os.environ if env is None else env, overrides or {}
    )
    if config is None or problems:
        more = f" (and {len(problems) - 1} more; see: cracktrader config check)"
        raise ConfigError(f"{problems[0]}{more if len(problems) > 1 else ''}")
    return config


def check_config(
    *,
    files: Sequence[str | Path] | None = None,
    env: Mapping[str, str] | None = None,
    overrides: Mapping[str, object] | None = None,
    cwd: str | Path | None = None,
) -> list[Problem]:
    """Return everything that is wrong with the settings, without using the network.

    Takes what `load_config` takes. Beyond what that refuses: exchanges that CCXT does not
    have, and secrets that cannot be read.
    """
    variables = os.environ if env is None else env
    config, problems = _read(_files(files, env, cwd), variables, overrides or {})
    if config is not None:
        problems.extend(_unknown_exchanges(config))
        problems.extend(unreadable_secrets(config.settings, config.tree, variables))
    return problems


def config_files(*, env: Mapping[str, str], cwd: Path) -> list[Path]:
    """Return the files that exist: the user's, then the nearest *cracktrader.toml* upwards."""
    home = env.get("XDG_CONFIG_HOME", "")
    user = Path(home) / "cracktrader" if home else _user_folder()
    folders = [cwd, *cwd.parents]
    project = next((path for folder in folders if (path := folder / FILE_NAME).is_file()), None)
    return [path for path in (user / "config.toml", project) if path is not None and path.is_file()]


def _user_folder() -> Path:
    return platformdirs.user_config_path("cracktrader", appauthor=False)


def _files(
    files: Sequence[str | Path] | None, env: Mapping[str, str] | None, cwd: str | Path | None
) -> list[Path]:
    if files is not None:
        return [Path(path).expanduser() for path in files]
    return config_files(env=os.environ if env is None else env, cwd=Path(cwd or ".").absolute())


def _read(
    files: Sequence[Path], env: Mapping[str, str], overrides: Mapping[str, object]
) -> tuple[Config | None, list[Problem]]:
    problems: list[Problem] = []
    tree: Tree = {}
    for path in files:
        try:
            tree = merge(tree, _with_ids(_anchored(read_toml(path), path.parent)))
        except ConfigError as exc:
            problems.append(Problem(message=str(exc), origin=str(path)))
    try:
        given = _with_ids(read_overrides(overrides))
    except ConfigError as exc:
        problems.append(Problem(message=str(exc)))
        given = {}
    named = _named_variables([leaf.value for _, leaf in leaves(merge(tree, given))], env)
    tree = merge(merge(tree, read_environment(env, tree, ignore=named)), given)
    problems.extend(exposed_secrets(tree))
    try:
        settings = Settings.model_validate(plain(tree))
    except ValidationError as exc:
        problems.extend(explain(exc, Settings, tree))
        return None, problems
    return Config(settings, tuple(files), tree), problems


def _anchored(tree: Tree, folder: Path) -> Tree:
    """Make relative paths absolute: a project's settings mean the same in its subfolders."""
    anchored: Tree = {}
    for key, leaf in leaves(tree):
        value = leaf.value
        if isinstance(value, str) and value:
            if key[0] == "exchange" and value.startswith("file:"):
                value = f"file:{_absolute(folder, value.removeprefix('file:'))}"
            elif key in _PATHS and "://" not in value:
                value = _absolute(folder, value)
        put(anchored, key, Leaf(value, leaf.origin))
    return anchored


def _with_ids(tree: Tree) -> Tree:
    """Write exchanges as CCXT does, in small letters: ``[exchange.Binance]`` is binance's."""
    table = tree.get("exchange")
    if not isinstance(table, dict):
        return tree
    exchanges: Tree = {}
    for name, node in table.items():
        exchanges = merge(exchanges, {name.lower(): node})
    return {**tree, "exchange": exchanges}


def _absolute(folder: Path, text: str) -> str:
    return text if text.startswith("~") else str(folder.absolute() / text)


def _named_variables(values: Iterable[object], env: Mapping[str, str]) -> frozenset[str]:
    """Return the variables that references name: they hold secrets, not settings."""
    texts = [*values, *env.values()]
    return frozenset(
        text.strip().removeprefix("env:")
        for text in texts
        if isinstance(text, str) and text.strip().startswith("env:")
    )


def _unknown_exchanges(config: Config) -> Iterator[Problem]:
    for name in config.settings.exchange:
        try:
            require_exchange_id(name)
        except ConfigError as exc:
            origin = origin_of(config.tree, ("exchange", name)) or ""
            key = dotted(("exchange", name))
            yield Problem(message=f"{exc}{place(origin)}", key=key, origin=origin)
