import pytest

from cracktrader.errors import ConfigError
from cracktrader.exchange.settings import ExchangeSettings
from cracktrader.observability.secrets import SecretRef

read = ExchangeSettings.from_ccxt


def test_ccxts_names_and_ours_mean_the_same():
    theirs = read({"apiKey": "env:K", "rateLimit": 50, "timeout": 5000, "urls": {"api": {}}})
    ours = read({"api_key": "env:K", "rate_limit": 1200, "timeout": 5000, "urls": {"api": {}}})
    assert theirs == ours


def test_nothing_is_fine():
    assert read({}) == ExchangeSettings()


@pytest.mark.parametrize(
    ("config", "per_minute"),
    [
        ({"rateLimit": 100}, 600),
        ({"enableRateLimit": True}, None),
        ({"enableRateLimit": False}, 0),
        ({"enableRateLimit": False, "rateLimit": 100}, 0),
        ({"rate_limit": 10, "rateLimit": 100}, 10),
    ],
)
def test_the_rate_is_turned_into_requests_per_minute(config, per_minute):
    assert read(config).rate_limit == per_minute


@pytest.mark.parametrize("value", [0, -1, "fast", None])
def test_a_rate_that_makes_no_sense_is_refused(value):
    with pytest.raises(ConfigError, match="milliseconds between two requests"):
        read({"rateLimit": value})


@pytest.mark.parametrize(
    "config", [{"maxRetriesOnFailure": 3}, {"options": {"maxRetriesOnFailure": 1}}]
)
def test_sending_orders_again_is_refused(config):
    with pytest.raises(ConfigError, match="sends orders again"):
        read(config)


def test_none_of_it_is_fine():
    assert read({"maxRetriesOnFailure": 0}) == ExchangeSettings()


def test_the_default_type_becomes_ours_unless_ours_is_given():
    assert read({"options": {"defaultType": "swap"}}).instrument_type == "swap"
    assert read({"options": {"defaultType": "linear"}}).instrument_type == "spot"
    given = {"options": {"defaultType": "swap"}, "instrument_type": "future"}
    assert read(given).instrument_type == "future"


@pytest.mark.parametrize("name", ["aiohttp_proxy", "httpsProxy", "httpProxy", "proxy"])
def test_any_proxy_is_the_proxy(name):
    assert read({name: "http://proxy:3128"}).proxy == "http://proxy:3128"


def test_references_stay_references_and_empty_secrets_are_none():
    settings = read({"apiKey": "env:KEY", "secret": "", "uid": None})
    assert settings.api_key == SecretRef("env:KEY")
    assert settings.secret is None
    assert settings.uid is None


def test_accounts_are_read_alike():
    account = read({"accounts": {"hedge": {"apiKey": "env:H", "privateKey": "env:P"}}})
    assert account.account("hedge").private_key == SecretRef("env:P")


def test_an_unknown_name_is_refused_with_what_is_near():
    with pytest.raises(ConfigError, match=r'unknown setting "apikey".*"api_key"'):
        read({"apikey": "a-secret-in-the-wrong-place"})
