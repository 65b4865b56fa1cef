import json

import pytest

from cracktrader.candles.interchange import write_file
from cracktrader.candles.samples import sample_candles
from cracktrader.cli.backtest import read_params
from cracktrader.cli.simulate import settings_text
from cracktrader.config import load_config
from cracktrader.simulator.exchange import LocalExchange, client_config
from cracktrader.strategy_source import load_strategy

WEEK = ("-s", "BTC/USDT", "-t", "1h", "--since", "2023-03-01", "--until", "2023-03-08")
SMALL = ("-p", "fast=3", "-p", "slow=8")


@pytest.mark.usefixtures("local")
def test_a_backtest_prints_a_table_and_writes_a_report(ct, strategy, place):
    code, out, err = ct("backtest", strategy, *WEEK, *SMALL)
    assert code == 0, err
    assert "SmaCross(fast=3, slow=8, share=0.95)" in out
    assert "BTC/USDT 1h, 2023-03-01 01:00 to 2023-03-08 00:00 UTC" in out
    assert "buy & hold" in out
    assert "Fees" in out
    (report,) = (place / "runs").glob("SmaCross-*/report.html")
    assert str(report) in out or f"runs/{report.parent.name}/report.html" in out


def test_what_is_archived_can_be_backtested_while_the_exchange_is_away(ct, strategy, place):
    candles = str(place / "candles")
    with LocalExchange() as there:
        (place / "there.toml").write_text(settings_text(there.config, candles))
        before = ct("backtest", strategy, *WEEK, *SMALL, "-c", "there.toml", "--out", "before")
    attempts = "[exchange.binance]\nread_attempts = 1\n"
    (place / "away.toml").write_text(
        settings_text(client_config("http://127.0.0.1:9"), candles) + attempts
    )
    after = ct("backtest", strategy, *WEEK, *SMALL, "-c", "away.toml", "--out", "after")
    assert (before[0], after[0]) == (0, 0)
    assert "markets.taken_from_archive" in after[2]
    for name in ("fills.csv", "config.json"):
        assert (place / "before" / name).read_bytes() == (place / "after" / name).read_bytes()


@pytest.mark.usefixtures("local")
def test_the_same_inputs_give_the_same_bytes(ct_json, strategy, place):
    folders = []
    for name in ("one", "two"):
        facts = ct_json("backtest", strategy, *WEEK, *SMALL, "--out", name)
        folders.append({p.name: p.read_bytes() for p in (place / name).rglob("*") if p.is_file()})
    assert folders[0] == folders[1]
    assert facts["metrics"]["trips"]["count"] > 0
    assert facts["metrics"]["costs"]["slippage"] > 0
    assert str(place) not in json.dumps(facts["params"])
    assert str(place).encode() not in folders[0]["config.json"]


@pytest.mark.usefixtures("local")
def test_several_timeframes_come_to_one_strategy(ct, place):
    (place / "two.py").write_text(
        "import backtrader as bt\n"
        "class Two(bt.Strategy):\n"
        "    def next(self):\n"
        "        assert self.data0._compression < self.data1._compression\n"
    )
    code, out, err = ct("backtest", "two.py", *WEEK, "-t", "4h", "--ideal")
    assert code == 0, err
    assert "BTC/USDT 1h" in out
    assert "BTC/USDT 4h" in out


def test_own_candles_from_a_file(ct, ct_json, strategy, place):
    write_file(place / "BTC-USDT.csv", sample_candles().take(slice(0, 600)))
    facts = ct_json("backtest", strategy, "--candles", "BTC-USDT.csv", "-t", "5m", *SMALL)
    assert facts["metrics"]["costs"]["fees"] > 0
    config = json.loads((place / facts["folder"] / "config.json").read_text())["config"]
    assert (config["candles"], config["timeframes"]) == ("BTC-USDT.csv", ["5m"])
    code, out, _ = ct(
        "backtest", strategy, "--candles", "BTC-USDT.csv", "-s", "BTC/USDT", "-e", "kraken", *SMALL
    )
    assert code == 0
    assert "USDT" in out


@pytest.mark.usefixtures("local")
@pytest.mark.parametrize(
    ("words", "code", "hint"),
    [
        ([], 2, "--symbol"),
        (["-s", "BTC/USD"], 2, 'Did you mean "BTC/USDT"'),
        (["-s", "BTC/USDT", "-e", "binanc"], 2, 'Did you mean "binance"'),
        (["-s", "BTC/USDT", "-t", "1x"], 2, "use a form like"),
        (["-s", "BTC/USDT", "-p", "fst=3"], 2, 'Did you mean "fast"'),
        (["-s", "BTC/USDT", "-p", "fast=abc"], 2, "whole number"),
        (["-s", "BTC/USDT", "-p", "fast"], 2, "fast=10"),
        (["-s", "BTC/USDT", "--commission", "binanc"], 2, 'Did you mean "binance"'),
        (["-s", "BTC/USDT", "--since", "2023-03-02", "--until", "2023-03-01"], 2, "is not before"),
        (["--candles", "none.csv"], 7, "none.csv"),
        (["--candles", "none.csv", "-s", "A/B", "-s", "C/D"], 2, "one market"),
        (["-s", "BTC/USDT", "--cash", "nan"], 2, "above 0"),
        (["-s", "BTC/USDT", "--cash", "inf"], 2, "above 0"),
        ([*WEEK, "-p", "slow=500"], 7, "needs 501 bars of BTC/USDT"),
        (["-s", "BTC/USDT", "--since", "2020-01-01", "--until", "2020-02-01"], 7, "no candles"),
    ],
)
def test_what_is_wrong_is_one_line(ct, strategy, words, code, hint):
    found, out, err = ct("backtest", strategy, *words)
    assert (found, out) == (code, "")
    assert hint in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("sma_cros.py", 'Did you mean "sma_cross.py"'),
        ("sma_cross.py:SmaCros", 'Did you mean "SmaCross"'),
        ("nothing.at.all", "neither a file nor a module"),
    ],
)
@pytest.mark.usefixtures("strategy")
def test_an_unknown_strategy_is_wrong_usage(ct, name, hint):
    code, _, err = ct("backtest", name, *WEEK)
    assert code == 2
    assert hint in err


