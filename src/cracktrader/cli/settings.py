"""Reads the settings for a command, and starts its logs."""

from __future__ import annotations

from collections.abc import Mapping

from cracktrader.cli.options import Common
from cracktrader.config import Config, load_config
from cracktrader.observability.logs import setup_logging
from cracktrader.observability.settings import LogSettings


def read_settings(common: Common, *, overrides: Mapping[str, object] | None = None) -> Config:
    """Return the effective settings; *overrides* by dotted key come from the command line."""
    given = {key: value for key, value in (overrides or {}).items() if value is not None}
    config = load_config(files=common.config or None, overrides=given)
    is_default = config.origin("log.level") == "default"
    start_logs(common, config.settings.log, level=None if is_default else config.settings.log.level)
    return config


def start_logs(
    common: Common, settings: LogSettings | None = None, *, level: str | None = None
) -> None:
    """Log to standard error as -v and -q ask; *level* is what the settings ask."""
    setup_logging(_level(common) or level or "WARNING", settings=settings)


def _level(common: Common) -> str | None:
    if common.quiet:
        return "ERROR"
    return {0: None, 1: "INFO"}.get(common.verbose, "DEBUG")
