"""The ``cracktrader`` command: its table of commands, and how one is run."""

from __future__ import annotations

import contextlib
import inspect
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from types import FrameType
from typing import Final

from cyclopts import App, CycloptsError, Group

from cracktrader import __version__
from cracktrader.cli.exits import Exit, Terminated, epilogue, exit_code
from cracktrader.cli.options import COMMON, Common
from cracktrader.cli.output import Output

_START: Final = Group("Start here", sort_key=1)
_RESEARCH: Final = Group("Backtest", sort_key=2)
_MARKETS: Final = Group("Exchanges and candles", sort_key=3)
_SETUP: Final = Group("Set-up", sort_key=4)

# Group, words of the command, where it lives, one line of help. Modules load when called.
COMMANDS: Final = (
    (_START, "demo", "demo:demo", "The whole way in a minute, offline: exchange, candles, report."),
    (_START, "init", "project:init", "Make a project: settings, a first strategy, .gitignore."),
    (_START, "doctor", "doctor:doctor", "Check this machine and the settings; say what to do."),
    (_RESEARCH, "backtest", "backtest:backtest", "Run a strategy over past candles."),
    (_RESEARCH, "report", "report:report", "Show a backtest's result again, and rewrite its HTML."),
    (_MARKETS, "exchanges", "exchanges:exchanges", "List exchanges, or what one of them can do."),
    (_MARKETS, "markets", "exchanges:markets", "List an exchange's symbols, limits and fees."),
    (_MARKETS, "data download", "data:download", "Download candles into the archive; resumes."),
    (_MARKETS, "data list", "data:list_series", "List what the archive holds."),
    (_MARKETS, "data check", "data_quality:check", "Look for gaps and suspicious candles."),
    (_MARKETS, "data repair", "data_quality:repair", "Rewrite damaged files and bad candles."),
    (_MARKETS, "data export", "data_files:export", "Write candles to a CSV or Parquet file."),
    (_MARKETS, "data import", "data_files:import_candles", "Read candles from CSV or Parquet."),
    (_MARKETS, "data clear", "data:clear", "Delete candles from the archive."),
    (_MARKETS, "exchange serve", "simulate:serve", "Run the local exchange for ccxt clients."),
    (_SETUP, "config show", "config:show", "Print the effective settings; secrets hidden."),
    (_SETUP, "config check", "config:check", "Check the settings without using them."),
)
_FAMILIES: Final = {
    "data": (_MARKETS, "The archive of candles: download, list, check, repair, import, export."),
    "exchange": (_MARKETS, "The local exchange."),
    "config": (_SETUP, "The settings in effect, and where each comes from."),
}


def make_app() -> App:
    """Build the command tree; no command's module is imported before it is called."""
    app = App(
        name="cracktrader",
        help="Backtrader strategies, unchanged, on any CCXT exchange. Short name: ct.",
        version=f"cracktrader {__version__}",
        help_format="plaintext",
        help_epilogue=epilogue(),
        result_action="return_value",
    )
    app.register_install_completion_command(add_to_startup=False)
    families = {
        name: App(name=name, help=text, group=group, help_epilogue="")
        for name, (group, text) in _FAMILIES.items()
    }
    for family in families.values():
        app.command(family)
    for group, words, home, text in COMMANDS:
        family_name, _, name = words.rpartition(" ")
        options = {"name": name, "help": text, "help_epilogue": ""}
        if family_name:
            families[family_name].command(f"cracktrader.cli.{home}", **options)
        else:
            app.command(f"cracktrader.cli.{home}", group=group, **options)
    return app


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return the process's exit code."""
    words = sys.argv[1:] if argv is None else list(argv)
    output = Output()
    try:
        command, bound, _ = make_app().parse_args(words, exit_on_error=False, print_error=False)
    except CycloptsError as error:
        output.error(_usage_line(error))
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
        # The reader of our output left (`| head`); nothing may be flushed to it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.FAILED
    except (Exception, KeyboardInterrupt, Terminated) as error:  # noqa: BLE001  (the last resort)
        output.failure(error)
        return exit_code(error)
    return code if isinstance(code, int) else Exit.OK


@contextlib.contextmanager
def _sigterm_raises() -> Iterator[None]:
    def terminate(_signal: int, _frame: FrameType | None) -> None:
        raise Terminated("stopped by SIGTERM")

    before = signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _usage_line(error: CycloptsError) -> str:
    text = " ".join(str(error).split())
    return f"{text} See --help."
