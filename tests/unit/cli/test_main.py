import importlib
import inspect
import os
import signal
import subprocess
import sys

import pytest

from cracktrader import __version__
from cracktrader.cli.main import COMMANDS, Command, Family, main, make_app
from cracktrader.cli.options import COMMON, REPORTING, Common, Reporting
from cracktrader.cli.output import Output
from cracktrader.errors import CracktraderError, StrategyError, TradingHalted

HERE = "tests.unit.cli.test_main:"


def greet(name: str, /, *, loud: bool = False, common: Reporting = REPORTING) -> None:
    """Greet."""
    Output.of(common).text(f"{name.upper() if loud else name} {common.json} {common.verbose}")


def answer(*, common: Common = COMMON) -> int:
    return 7 + common.verbose


def halt(*, common: Common = COMMON) -> None:
    assert not common.quiet
    raise TradingHalted("drawdown of 20 % reached [bold]")


def crash(*, common: Common = COMMON) -> None:
    assert not common.quiet
    raise ZeroDivisionError("division by zero")


def misbehave(*, common: Common = COMMON) -> None:
    assert not common.quiet
    try:
        crash()
    except ZeroDivisionError as error:
        raise StrategyError("SmaCross raised at 2024-01-01 00:00") from error


def interrupt(*, common: Common = COMMON) -> None:
    assert not common.quiet
    os.kill(os.getpid(), signal.SIGINT)


def terminate(*, common: Common = COMMON) -> None:
    assert not common.quiet
    os.kill(os.getpid(), signal.SIGTERM)


def leave_pipe(*, common: Common = COMMON) -> None:
    assert not common.quiet
    raise BrokenPipeError


NAMES = ("greet", "answer", "halt", "crash", "misbehave", "interrupt", "terminate", "leave_pipe")
TOY = (
    Family("Toys", tuple(Command(name, HERE + name, name) for name in NAMES)),
    Family(
        "Boxes",
        (Command("box greet", HERE + "greet", "g"), Command("box halt", HERE + "halt", "h")),
    ),
)


def toy(*words):
    return main(words, families=TOY)


def test_a_command_gets_its_arguments_and_the_shared_options(capsys):
    assert toy("greet", "ada", "--loud", "--json", "-vv") == 0
    assert capsys.readouterr().out == "ADA True 2\n"


@pytest.mark.parametrize(("called", "name"), [("/bin/ct", "ct"), ("pytest", "cracktrader")])
def test_it_goes_by_the_name_it_was_called_by(monkeypatch, called, name):
    monkeypatch.setattr(sys, "argv", [called])
    assert make_app(TOY).name == (name,)


def test_the_shared_options_may_come_first(capsys):
    assert toy("--json", "-v", "greet", "ada") == 0
    assert capsys.readouterr().out == "ada True 1\n"
    assert toy("-v", "box", "--json", "greet", "ada") == 0
    assert capsys.readouterr().out == "ada True 1\n"


def test_commands_are_found_under_their_subject(capsys):
    assert toy("box", "greet", "bob") == 0
    assert capsys.readouterr().out == "bob False 0\n"


def test_a_command_may_choose_its_exit_code():
    assert toy("answer") == 7


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["gret"], 'Did you mean "greet"?'),
        (["greet"], "requires an argument"),
        (["greet", "x", "--lod"], "Did you mean --loud?"),
        (["box", "hlt"], 'Did you mean "halt"?'),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(capsys, words, hint):
    assert toy(*words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert hint in err
    assert err.count("\n") == 1


def test_an_error_is_one_line_without_traceback(capsys):
    assert toy("halt") == 6
    assert capsys.readouterr().err == "error: drawdown of 20 % reached [bold]\n"


def test_a_bug_is_one_line_too_and_vv_adds_the_traceback(capsys):
    assert toy("crash") == 1
    assert capsys.readouterr().err == "error: ZeroDivisionError: division by zero\n"
    assert toy("crash", "-vv") == 1
    assert "Traceback" in capsys.readouterr().err


def test_a_strategy_that_raised_shows_its_own_traceback(capsys):
    assert toy("misbehave") == 1
    err = capsys.readouterr().err
    assert "in crash" in err
    assert err.endswith("error: SmaCross raised at 2024-01-01 00:00\n")


@pytest.mark.parametrize(("name", "code"), [("interrupt", 130), ("terminate", 143)])
def test_signals_end_with_their_codes(capsys, name, code):
    before = signal.getsignal(signal.SIGTERM)
    assert toy(name) == code
    assert capsys.readouterr().err == "stopped\n"
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_reader_that_left_is_no_error_message(capfd):
    saved = os.dup(1)
    try:
        assert toy("leave_pipe") == 1
    finally:
        os.dup2(saved, 1)
        os.close(saved)
    assert capfd.readouterr().err == ""


def test_version_and_help(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.strip() == f"cracktrader {__version__}"
    assert main([]) == 0
    out = capsys.readouterr().out
    assert "Exit codes" in out
    assert "backtest" in out
    assert out.index("Start here") < out.index("Backtest") < out.index("Options")


@pytest.mark.parametrize(
    "command", [c for family in COMMANDS for c in family.commands], ids=lambda c: c.words
)
def test_every_command_has_help(capsys, command):
    assert main([*command.words.split(), "--help"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    module, _, name = command.home.partition(":")
    first_line = inspect.getdoc(getattr(importlib.import_module(module), name)).splitlines()[0]
    assert first_line in out
    assert "--verbose" in out


def test_the_overview_imports_no_command():
    listing = (
        "import sys; from cracktrader.cli.main import main; main(['--help']); print(*sys.modules)"
    )
    run = subprocess.run(  # noqa: S603
        [sys.executable, "-c", listing], capture_output=True, text=True, check=True
    )
    assert "cracktrader.cli.output" in run.stdout
    assert "cracktrader.cli.backtest" not in run.stdout
    assert "cracktrader.cli.data" not in run.stdout


def test_completion_scripts_know_the_commands():
    for shell in ("bash", "zsh", "fish"):
        script = make_app().generate_completion(shell=shell)
        assert "backtest" in script


def test_errors_of_ours_are_no_bugs():
    assert issubclass(TradingHalted, CracktraderError)
