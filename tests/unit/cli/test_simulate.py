import json
import os
import signal
import tomllib

import pytest

from cracktrader.cli.simulate import settings_text
from cracktrader.simulator.exchange import LocalExchange


@pytest.fixture
def stops_at_once(monkeypatch):
    """Send a signal as soon as the exchange is open."""
    serve = LocalExchange.serve_forever

    def then_stop(self, *, on_ready):
        def ready():
            on_ready()
            os.kill(os.getpid(), then_stop.signal)

        return serve(self, on_ready=ready)

    then_stop.signal = signal.SIGINT
    monkeypatch.setattr(LocalExchange, "serve_forever", then_stop)
    return then_stop


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_it_serves_until_a_signal(ct, stops_at_once, number, code):
    stops_at_once.signal = number
    found, out, err = ct("exchange", "serve", "--port", "0")
    assert found == code
    assert "http://127.0.0.1:" in out
    assert "BTC/USDT" in out
    assert "its time 2023-03-22 00:0" in out
    assert "stopped after 0 requests" in err


@pytest.mark.usefixtures("stops_at_once")
def test_json_is_what_ccxt_needs(ct):
    _, out, _ = ct("exchange", "serve", "--port", "0", "--seed", "3", "-s", "X/USDT", "--json")
    facts = json.loads(out)
    assert facts["symbols"] == ["X/USDT"]
    assert facts["config"]["urls"]["api"]["public"] == facts["url"] + "/api/v3"


@pytest.mark.usefixtures("stops_at_once")
def test_it_writes_settings_that_point_at_it(ct, place):
    _, out, _ = ct("exchange", "serve", "--port", "0", "--settings", "local.toml")
    assert "-c local.toml" in out
    assert ct("config", "check", "-c", "local.toml")[0] == 0
    settings = tomllib.loads((place / "local.toml").read_text())
    assert settings["data"]["cache_dir"] == "local-candles"


def test_settings_keep_every_value():
    config = {"urls": {"api": {"a": 'x"y'}}, "options": {"list": ["spot"], "on": True}}
    text = settings_text(config, "c")
    assert tomllib.loads(text) == {"data": {"cache_dir": "c"}, "exchange": {"binance": config}}


@pytest.mark.usefixtures("archived", "stops_at_once")
def test_it_replays_the_archive_and_files(ct):
    serve = ("exchange", "serve", "--port", "0")
    code, out, err = ct(*serve, "--from-archive", "--start", "2023-03-01T12:00")
    assert code == 130, err
    assert "2023-03-01 12:00" in out
    ct("data", "export", "x.parquet", "-t", "1m")
    code, out, err = ct(*serve, "--candles", "Z/USDT=x.parquet")
    assert code == 130, err
    assert "Z/USDT" in out


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["--port", "70000"], "65535"),
        (["--speed", "0"], "speed"),
        (["--start", "never"], "use a form like"),
        (["--candles", "x.csv"], "SYMBOL=FILE"),
        (["-s", "ETH/USDT"], "there are BTC/USDT"),
    ],
)
def test_a_wrong_word_is_wrong_usage(ct, words, hint):
    code, _, err = ct("exchange", "serve", *words)
    assert code == 2
    assert hint in err


def test_a_taken_port_is_said(ct, served):
    port = served.url.rpartition(":")[2]
    code, _, err = ct("exchange", "serve", "--port", port)
    assert code == 2
    assert "in use" in err
