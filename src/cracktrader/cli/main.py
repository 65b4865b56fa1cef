"""The ``cracktrader`` command: its table of commands, and how one is run."""

from __future__ import annotations

import contextlib
import inspect
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from types import FrameType
from typing import Final, NamedTuple

from cyclopts import App, CycloptsError, Group, Parameter

from cracktrader import __version__
from cracktrader.cli.encoding import make_streams_forgiving
from cracktrader.cli.exits import Exit, Terminated, epilogue, exit_code
from cracktrader.cli.options import COMMON, Common
from cracktrader.cli.output import Output
from cracktrader.cli.words import command_first


class Command(NamedTuple):
    """A command: its words, where it lives (imported when called), one line of help."""

    words: str
    home: str
    help: str


class Family(NamedTuple):
    """A heading of the help text and the commands under it."""

    title: str
    commands: tuple[Command, ...]


_CLI: Final = "cracktrader.cli."
COMMANDS: Final = (
    Family(
        "Start here",
        (
            Command("demo", _CLI + "demo:demo", "See all of it in a minute, without a network."),
            Command("init", _CLI + "project:init", "Make a project: settings, a first strategy."),
            Command("doctor", _CLI + "doctor:doctor", "Check this machine; say what to do."),
        ),
    ),
    Family(
        "Backtest",
        (
            Command("backtest", _CLI + "backtest:backtest", "Run a strategy over past candles."),
            Command("report", _CLI + "report:report", "Show a result again; rewrite its HTML."),
        ),
    ),
    Family(
        "Candles",
        (
            Command("data download", _CLI + "data:download", "Download candles; resumes."),
            Command("data list", _CLI + "data:list_series", "List what the archive holds."),
            Command("data check", _CLI + "data_quality:check", "Find gaps and bad candles."),
            Command("data repair", _CLI + "data_quality:repair", "Mend damaged files."),
            Command("data export", _CLI + "data_files:export", "Write a CSV or Parquet file."),
            Command("data import", _CLI + "data_files:import_file", "Read a CSV or Parquet file."),
            Command("data clear", _CLI + "data:clear", "Delete candles from the archive."),
        ),
    ),
    Family(
        "Exchanges",
        (
            Command("exchanges", _CLI + "exchanges:exchanges", "List exchanges; what one can do."),
            Command("markets", _CLI + "exchanges:markets", "List symbols, limits and fees."),
            Command("exchange serve", _CLI + "simulate:serve", "Run the local exchange."),
        ),
    ),
    Family(
        "Settings",
        (
            Command("config show", _CLI + "config:show", "Print the effective settings."),
            Command("config check", _CLI + "config:check", "Check the settings, offline."),
        ),
    ),
)
_NAMES: Final = ("cracktrader", "ct")
_SUBJECTS: Final = {
    "data": "The archive of candles: download, list, check, repair, export, import, clear.",
    "exchange": "The local exchange: serve.",
    "config": "The settings in effect and where each comes from: show, check.",
}


def make_app(families: Sequence[Family] = COMMANDS, *, words: Sequence[str] = ()) -> App:
    """Build the command tree; only the module of the command in *words* is ever imported.

    That command's help is its docstring; of the others one line is enough.
    """
    app = App(
        name=_program(),
        help="Backtrader strategies, unchanged, on any CCXT exchange. Short name: ct.",
        version=f"cracktrader {__version__}",
        help_format="plaintext",
        help_epilogue=epilogue(),
        default_parameter=Parameter(negative=(), show_default=_tells_something),
        group_commands=Group("Options", sort_key=len(families)),
        result_action="return_value",
    )
    app.register_install_completion_command(add_to_startup=False)
    subjects: dict[str, App] = {}
    for rank, family in enumerate(families):
        group = Group(family.title, sort_key=rank)
        for command in family.commands:
            subject, _, name = command.words.rpartition(" ")
            is_meant = " ".join(words).startswith(command.words)
            options = {
                "help": None if is_meant else command.help,
                "help_epilogue": "",
                "help_format": "markdown",
            }
            if not subject:
                app.command(command.home, name, group=group, **options)
                continue
            if subject not in subjects:
                subjects[subject] = _make_subject(subject, group)
                app.command(subjects[subject])
            subjects[subject].command(command.home, name, **options)
    return app


def _program() -> str:
    """Return the name it was called by, so that help and completion are about that one."""
    called = os.path.basename(sys.argv[0])  # noqa: PTH119  (no path: a word)
    return called if called in _NAMES else _NAMES[0]


def _subjects(families: Sequence[Family]) -> set[str]:
    words = [command.words.split() for family in families for command in family.commands]
    return {first for first, *more in words if more}


def _tells_something(default: object) -> object:
    """Return a default as the help text shows it; empty ones are not worth a word."""
    return None if default in (False, None, (), "") else default


def _make_subject(name: str, group: Group) -> App:
    return App(
        name=name,
        help=_SUBJECTS.get(name),
        help_epilogue="",
        group=group,
        group_commands=Group("Commands"),
    )


def main(argv: Sequence[str] | None = None, *, families: Sequence[Family] = COMMANDS) -> int:
    """Run one command and return the process's exit code."""
    make_streams_forgiving()
    given = sys.argv[1:] if argv is None else argv
    words = command_first(given, subjects=_subjects(families))
    try:
        command, bound, _ = make_app(families, words=words).parse_args(
            words, exit_on_error=False, print_error=False
        )
    except CycloptsError as error:
        Output().error(" ".join(str(error).split()))
        return Exit.USAGE
    bound.apply_defaults()
    # --help, --version and the like have no shared options.
    common = next((v for v in bound.arguments.values() if isinstance(v, Common)), COMMON)
    return _run(command, bound, Output.of(common))


def _run(command: Callable[..., object], bound: inspect.BoundArguments, output: Output) -> int:
    try:
        with _sigterm_raises():
            code = command(*bound.args, **bound.kwargs)
            sys.stdout.flush()
    except BrokenPipeError:
        # The reader of our output left (`| head`): nothing may be flushed to it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.FAILED
    except (Exception, KeyboardInterrupt, Terminated) as error:  # noqa: BLE001  (the last resort)
        output.failure(error)
        _give_up_on_stdout()
        return exit_code(error)
    return code if isinstance(code, int) else Exit.OK


def _give_up_on_stdout() -> None:
    """Drop what a full disk did not take, or Python would complain of it once more at exit."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextlib.contextmanager
def _sigterm_raises() -> Iterator[None]:
    def terminate(_signal: int, _frame: FrameType | None) -> None:
        raise Terminated("stopped by SIGTERM")

    before = signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
