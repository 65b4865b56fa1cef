import os
import signal
import socket
import threading
import urllib.request

import pytest
from tests.unit.simulator.market import MINUTE, START, make_candles

from cracktrader.errors import ConfigError
from cracktrader.simulator.exchange import LocalExchange, client_config
from cracktrader.simulator.settings import SimulatorSettings

CANDLES = {"BTC/USDT": make_candles()}
END = START + 180 * MINUTE


def ping(exchange):
    with urllib.request.urlopen(f"{exchange.url}/api/v3/ping") as response:  # noqa: S310
        return response.status


def test_it_is_open_inside_of_its_block_only():
    # Another test's exchange may be open all the while.
    before = set(threading.enumerate())
    with LocalExchange(CANDLES) as exchange:
        assert exchange.url.startswith("http://127.0.0.1:")
        assert ping(exchange) == 200
        assert exchange.requests == {"/api/v3/ping": 1}
    with pytest.raises(RuntimeError, match="not open"):
        _ = exchange.url
    assert set(threading.enumerate()) <= before


def test_starting_and_closing_twice_does_no_harm():
    exchange = LocalExchange(CANDLES)
    exchange.close()
    url = exchange.start().url
    assert exchange.start().url == url
    exchange.close()
    exchange.close()


def test_the_shipped_candles_are_served_by_default():
    assert LocalExchange().venue.symbols == ("BTC/USDT",)


def test_time_begins_after_the_last_candle_when_the_doors_open():
    exchange = LocalExchange(CANDLES, speed=100)
    assert (exchange.clock.time_ms(), exchange.clock.is_paused) == (END + MINUTE, True)
    with exchange:
        assert not exchange.clock.is_paused
    assert exchange.clock.is_paused
    assert exchange.clock.speed == 100


def test_time_may_begin_earlier_and_stand_still():
    with LocalExchange(CANDLES, start=START + 5, is_paused=True) as exchange:
        assert exchange.clock.is_paused
        assert exchange.clock.time_ms() == START + 5


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"start": START - 1}, "before the first candle"),
        ({"speed": 0}, "speed was 0"),
        ({"timeframe": "1x"}, 'timeframe was "1x"'),
        ({"candles": {}}, "at least one symbol"),
    ],
)
def test_what_makes_no_sense_is_refused(options, why):
    with pytest.raises(ConfigError, match=why):
        LocalExchange(**{"candles": CANDLES, **options})


def test_candles_without_a_symbol_are_refused():
    with pytest.raises(ConfigError, match=r"candles were 'binance'.*BTC/USDT"):
        LocalExchange("binance")


def test_a_timeframe_may_be_given():
    exchange = LocalExchange({"BTC/USDT": make_candles(1)}, timeframe="1m")
    assert exchange.venue.prices["BTC/USDT"].timeframe.name == "1m"


def test_a_port_in_use_is_told():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"{port}: the port is in use; take another"):
            LocalExchange(CANDLES, port=port).start()


def test_a_port_that_does_not_exist_is_told():
    with pytest.raises(ConfigError, match=r"cannot listen on 127\.0\.0\.1:70000"):
        LocalExchange(CANDLES, port=70_000).start()


def test_settings_build_one():
    settings = SimulatorSettings.parse({"seed": 5, "walk_days": 1, "speed": 60})
    exchange = LocalExchange.from_settings(settings)
    assert exchange.venue.symbols == ("BTC/USDT", "ETH/USDT", "SOL/USDT")
    assert exchange.venue.start < exchange.clock.time_ms() < exchange.venue.end
    assert exchange.clock.speed == 60


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_a_signal(number):
    before = signal.getsignal(number)
    exchange = LocalExchange(CANDLES)
    seen = []

    def ready():
        seen.append(ping(exchange))
        os.kill(os.getpid(), number)

    assert exchange.serve_forever(on_ready=ready) == number
    assert seen == [200]
    assert signal.getsignal(number) is before


def test_an_error_when_ready_closes_it_and_restores_the_signals():
    before = signal.getsignal(signal.SIGTERM)
    exchange = LocalExchange(CANDLES)

    def fail():
        raise LookupError("nobody is interested")

    with pytest.raises(LookupError):
        exchange.serve_forever(on_ready=fail)
    assert signal.getsignal(signal.SIGTERM) is before
    with pytest.raises(RuntimeError):
        _ = exchange.url


def test_a_clients_configuration_leads_nowhere_else():
    def leaves(tree):
        return [leaf for v in tree.values() for leaf in (leaves(v) if isinstance(v, dict) else [v])]

    config = client_config("http://127.0.0.1:1234")
    assert config.keys() == {"urls", "options"}
    assert all("://127.0.0.1:1234/" in url for url in leaves(config["urls"]))
