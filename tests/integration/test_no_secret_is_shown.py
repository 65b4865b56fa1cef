"""A marker secret in every place where one can stand, looked for in everything that is shown."""

import contextlib
import json
import logging
import pickle
import traceback

import keyring
import keyring.backend
import pytest

from cracktrader.config import check_config, load_config
from cracktrader.errors import ConfigError
from cracktrader.exchange.settings import ExchangeSettings
from cracktrader.observability.exposure import values
from cracktrader.observability.logs import bind, get_logger, setup_logging
from cracktrader.observability.outputs import LogOutput
from cracktrader.observability.redact import redacted_traceback
from cracktrader.observability.secrets import SecretRef, resolve

MARK = "Xq7marker"


class OneEntry(keyring.backend.KeyringBackend):
    priority = 1

    def get_password(self, service, username):
        return f"{MARK}-in-the-key-ring"

    def set_password(self, service, username, password):
        raise NotImplementedError


@pytest.fixture(autouse=True)
def key_ring():
    before = keyring.get_keyring()
    keyring.set_keyring(OneEntry())
    yield
    keyring.set_keyring(before)


@pytest.fixture(params=["json", "console"])
def shown(request, capsys, tmp_path):
    """Return everything that was logged, to the terminal and to the file."""
    setup_logging("DEBUG", json_enabled=request.param == "json", file=tmp_path / "run.log")

    def read():
        captured = capsys.readouterr()
        return captured.out + captured.err + (tmp_path / "run.log").read_text()

    yield read
    root = logging.getLogger()
    for output in [handler for handler in root.handlers if isinstance(handler, LogOutput)]:
        root.removeHandler(output)
        output.close()


@pytest.fixture
def write(tmp_path):
    def write(text, name="cracktrader.toml", mode=0o600):
        path = tmp_path / name
        path.write_text(text)
        path.chmod(mode)
        return path

    return write


def log_everything(*objects):
    """Log *objects* in every way a careless author might."""
    logger, foreign = get_logger("cracktrader.test"), logging.getLogger("library")
    for item in objects:
        with bind(account=str(item)):
            logger.info(
                "thing.seen", item=item, text=str(item), shown=repr(item), nested=[{"k": item}]
            )
        foreign.warning("saw %s and %r", item, item, extra={"item": item})
        for log in (logger, foreign):
            try:
                fail_with(item)
            except LookupError:
                log.exception("thing.failed")


def fail_with(item):
    raise LookupError(str(item), item)


def texts(*objects):
    """Return every text form of *objects*, pickles included."""
    found = []
    for item in objects:
        found += [str(item), repr(item), f"{item}"]
        with contextlib.suppress(TypeError, pickle.PicklingError, AttributeError):
            found.append(repr(pickle.dumps(item)))
    return "\n".join(found)


def test_a_resolved_reference_is_never_shown(write, shown):
    write(f"{MARK}-in-a-file\n", "key")
    config = load_config(
        files=[
            write("""
                [exchange.binance]
                api_key = "env:CT_KEY"
                secret = "file:key"
                password = "keyring:binance/main"
                proxy = "env:CT_PROXY"
                [exchange.binance.accounts.second]
                api_key = "env:CT_SECOND"
            """)
        ],
        env={},
    )
    env = {
        "CT_KEY": f"{MARK}-in-the-environment",
        "CT_PROXY": f"http://me:{MARK}-in-a-proxy@host:1",
        "CT_SECOND": f"{MARK}-of-an-account",
    }
    references = [value for _, value in values(config.settings) if isinstance(value, SecretRef)]
    secrets = [resolve(ref, env=env) for ref in references]
    raw = [secret.get_secret_value() for secret in secrets]
    assert len(raw) == 5
    assert all(MARK in value for value in raw)
    entries = config.redacted()
    log_everything(config, config.settings, entries, *references, *secrets, *raw)
    problem = str(check_config(files=config.files, env={}))
    everything = texts(config, config.settings, entries, *references) + shown() + problem
    assert "env:CT_SECOND" in everything
    assert MARK not in everything


