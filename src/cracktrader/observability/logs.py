"""structlog over the standard library's logging, set up once; secrets hidden.

Lines of ccxt, asyncio and aiohttp pass through the same formatter. Nothing is ever
written to standard output: that belongs to the data a command prints.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final, cast

import structlog
from pydantic import ValidationError

from cracktrader.errors import ConfigError, did_you_mean
from cracktrader.observability.outputs import LogOutput, NoOutput, StderrOutput, open_file_output
from cracktrader.observability.rendering import hide_secrets, make_console_renderer, to_json
from cracktrader.observability.settings import LEVELS, LogSettings

# They say little of use below a warning, and at DEBUG print whole requests.
_CHATTY: Final = ("aiohttp", "asyncio", "ccxt", "urllib3")
_LEVELS_SET: Final = "cracktrader_level_set"

_SHARED: Final[list[structlog.typing.Processor]] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """Return the logger *name*; usable before `setup_logging`, which then shows its lines."""
    return cast(
        "structlog.stdlib.BoundLogger",
        structlog.wrap_logger(
            logging.getLogger(name),
            processors=[
                structlog.stdlib.filter_by_level,
                *_SHARED,
                structlog.stdlib.PositionalArgumentsFormatter(),
                structlog.processors.StackInfoRenderer(),
                structlog.processors.format_exc_info,
                # Also here, not only in the formatter: without setup, Python's handler of
                # last resort prints what leaves this chain.
                hide_secrets,
                structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
            ],
            wrapper_class=structlog.stdlib.BoundLogger,
            cache_logger_on_first_use=True,
        ),
    )


def bind(**context: object) -> AbstractContextManager[None]:
    """Put *context* on every line logged inside the ``with`` block, on the loop thread too.

    Values that are None are left out.
    """
    present = {key: value for key, value in context.items() if value is not None}
    return structlog.contextvars.bound_contextvars(**present)


def setup_logging(
    level: str | None = None,
    *,
    json_enabled: bool | None = None,
    file: str | Path | None = None,
    levels: Mapping[str, str] | None = None,
    settings: LogSettings | None = None,
) -> None:
    """Send every log line to standard error, and to *file* if there is one.

    May be called again: the last call counts, nothing is logged twice.

    Args:
        level: least severe level to log; ``INFO`` unless *settings* say otherwise.
        json_enabled: JSON lines or coloured text; None = text on a terminal only.
        file: also write JSON lines there, rotated as *settings* say.
        levels: level per logger name.
        settings: what the configuration says; the other arguments come first.

    Raises:
        ConfigError: if a level is unknown or the file cannot be written.
    """
    chosen = settings or LogSettings()
    changes = {"level": level, "file": file, "levels": levels}
    if json_enabled is not None:
        changes["format"] = "json" if json_enabled else "console"
    chosen = _changed(chosen, {key: value for key, value in changes.items() if value is not None})
    outputs = _open_outputs(chosen)
    _remove_outputs()
    root = logging.getLogger()
    root.setLevel(chosen.level)
    for output in outputs:
        root.addHandler(output)
    for name, own_level in _own_levels(chosen).items():
        logger = logging.getLogger(name)
        setattr(logger, _LEVELS_SET, True)
        logger.setLevel(own_level)


def _changed(settings: LogSettings, changes: Mapping[str, object]) -> LogSettings:
    try:
        return LogSettings.model_validate({**settings.model_dump(), **changes})
    except ValidationError as exc:
        wrong = {str(error["loc"][0]) for error in exc.errors(include_input=False)}
    if wrong <= {"level", "levels"}:
        hint = did_you_mean(str(changes.get("level", "")), LEVELS)
        raise ConfigError(f"a log level must be one of {', '.join(LEVELS)}.{hint}")
    raise ConfigError(f"these log settings have a wrong type: {', '.join(sorted(wrong))}")


def _open_outputs(settings: LogSettings) -> list[LogOutput]:
    outputs: list[LogOutput] = []
    if settings.console:
        terminal = sys.stderr is not None and sys.stderr.isatty()
        as_json = settings.format == "json" or (settings.format == "auto" and not terminal)
        colors = terminal and not os.environ.get("NO_COLOR")
        output: LogOutput = StderrOutput()
        output.setFormatter(
            _formatter(to_json if as_json else make_console_renderer(colors=colors))
        )
        outputs.append(output)
    if settings.file is not None:
        output = open_file_output(settings.file, settings)
        output.setFormatter(_formatter(to_json))
        outputs.append(output)
    return outputs or [NoOutput()]


def _formatter(renderer: structlog.typing.Processor) -> structlog.stdlib.ProcessorFormatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*_SHARED, structlog.stdlib.ExtraAdder()],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            hide_secrets,
            renderer,
        ],
    )


def _own_levels(settings: LogSettings) -> dict[str, str]:
    order = {name: number for number, name in enumerate(LEVELS)}
    chatty = max(settings.level, "WARNING", key=order.__getitem__)
    return {**dict.fromkeys(_CHATTY, chatty), **settings.levels}


def _remove_outputs() -> None:
    root = logging.getLogger()
    for handler in [known for known in root.handlers if isinstance(known, LogOutput)]:
        root.removeHandler(handler)
        handler.close()
    for logger in list(root.manager.loggerDict.values()):
        if isinstance(logger, logging.Logger) and getattr(logger, _LEVELS_SET, False):
            logger.setLevel(logging.NOTSET)
            delattr(logger, _LEVELS_SET)
