"""Settings of the log."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal, get_args

from pydantic import BeforeValidator, Field

from cracktrader.settings.model import SettingsModel


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


_LevelName = Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]
LEVELS: Final[tuple[str, ...]] = get_args(_LevelName)
Level = Annotated[_LevelName, BeforeValidator(_upper)]


class LogSettings(SettingsModel):
    """What is logged, how it looks and where it goes."""

    level: Level = Field(
        default="INFO",
        description="Least severe level to log: DEBUG, INFO, WARNING, ERROR, CRITICAL.",
    )
    levels: dict[str, Level] = Field(
        default_factory=dict,
        description='Level per logger name, e.g. {ccxt = "DEBUG"}; its children follow.',
    )
    format: Literal["auto", "console", "json"] = Field(
        default="auto",
        description="Lines on standard error: coloured text, JSON, or text on a terminal only.",
    )
    console: bool = Field(default=True, description="Whether to log to standard error.")
    file: Path | None = Field(
        default=None, description="File that also gets every line, as JSON; none by default."
    )
    rotate: Literal["size", "daily", "never"] = Field(
        default="size", description="When to start a new file: by its size, at midnight UTC, never."
    )
    max_file_mb: float = Field(
        default=10.0,
        gt=0,
        le=100_000,
        description='Size of a full file in MB, with rotate = "size".',
    )
    backup_count: int = Field(
        default=5,
        ge=0,
        le=10_000,
        description="How many full files to keep; older ones are deleted.",
    )
