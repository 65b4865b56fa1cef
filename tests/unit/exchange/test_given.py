"""All the ways to say which exchange, which account and which settings."""

import pytest

from cracktrader.errors import ConfigError
from cracktrader.exchange.given import GivenExchange
from cracktrader.exchange.settings import ExchangeSettings
from cracktrader.testing.candles import random_walk
from cracktrader.testing.exchange import FakeExchange

KEYS = {"apiKey": "key-of-one", "secret": "its-secret"}
FAKE = FakeExchange({("BTC/USDT", "1m"): random_walk(5)})


@pytest.mark.parametrize(
    ("exchange", "config"),
    [
        ("binance", None),
        ("Binance", {"timeout": 5000}),
        ("binance", {"binance": {"timeout": 5000}}),
        ({"exchange": "binance", "timeout": 5000}, None),
        ({"exchange_id": "binance"}, None),
        ({"id": "binance"}, None),
        ({"binance": {"timeout": 5000}}, None),
        (None, {"exchange": "binance"}),
    ],
)
def test_an_exchange_in_every_form(exchange, config):
    given = GivenExchange.read(exchange, config)
    assert given.exchange == "binance"
    assert given.settings.timeout == (5000 if "5000" in str((exchange, config)) else 10_000)
    assert str(given.key()) == "binance/default (live, spot)"


@pytest.mark.parametrize("exchange", [None, "", 7, {}])
def test_no_exchange_is_refused(exchange):
    with pytest.raises(ConfigError, match="which exchange"):
        GivenExchange.read(exchange, None)


def test_an_unknown_exchange_is_refused_with_the_nearest():
    with pytest.raises(ConfigError, match=r'"binanec".*Did you mean "binance"'):
        GivenExchange.read("binanec", None)


def test_an_unknown_setting_is_refused():
    with pytest.raises(ConfigError, match='unknown setting "timeuot"'):
        GivenExchange.read("binance", {"timeuot": 5})


def test_a_config_is_given_once():
    with pytest.raises(ConfigError, match="given twice"):
        GivenExchange.read({"exchange": "binance"}, {"timeout": 5})
    with pytest.raises(ConfigError, match="give one"):
        GivenExchange.read("binance", {"timeout": 5}, settings=ExchangeSettings())


@pytest.mark.parametrize(
    ("exchange", "client", "name"),
    [(FAKE, None, "fake"), (None, FAKE, "fake"), ("mine", FAKE, "mine")],
)
def test_a_client_is_used_as_it_is(exchange, client, name):
    given = GivenExchange.read(exchange, None, client=client)
    assert (given.exchange, given.client) == (name, FAKE)


def test_a_client_without_an_id_is_injected():
    class Nameless:
        def fetch_ohlcv(self):
            """Nobody calls it."""

    assert GivenExchange.read(Nameless(), None).exchange == "injected"


class SwitchableExchange(FakeExchange):
    """Says whether it is on its test network, as CCXT's clients do."""

    isSandboxModeEnabled = False  # noqa: N815  (CCXT's)


def test_a_client_that_was_given_must_be_in_the_sandbox_already():
    client = SwitchableExchange({})
    given = GivenExchange.read(None, None, client=client)
    with pytest.raises(ConfigError, match=r"set_sandbox_mode\(True\)"):
        given.chosen(sandbox=True, instrument_type=None)
    with pytest.raises(ConfigError, match=r"set_sandbox_mode\(True\)"):
        GivenExchange.read(FAKE, {"sandbox": True}).chosen(sandbox=False, instrument_type=None)
    client.isSandboxModeEnabled = True
    assert given.chosen(sandbox=True, instrument_type=None).settings.sandbox


def test_a_client_in_its_sandbox_makes_a_sandbox_store():
    client = SwitchableExchange({})
    client.isSandboxModeEnabled = True
    given = GivenExchange.read("binance", None, client=client)
    chosen = given.chosen(sandbox=False, instrument_type=None)
    assert chosen.key().mode == "sandbox"
    assert chosen.archive_name == "binance-sandbox"


def test_a_config_that_a_given_client_would_not_hear_of_is_refused():
    with pytest.raises(ConfigError, match=r"api_key, secret, timeout.*client"):
        GivenExchange.read("fake", {**KEYS, "timeout": 5}, client=FAKE)
    spoken = {"instrument_type": "swap", "options": {"defaultType": "swap"}}
    assert GivenExchange.read("fake", spoken, client=FAKE).settings.instrument_type == "swap"


def test_other_keys_are_another_account():
    one = GivenExchange.read("binance", KEYS)
    same = GivenExchange.read("binance", {"api_key": "key-of-one", "secret": "its-secret"})
    two = GivenExchange.read("binance", {**KEYS, "apiKey": "key-of-two"})
    assert one.key() == same.key()
    assert len({one.key(), two.key(), GivenExchange.read("binance", None).key()}) == 3
    assert one.settings.account(one.account).api_key == one.settings.api_key


def test_an_accounts_name_gives_nothing_away():
    given = GivenExchange.read("binance", KEYS)
    assert "key-of-one" not in repr(given)
    assert "its-secret" not in repr(given)
    assert given.account.startswith("key-")


def test_named_accounts_keep_their_names():
    config = {**KEYS, "accounts": {"two": {"apiKey": "a", "secret": "b"}}}
    assert GivenExchange.read("binance", config, account="two").key().account == "two"
    settings = ExchangeSettings.from_ccxt(KEYS)
    assert GivenExchange.read("binance", None, settings=settings).account == "default"


def test_the_stores_own_arguments_win():
    chosen = GivenExchange.read("binance", {"options": {"defaultType": "future"}})
    assert chosen.chosen(sandbox=False, instrument_type=None).key().instrument_type == "future"
    key = chosen.chosen(sandbox=True, instrument_type="swap").key()
    assert (key.mode, key.instrument_type) == ("sandbox", "swap")
    told = GivenExchange.read("binance", {"sandbox": True})
    assert told.chosen(sandbox=False, instrument_type=None).key().mode == "sandbox"


def test_an_unknown_type_is_refused():
    with pytest.raises(ConfigError, match=r'"spto"; possible: spot.*Did you mean "spot"'):
        GivenExchange.read("binance", None).chosen(sandbox=False, instrument_type="spto")


def test_whoever_only_looks_needs_no_credentials():
    looking = GivenExchange.read("binance", {**KEYS, "timeout": 5000}).without_credentials()
    assert looking.key() == GivenExchange.read("binance", None).key()
    assert looking.settings.credentials() == {}
    assert looking.settings.timeout == 5000
