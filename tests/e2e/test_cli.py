"""The command line as a process: signals, streams, exit codes, start-up."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cracktrader.candles.interchange import write_file
from cracktrader.candles.samples import sample_candles
from cracktrader.cli.project import template_text

FULL = Path("/dev/full")
MARKER = "marker-of-the-process-0123456789"


@pytest.fixture
def place(tmp_path):
    (tmp_path / "sma_cross.py").write_text(template_text("sma_cross.py.txt"))
    write_file(tmp_path / "btc.csv", sample_candles().take(slice(0, 2_000)))
    return tmp_path


@pytest.fixture
def environment(tmp_path):
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    home = {name: str(tmp_path / name) for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")}
    return {**kept, **home, "CRACKTRADER_DATA__CACHE_DIR": str(tmp_path / "archive")}


@pytest.fixture
def start(place, environment):
    """Start a command; it is gone when the test is."""
    running = []

    def start(*words, **more):
        process = subprocess.Popen(
            [sys.executable, "-m", "cracktrader", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=place,
            env={**environment, **more},
        )
        running.append(process)
        return process

    yield start
    for process in running:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture
def ct(start):
    def run(*words, **more):
        process = start(*words, **more)
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err

    return run


BACKTEST = ("backtest", "sma_cross.py", "--candles", "btc.csv", "-t", "15m", "-p", "slow=20")


def test_data_is_on_stdout_and_everything_else_on_stderr(ct):
    code, out, err = ct(*BACKTEST, "--json", "-v")
    assert code == 0, err
    facts = json.loads(out)
    assert facts["strategy"] == "SmaCross"
    assert facts["params"]["slow"] == 20


def test_piped_output_has_no_color(ct):
    code, out, err = ct(*BACKTEST, TERM="xterm-256color")
    assert code == 0
    assert "\x1b" not in out + err
    assert "Return" in out


def test_an_old_locale_gets_plain_characters(ct):
    plain = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    code, out, err = ct(*BACKTEST, **plain)
    assert code == 0, err
    assert "?" not in out
    assert "x " in out


@pytest.mark.skipif(not FULL.exists(), reason="only Linux has a full disk at hand")
def test_a_full_disk_under_stdout_is_one_line(place, environment):
    with FULL.open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "cracktrader", "exchanges"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=60,
            cwd=place,
            env=environment,
        )
    assert (done.returncode, done.stderr) == (1, "error: No space left on device\n")


def test_a_reader_that_leaves_early_is_no_traceback(start):
    process = start("exchanges", "--json")
    assert process.stdout is not None
    process.stdout.read(10)
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == ""
    assert process.wait(60) == 1


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_the_local_exchange_stops_cleanly(start, number, code):
    process = start("exchange", "serve", "--port", "0", "--json")
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["url"].startswith("http://127.0.0.1:")
    process.send_signal(number)
    _, err = process.communicate(timeout=30)
    assert process.returncode == code
    assert "Traceback" not in err


def test_ctrl_c_is_no_traceback_even_while_the_command_line_loads(place, environment):
    (place / "sitecustomize.py").write_text(
        "import importlib.abc, os, signal, sys\n"
        "class Impatient(importlib.abc.MetaPathFinder):\n"
        "    def find_spec(self, name, path, target=None):\n"
        "        if name == 'cracktrader.cli.main':\n"
        "            os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Impatient())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", "import sys; from cracktrader.__main__ import run; sys.exit(run())"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=place,
        env={**environment, "PYTHONPATH": str(place)},
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "stopped\n")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_backtest_stops_cleanly(start, place, number, code):
    (place / "endless.py").write_text(
        "import backtrader as bt\n"
        "class Endless(bt.Strategy):\n"
        "    def next(self):\n"
        "        open('begun', 'w').close()\n"
        "        while True:\n"
        "            pass\n"
    )
    process = start("backtest", "endless.py", "--candles", "btc.csv")
    deadline = time.monotonic() + 60
    while not (place / "begun").exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        os.sched_yield()
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (code, "")
    assert err == "stopped\n"
    assert not (place / "runs").exists()


def test_a_strategy_that_raises_ends_with_1_and_the_log_is_written(ct, place):
    (place / "bad.py").write_text(
        "import backtrader as bt\n"
        "from cracktrader import get_logger\n"
        "class Bad(bt.Strategy):\n"
        "    def next(self):\n"
        "        get_logger('bad').warning('bad.begun', key='" + MARKER + "')\n"
        "        raise ValueError('no idea ' + '" + MARKER + "')\n"
    )
    (place / "cracktrader.toml").write_text(
        '[log]\nfile = "ct.log"\n[exchange.binance]\napi_key = "env:MY_KEY"\n'
    )
    code, out, err = ct("backtest", "bad.py", "--candles", "btc.csv")
    assert (code, out) == (1, "")
    assert 'bad.py", line 6' in err
    assert "2023-03-01 00:01:00 UTC" in err.splitlines()[-1]
    assert "bad.begun" in (place / "ct.log").read_text()


def test_no_secret_leaves_the_process(ct, place):
    (place / "cracktrader.toml").write_text(
        '[log]\nfile = "ct.log"\nlevel = "DEBUG"\n[exchange.binance]\nread_attempts = 1\n'
        'api_key = "env:MY_KEY"\nsecret = "env:MY_KEY"\n'
        '[exchange.binance.urls.api]\npublic = "http://127.0.0.1:9/api/v3"\n'
        'private = "http://127.0.0.1:9/api/v3"\n'
    )
    said = ""
    for words, code in (
        (("config", "show", "--origin"), 0),
        (("config", "check"), 0),
        (("doctor",), 4),
        (("markets", "binance", "-vv"), 4),
        (("data", "download", "-s", "BTC/USDT", "-vv"), 4),
    ):
        found, out, err = ct(*words, MY_KEY=MARKER)
        assert found == code, (words, err)
        said += out + err
    said += "".join(p.read_text() for p in place.rglob("*.log"))
    assert MARKER not in said


def test_a_read_only_folder_is_one_clear_line(ct):
    code, _, err = ct(*BACKTEST, "--out", "/proc/nothing/here")
    assert code == 3
    assert "/proc/nothing" in err
    assert "Traceback" not in err