def test_a_literal_given_in_code_is_never_shown(shown):
    settings = ExchangeSettings.from_ccxt(
        {
            "apiKey": f"{MARK}-key",
            "secret": f"{MARK}-secret",
            "httpsProxy": f"http://me:{MARK}-proxy@host:1",
            "accounts": {"second": {"apiKey": f"{MARK}-second"}},
        }
    )
    dumped = [settings.model_dump(), settings.model_dump(mode="json"), settings.model_dump_json()]
    raw = f"GET /x?apiKey={MARK}-key&signature=1"
    log_everything(settings, *dumped, raw)
    everything = texts(settings, *dumped) + shown()
    assert MARK not in everything
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(settings)


@pytest.mark.parametrize(
    "text",
    [
        '[exchange.binance]\napi_key = "{raw}"',
        '[exchange.binance]\napi_key = ["{raw}"]',
        '[exchange.binance]\napiKey = "{raw}"',
        '[exchange.binance]\ntimeout = "{raw}"',
        '[exchange.binance]\nproxy = "http://me:{raw}@host:1"',
        '[exchange.binance]\nproxy = "{raw}"',
        '[exchange.binance.urls.api]\npublic = "https://me:{raw}@host/x"',
        '[exchange.binance.accounts.second]\nsecret = "{raw}"',
        '[exchange.binance.accounts.second]\nsecert = "{raw}"',
        '[exchange]\nbinance = "{raw}"',
        '[binance]\nsecret = "{raw}"',
        'secret = "{raw}"',
        'log.level = "{raw}"',
        'secret = "{raw}',
        "secret = {raw}",
    ],
)
def test_a_secret_pasted_into_a_file_is_refused_and_not_repeated(write, shown, text):
    refused_without_repeating(
        shown, files=[write(text.replace("{raw}", f"{MARK}-in-toml"))], env={}
    )


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("CRACKTRADER_EXCHANGE__BINANCE__API_KEY", "{raw}"),
        ("CRACKTRADER_EXCHANGE__BINANCE__APIKEY", "{raw}"),
        ("CRACKTRADER_BINANCE_API_KEY", "{raw}"),
        ("CRACKTRADER_EXCHANGE__BINANCE__ACCOUNTS__SECOND__SECRET", "{raw}"),
        ("CRACKTRADER_EXCHANGE__BINANCE__PROXY", "http://me:{raw}@host:1"),
        ("CRACKTRADER_EXCHANGE__BINANCE__URLS", "{a = 'http://me:{raw}@host:1'}"),
        ("CRACKTRADER_EXCHANGE__BINANCE", "{raw}"),
    ],
)
def test_a_secret_in_a_variable_of_ours_is_refused_and_not_repeated(shown, variable, value):
    refused_without_repeating(
        shown, files=[], env={variable: value.replace("{raw}", f"{MARK}-in-a-variable")}
    )


def test_a_secret_on_the_command_line_is_refused_and_not_repeated(shown):
    refused_without_repeating(
        shown, files=[], env={}, overrides={"exchange.binance.secret": f"{MARK}-on-the-line"}
    )


def test_a_secret_among_the_parameters_of_a_strategy_is_hidden(write, shown):
    raw = f"{MARK}-for-a-strategy"
    path = write(
        f'strategy.X.webhook_secret = "{raw}"\nexchange.binance.options.password = "{raw}"'
    )
    config = load_config(files=[path], env={})
    log_everything(
        config, config.settings, config.settings.strategy, config.strategy_params("X"), raw
    )
    entries = config.redacted()
    assert MARK not in "".join(map(repr, (config, config.settings, entries))) + shown()
    assert json.dumps({key: entry.value for key, entry in entries.items()}).count("**********") == 2


def refused_without_repeating(shown, **layers):
    with pytest.raises(ConfigError) as caught:
        load_config(**layers)
    problems = check_config(**layers)
    get_logger("cracktrader.test").error("config.refused", exc_info=caught.value)
    log_everything(caught.value, problems)
    everything = [
        shown(),
        texts(caught.value, *problems),
        "".join(traceback.format_exception(caught.value)),
        redacted_traceback(caught.value),
    ]
    assert MARK not in "\n".join(everything)
