"""Where log lines go: standard error, and a file that is rotated."""

from __future__ import annotations

import logging
import sys
from logging.handlers import RotatingFileHandler, TimedRotatingFileHandler
from pathlib import Path
from typing import Final, TextIO

from cracktrader.errors import ConfigError
from cracktrader.observability.redact import redacted_traceback
from cracktrader.observability.settings import LogSettings

_MEGABYTE: Final = 1_000_000


class LogOutput(logging.Handler):
    """An output that `setup_logging` installed, and may take away again."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  (logging's own name)
        """Say that a line was lost; logging's own report would show its arguments."""
        failure = sys.exc_info()[1]
        if failure is not None and sys.stderr is not None:
            sys.stderr.write(
                f"a log line of {record.name} was lost:\n{redacted_traceback(failure)}"
            )


class StderrOutput(LogOutput, logging.StreamHandler[TextIO]):
    """Standard error as it is at the time of writing, not as it was at set-up."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stderr


class NoOutput(LogOutput, logging.NullHandler):
    """Drops every line; with no output at all, Python would print warnings its own way."""


class SizedFileOutput(LogOutput, RotatingFileHandler):
    """A file replaced when it is full."""


class DailyFileOutput(LogOutput, TimedRotatingFileHandler):
    """A file replaced at midnight UTC."""


def open_file_output(path: Path, settings: LogSettings) -> LogOutput:
    """Open *path* for appending, rotated as *settings* say.

    Raises:
        ConfigError: if it cannot be written.
    """
    target = path.expanduser()
    count = settings.backup_count
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if settings.rotate == "daily":
            return DailyFileOutput(
                target, when="midnight", utc=True, backupCount=count, encoding="utf-8"
            )
        # A file without backups is never rotated by its size.
        limit = int(settings.max_file_mb * _MEGABYTE) if settings.rotate == "size" else 0
        return SizedFileOutput(target, maxBytes=limit, backupCount=count, encoding="utf-8")
    except OSError as exc:
        raise ConfigError(f'cannot write the log file "{target}": {exc.strerror or exc}') from exc
