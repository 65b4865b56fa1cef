"""What the user sees: data on stdout, everything else on stderr."""

from __future__ import annotations

import json as jsonlib
import sys
import textwrap
import traceback
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Final

from cracktrader.cli.exits import Terminated, one_line
from cracktrader.cli.options import Common, Reporting
from cracktrader.errors import StrategyError

if TYPE_CHECKING:
    from rich.console import Console

# Piped output has no width of its own; a table is never wrapped to an imagined terminal.
_PIPE_WIDTH = 1_000
# What runs a strategy; whoever wrote one wants to see their own lines.
_FRAMEWORKS: Final = frozenset({"cracktrader", "backtrader", "importlib"})


class Output:
    """Prints results, notes and errors.

    *json* makes `data` print JSON; *verbosity* counts the -v flags.
    """

    def __init__(self, *, json: bool = False, quiet: bool = False, verbosity: int = 0) -> None:
        self.json = json
        self.quiet = quiet
        self.verbosity = verbosity

    @classmethod
    def of(cls, common: Common) -> Output:
        """Build one as the shared options ask."""
        wants_json = isinstance(common, Reporting) and common.json
        return cls(json=wants_json, quiet=common.quiet, verbosity=common.verbose)

    def data(self, value: object) -> None:
        """Print *value* as JSON on stdout."""
        self.text(jsonlib.dumps(value, indent=2, ensure_ascii=False, default=str))

    def text(self, text: str) -> None:
        """Print *text* as it is on stdout."""
        sys.stdout.write(text + "\n")
        sys.stdout.flush()

    def paragraph(self, text: str, *, indent: str) -> None:
        """Print *text* on stdout, broken between words on a terminal; *indent* leads on."""
        if sys.stdout.isatty():
            width = console(stderr=False).width
            text = textwrap.fill(text, width, subsequent_indent=indent, break_on_hyphens=False)
        self.text(text)

    def table(
        self, rows: Iterable[Sequence[object]], *, columns: Sequence[str], title: str | None = None
    ) -> None:
        """Print a table on stdout; a column whose name starts with ">" is right-aligned."""
        from rich import box
        from rich.table import Table

        table = Table(
            title=title,
            title_justify="left",
            box=box.SIMPLE_HEAD,
            padding=(0, 1, 0, 0),
            show_edge=False,
        )
        for name in columns:
            is_number = name.startswith(">")
            table.add_column(
                name.removeprefix(">"), justify="right" if is_number else "left", overflow="fold"
            )
        for row in rows:
            table.add_row(*("" if cell is None else escape(str(cell)) for cell in row))
        console(stderr=False).print(table)

    def note(self, text: str) -> None:
        """Tell the user something by the way, on stderr; nothing with --quiet.

        Lines are not broken, so that commands in them can be copied.
        """
        if not self.quiet:
            console(stderr=True).print(text, soft_wrap=True, markup=False)

    def error(self, text: str) -> None:
        """Print one line that says what is wrong."""
        console(stderr=True).print(f"[bold red]error:[/] {escape(redact(text))}", soft_wrap=True)

    def failure(self, error: BaseException) -> None:
        """Print what ended the command: one line, and with -vv the traceback."""
        if isinstance(error, KeyboardInterrupt | Terminated):
            console(stderr=True).print("stopped")
            return
        if isinstance(error, StrategyError) and error.__cause__ is not None:
            self._traceback(error.__cause__, from_user=self.verbosity < 2)
        elif self.verbosity > 1:
            self._traceback(error)
        self.error(one_line(error))

    def _traceback(self, error: BaseException, *, from_user: bool = False) -> None:
        start = _user_part(error.__traceback__) if from_user else error.__traceback__
        lines = traceback.format_exception(type(error), error, start)
        sys.stderr.write(redact("".join(lines)))


def console(*, stderr: bool) -> Console:
    """Return a rich console on the stream as it is now; NO_COLOR and pipes are respected."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else _PIPE_WIDTH
    return Console(file=stream, width=width, highlight=False, soft_wrap=False)


def _user_part(found: TracebackType | None) -> TracebackType | None:
    """Return the part of a traceback that begins with the user's own code; all without any."""
    part = found
    while part is not None:
        name = part.tb_frame.f_globals.get("__name__") or ""
        if name.partition(".")[0] not in _FRAMEWORKS:
            return part
        part = part.tb_next
    return found


def escape(text: str) -> str:
    """Return *text* so that rich prints its brackets instead of reading them."""
    from rich.markup import escape as rich_escape

    return rich_escape(text)


def redact(text: str) -> str:
    """Return *text* without any secret this process has read."""
    from cracktrader.observability.redact import redact as remove

    return remove(text)
