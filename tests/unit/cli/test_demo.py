import sys
from pathlib import Path

import pytest

from cracktrader.cli import demo


def test_the_whole_way_and_nothing_downloaded_twice(ct, place, monkeypatch):
    # The user's own settings have no say in the demo.
    monkeypatch.setenv("CRACKTRADER_BACKTEST__CASH", "7")
    code, out, err = ct("demo")
    assert code == 0, err
    assert "30,240 candles, candle requests to the exchange: 31" in err
    assert "candle requests to the exchange, second time: 0" in err
    assert "buy & hold" in out
    assert "from 10,000.00 USDT" in out
    (report,) = (place / "demo" / "runs").glob("*/report.html")
    assert f"demo/runs/{report.parent.name}/report.html" in out
    before = report.read_bytes()
    monkeypatch.delenv("CRACKTRADER_BACKTEST__CASH")
    strategy = place / "demo" / "strategies" / "sma_cross.py"
    code, again, err = ct("demo", "--quiet")
    assert (code, again, err) == (0, out, "")
    assert report.read_bytes() == before
    words = ("--candles", place / "demo" / "BTC-USDT_1m.parquet", "-t", "15m", "-p", "fast=20")
    assert ct("backtest", strategy, *words)[0] == 0


@pytest.mark.parametrize("is_reachable", [True, False])
def test_next_steps_say_how_to_reach_the_command(tmp_path, monkeypatch, is_reachable):
    script = tmp_path / ".venv" / "bin" / "activate"
    script.parent.mkdir(parents=True)
    script.touch()
    command = script.with_name("cracktrader")
    command.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(script.parent) if is_reachable else "")
    monkeypatch.setattr(sys, "prefix", str(tmp_path / ".venv"))
    monkeypatch.chdir(tmp_path)
    steps = demo._next_steps(Path("demo"))
    assert ("  . .venv/bin/activate\n  cd demo\n" in steps) is not is_reachable
