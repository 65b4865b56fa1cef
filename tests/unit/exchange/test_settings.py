import pytest
from pydantic import ValidationError

from cracktrader.errors import ConfigError
from cracktrader.exchange.settings import CREDENTIALS, ExchangeSettings
from cracktrader.observability.secrets import SecretRef, resolve

MARKER = "marker-5ecret-value-77"


def test_the_defaults_trade_nothing_and_wait_ten_seconds():
    settings = ExchangeSettings()
    assert not settings.sandbox
    assert settings.timeout == 10_000
    assert settings.rate_limit is None
    assert settings.credentials() == {}


def test_the_seeds_own_keys_are_understood():
    settings = ExchangeSettings.parse({"sandbox": True, "rate_limit": 1200, "timeout": 30000})
    assert (settings.sandbox, settings.rate_limit, settings.timeout) == (True, 1200, 30_000)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"sandbx": True}, 'unknown setting "sandbx". Did you mean "sandbox"?'),
        ({"timeout": 0}, '"timeout": Input should be greater'),
        ({"rate_limit": -1}, '"rate_limit": Input should be greater'),
        ({"rate_limit": float("inf")}, '"rate_limit"'),
        ({"instrument_type": "spots"}, '"instrument_type": Input should be'),
        ({"proxy": "localhost"}, '"proxy"'),
        ({"accounts": {"a": {"timeout": 1}}}, 'unknown setting "accounts.a.timeout"'),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(fields, message):
    with pytest.raises(ConfigError) as caught:
        ExchangeSettings.parse(fields)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_all_complaints_come_at_once():
    with pytest.raises(ConfigError, match=r"timeout.*;.*proxy|proxy.*;.*timeout"):
        ExchangeSettings.parse({"timeout": 0, "proxy": "x"})


@pytest.mark.parametrize("name", CREDENTIALS)
def test_a_raw_secret_is_refused_and_never_repeated(name):
    with pytest.raises(ConfigError) as caught:
        ExchangeSettings.parse({name: MARKER})
    assert MARKER not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_a_secret_in_the_wrong_place_is_not_repeated_either():
    with pytest.raises(ConfigError) as caught:
        ExchangeSettings.parse({"timeout": MARKER, "api_ky": MARKER})
    assert MARKER not in str(caught.value)


def test_secrets_given_in_code_do_not_show():
    settings = ExchangeSettings.from_ccxt({"apiKey": MARKER, "secret": MARKER})
    assert MARKER not in repr(settings) + str(settings) + settings.model_dump_json()
    assert resolve(settings.credentials()["api_key"]).get_secret_value() == MARKER


def test_a_proxys_password_does_not_show():
    settings = ExchangeSettings.from_ccxt({"httpProxy": f"http://me:{MARKER}@proxy:3128"})
    assert MARKER not in repr(settings)


def test_accounts_are_found_by_name():
    settings = ExchangeSettings.parse(
        {"api_key": "env:A", "accounts": {"hedge": {"api_key": "env:B"}}}
    )
    assert settings.account().api_key == SecretRef("env:A")
    assert settings.account("hedge").api_key == SecretRef("env:B")
    with pytest.raises(ConfigError, match=r'configured: default, hedge.*Did you mean "hedge"'):
        settings.account("hege")


def test_an_account_may_be_called_default():
    settings = ExchangeSettings.parse({"accounts": {"default": {"api_key": "env:B"}}})
    assert settings.account().api_key == SecretRef("env:B")


def test_settings_do_not_change():
    with pytest.raises(ValidationError):
        ExchangeSettings().timeout = 5


def test_every_field_says_what_it_is():
    for name, field in ExchangeSettings.model_fields.items():
        assert field.description, name


HERE = {"public": "http://127.0.0.1:8787/api/v3"}


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({}, "binance"),
        ({"sandbox": True}, "binance-sandbox"),
        ({"urls": {"api": HERE}}, "binance-local"),
        ({"urls": {"api": HERE}, "sandbox": True}, "binance-local"),
        ({"urls": {"api": {"public": "https://api.binance.us"}}}, "binance"),
        ({"urls": {"test": HERE}}, "binance"),
        ({"urls": {"test": HERE}, "sandbox": True}, "binance-local"),
        ({"urls": {"demo": HERE}, "sandbox": True}, "binance-local"),
    ],
)
def test_what_a_local_exchange_or_a_test_network_says_is_kept_under_another_name(fields, name):
    settings = ExchangeSettings.parse(fields)
    assert settings.archive_name("binance") == name
    assert settings.is_local is name.endswith("-local")
