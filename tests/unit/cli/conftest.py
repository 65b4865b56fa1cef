"""A home, a working folder and an environment of its own for every command."""

import json
import logging

import pytest

from cracktrader.cli.main import main
from cracktrader.cli.project import template_text
from cracktrader.cli.simulate import settings_text
from cracktrader.simulator.exchange import LocalExchange


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """Stand in an empty folder, with settings and archive of nobody else."""
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home" / name))
    monkeypatch.setenv("COLUMNS", "100")
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return work


@pytest.fixture(autouse=True)
def _logs():
    """Take down what a command set up: the root logger is everybody's."""
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    yield
    for handler in [each for each in root.handlers if each not in handlers]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)


@pytest.fixture
def ct(capsys):
    """Run a command; gives (exit code, stdout, stderr)."""

    def run(*words):
        capsys.readouterr()
        code = main([str(word) for word in words])
        out, err = capsys.readouterr()
        return code, out, err

    return run


@pytest.fixture
def ct_json(ct):
    """Run a command with --json; gives what it printed."""

    def run(*words):
        code, out, err = ct(*words, "--json")
        assert code == 0, err
        return json.loads(out)

    return run


@pytest.fixture(scope="session")
def served():
    """An exchange on this machine with the shipped candles."""
    with LocalExchange() as exchange:
        yield exchange


@pytest.fixture
def local(place, served):
    """Settings in the working folder that point at the local exchange."""
    (place / "cracktrader.toml").write_text(settings_text(served.config, "candles"))
    return place


@pytest.fixture
def archived(local, ct):
    """A week of one-hour candles and a day of one-minute ones, downloaded."""
    week = ("--since", "2023-03-01", "--until", "2023-03-08")
    assert ct("data", "download", "-s", "BTC/USDT", "-t", "1h", *week)[0] == 0
    day = ("--since", "2023-03-01", "--until", "2023-03-02")
    assert ct("data", "download", "-s", "BTC/USDT", "-t", "1m", *day)[0] == 0
    return local


@pytest.fixture
def strategy(place):
    """The scaffold's strategy, as a file in the working folder."""
    path = place / "sma_cross.py"
    path.write_text(template_text("sma_cross.py.txt"))
    return path


class Screen:
    """Stands for a terminal as stdout and stderr."""

    def __init__(self):
        self.text = ""

    def write(self, text):
        self.text += text
        return len(text)

    def flush(self):
        pass

    def isatty(self):
        return True


@pytest.fixture
def terminal(monkeypatch):
    """Put a terminal in the place of stdout and stderr, once the test asks for it."""

    def use(*, columns):
        monkeypatch.setenv("COLUMNS", str(columns))
        screen = Screen()
        monkeypatch.setattr("sys.stdout", screen)
        monkeypatch.setattr("sys.stderr", screen)
        return screen

    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return use