@pytest.mark.usefixtures("local")
def test_a_strategy_that_raises_shows_its_traceback_bar_and_feed(ct, place):
    (place / "bad.py").write_text(
        "import backtrader as bt\n"
        "class Bad(bt.Strategy):\n"
        "    def next(self):\n"
        "        if len(self) == 5:\n"
        "            raise KeyError('price of the moon')\n"
    )
    code, out, err = ct("backtest", "bad.py", *WEEK)
    assert (code, out) == (1, "")
    assert 'bad.py", line 5, in next' in err
    assert "price of the moon" in err
    assert "2023-03-01 05:00:00 UTC" in err.splitlines()[-1]
    assert "BTC/USDT" in err.splitlines()[-1]


@pytest.mark.usefixtures("local")
@pytest.mark.parametrize("verbose", [(), ("-vv",)])
def test_a_traceback_begins_with_the_users_own_lines(ct, place, verbose):
    (place / "bad.py").write_text(
        "import backtrader as bt\nclass Bad(bt.Strategy):\n    def stop(self):\n        1 / 0\n"
    )
    code, _, err = ct("backtest", "bad.py", *WEEK, *verbose)
    assert code == 1
    assert "in stop" in err
    assert ("bootstrap.py" in err or "cerebro.py" in err) is bool(verbose)


@pytest.mark.usefixtures("local")
@pytest.mark.parametrize(
    ("body", "hint"),
    [
        ("def next(self): sys.exit(5)", "SystemExit: 5"),
        ("def __init__(self): bt.ind.SMA(period=0)", "Bad could not run: ZeroDivisionError"),
        ("def __init__(self, x): pass", "missing 1 required positional argument"),
    ],
)
def test_a_run_that_a_strategy_spoils_in_other_ways_ends_with_1_too(ct, place, body, hint):
    text = f"import sys\nimport backtrader as bt\nclass Bad(bt.Strategy):\n    {body}\n"
    (place / "bad.py").write_text(text)
    code, out, err = ct("backtest", "bad.py", *WEEK)
    assert (code, out) == (1, "")
    assert hint in err.splitlines()[-1]
    assert "Traceback" in err


def test_a_file_that_ends_the_process_is_no_strategy(ct, place):
    (place / "bad.py").write_text("import sys\nsys.exit(9)\n")
    code, _, err = ct("backtest", "bad.py", *WEEK)
    assert code == 1
    assert "could not be loaded: SystemExit: 9" in err.splitlines()[-1]


@pytest.mark.usefixtures("local")
def test_what_a_strategy_prints_is_no_json(ct, ct_json, place):
    (place / "loud.py").write_text(
        "import backtrader as bt\nprint('loaded')\n"
        "class Loud(bt.Strategy):\n    def stop(self):\n        print('done')\n"
    )
    assert ct_json("backtest", "loud.py", *WEEK)["strategy"] == "Loud"
    assert ct("backtest", "loud.py", *WEEK)[1].startswith("loaded\ndone\n")


def test_a_file_ends_where_it_ends(ct, strategy):
    write_file("btc.csv", sample_candles().take(slice(0, 200)))
    code, _, err = ct("backtest", strategy, "--candles", "btc.csv", "--until", "2020-01-01")
    assert code == 2
    assert "before the first candle of the file, 2023-03-01 00:00" in err


def test_a_file_that_cannot_be_loaded_shows_its_traceback(ct, place):
    (place / "bad.py").write_text("import backtrader\n1 / 0\n")
    code, _, err = ct("backtest", "bad.py", *WEEK)
    assert code == 1
    assert 'bad.py", line 2' in err
    assert "ZeroDivisionError" in err.splitlines()[-1]


def test_parameters_of_the_command_come_before_those_of_the_settings(strategy):
    config = load_config(files=(), env={}, overrides={"strategy.SmaCross": {"fast": 5, "slow": 50}})
    found = read_params(load_strategy(str(strategy)), ("fast=7", "share = 0.5"), config)
    assert found == {"fast": 7, "slow": 50, "share": 0.5}


def test_a_strategy_without_parameters_still_gets_a_clear_answer(ct, place):
    (place / "plain.py").write_text(
        "import backtrader as bt\nclass Plain(bt.Strategy):\n    pass\n"
    )
    code, _, err = ct("backtest", "plain.py", *WEEK, "-p", "fast")
    assert code == 2
    assert "NAME=VALUE" in err


def test_wrong_parameters_in_the_settings_are_a_matter_of_the_settings(ct, strategy, place):
    (place / "cracktrader.toml").write_text("[strategy.SmaCross]\nfst = 1\n")
    code, _, err = ct("backtest", strategy, *WEEK)
    assert code == 3
    assert "fast" in err
