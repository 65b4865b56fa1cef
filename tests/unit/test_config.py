from pathlib import Path

import pytest

from cracktrader.config import (
    Config,
    Settings,
    check_config,
    config_files,
    load_config,
)
from cracktrader.errors import ConfigError
from cracktrader.exchange.settings import ExchangeSettings
from cracktrader.observability.redact import MASK
from cracktrader.observability.secrets import SecretRef
from cracktrader.settings.schema import describe

USER = """
[log]
level = "ERROR"
[exchange.binance]
timeout = 1_000
rate_limit = 600
[exchange.binance.accounts.Main]
api_key = "env:MAIN_KEY"
[strategy.SmaCross]
fast = 5
"""
PROJECT = """
[exchange.binance]
timeout = 30_000
sandbox = true
[exchange.kraken]
[strategy.SmaCross]
slow = 30
"""


@pytest.fixture
def home(tmp_path):
    """A user's and a project's file, and the variables that lead to them."""
    (tmp_path / "xdg" / "cracktrader").mkdir(parents=True)
    (tmp_path / "xdg" / "cracktrader" / "config.toml").write_text(USER)
    (tmp_path / "project" / "deep" / "er").mkdir(parents=True)
    (tmp_path / "project" / "cracktrader.toml").write_text(PROJECT)
    return tmp_path


@pytest.fixture
def load(home):
    def load(overrides=None, **env):
        return load_config(
            env={"XDG_CONFIG_HOME": str(home / "xdg"), **env},
            cwd=home / "project" / "deep" / "er",
            overrides=overrides,
        )

    return load


@pytest.fixture
def write(tmp_path):
    def write(text, name="my.toml"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def refused(text="", *, env=None, overrides=None, write):
    with pytest.raises(ConfigError) as caught:
        load_config(files=[write(text)], env=env or {}, overrides=overrides)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_without_anything_the_defaults_hold(tmp_path):
    config = load_config(env={"XDG_CONFIG_HOME": str(tmp_path)}, cwd=tmp_path)
    assert config.settings == Settings()
    assert config.files == ()
    assert config.origin("log.level") == "default"
    assert config.settings.backtest.cash == 10_000


def test_layers_are_merged_deeply_and_every_value_knows_its_origin(load, home):
    config = load(
        {"exchange.binance.rate_limit": 60},
        CRACKTRADER_EXCHANGE__BINANCE__SANDBOX="false",
        CRACKTRADER_STRATEGY__SMACROSS__FAST="7",
    )
    binance = config.settings.exchange["binance"]
    assert (binance.timeout, binance.sandbox, binance.rate_limit) == (30_000, False, 60)
    assert config.strategy_params("SmaCross") == {"fast": "7", "slow": 30}
    project = home / "project" / "cracktrader.toml"
    user = home / "xdg" / "cracktrader" / "config.toml"
    assert config.files == (user, project)
    assert config.origin("log.level") == f"{user}:3"
    assert config.origin("exchange.binance.timeout") == f"{project}:3"
    assert config.origin("exchange.binance.sandbox") == "CRACKTRADER_EXCHANGE__BINANCE__SANDBOX"
    assert config.origin("exchange.binance.rate_limit") == "command line"
    assert config.origin("exchange.binance.instrument_type") == "default"
    assert config.origin("exchange.kraken.timeout") == "default"
    assert config.origin("strategy.SmaCross.slow") == f"{project}:7"


def test_the_environment_reaches_accounts_whatever_the_case_of_their_names(load):
    variable = "CRACKTRADER_EXCHANGE__BINANCE__ACCOUNTS__MAIN__SECRET"
    config = load(**{variable: "env:MAIN_SECRET"})
    account = config.settings.exchange["binance"].accounts["Main"]
    assert account.api_key == SecretRef("env:MAIN_KEY")
    assert account.secret == SecretRef("env:MAIN_SECRET")


def test_the_nearest_project_file_upwards_counts(home):
    nearer = home / "project" / "deep" / "cracktrader.toml"
    nearer.write_text("")
    found = config_files(env={"XDG_CONFIG_HOME": "/none"}, cwd=home / "project" / "deep" / "er")
    assert found == [nearer]


def test_the_users_folder_is_the_platforms(monkeypatch, home):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "xdg"))
    assert config_files(env={}, cwd=home) == [home / "xdg" / "cracktrader" / "config.toml"]


def test_the_process_environment_and_folder_are_the_default(monkeypatch, home):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "xdg"))
    monkeypatch.setenv("CRACKTRADER_LOG__LEVEL", "debug")
    monkeypatch.chdir(home / "project" / "deep")
    config = load_config()
    assert config.settings.log.level == "DEBUG"
    assert len(config.files) == 2
    assert check_config() == [
        problem for problem in check_config() if "MAIN_KEY" in problem.message
    ]


def test_named_files_replace_the_found_ones_and_the_last_counts_most(write, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    first, last = write("log.level = 'ERROR'\nlog.console = false", "a.toml"), "~/b.toml"
    write("log.level = 'INFO'", "b.toml")
    config = load_config(files=[str(first), last], env={})
    assert (config.settings.log.level, config.settings.log.console) == ("INFO", False)


def test_paths_count_from_the_file_that_names_them(write, tmp_path):
    config = load_config(
        files=[
            write(
                'log.file = "logs/a.log"\ndata.cache_dir = "candles"\n'
                'backtest.results_dir = "/abs"\n'
                'exchange.binance.secret = "file:key"\nexchange.binance.api_key = "file:~/key"'
            )
        ],
        env={"CRACKTRADER_EXCHANGE__BINANCE__PASSWORD": "file:here"},
    )
    settings = config.settings
    assert settings.log.file == tmp_path / "logs" / "a.log"
    assert settings.data.cache_dir == str(tmp_path / "candles")
    assert settings.backtest.results_dir == Path("/abs")
    binance = settings.exchange["binance"]
    assert binance.secret == SecretRef(f"file:{tmp_path}/key")
    assert binance.api_key == SecretRef("file:~/key")
    assert binance.password == SecretRef("file:here")


def test_an_archive_elsewhere_keeps_its_address(write):
    config = load_config(files=[write('data.cache_dir = "s3://bucket/x"')], env={})
    assert config.settings.data.cache_dir == "s3://bucket/x"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[exchange.binance]\ntimout = 3",
            'unknown key "exchange.binance.timout" (in {path}:2). Did you mean "timeout"?',
        ),
        (
            "[exchnge.binance]\ntimeout = 3",
            'unknown key "exchnge" (in {path}:2). Did you mean "exchange"?',
        ),
        (
            "[exchange.binance]\ntimeout = 'soon'",
            (
                "exchange.binance.timeout must be a valid integer, "
                "unable to parse string as an integer (in {path}:2)"
            ),
        ),
        (
            "[backtest]\ncash = -1",
            "backtest.cash must be greater than 0 (in {path}:2)",
        ),
        (
            "[exchange.binance]\ninstrument_type = 'futures'",
            (
                "exchange.binance.instrument_type must be 'spot', 'margin', 'swap', 'future' or "
                "'option' (in {path}:2)"
            ),
        ),
        ("strategy.SmaCross = 3", "strategy.SmaCross must be a table of settings (in {path}:1)"),
    ],
)
def test_a_mistake_is_one_line_with_key_place_and_what_is_possible(write, tmp_path, text, message):
    assert refused(text, write=write) == message.format(path=tmp_path / "my.toml")


@pytest.mark.parametrize(
    ("variable", "meant"),
    [
        ("CRACKTRADER_LOG_LEVEL", "CRACKTRADER_LOG__LEVEL"),
        ("CRACKTRADER_EXCHNGE__BINANCE__SANDBOX", "CRACKTRADER_EXCHANGE__BINANCE__SANDBOX"),
        ("CRACKTRADER_EXCHANGE__OKX__SANDBX", "CRACKTRADER_EXCHANGE__OKX__SANDBOX"),
        ("CRACKTRADER_BACKTEST__CASHH", "CRACKTRADER_BACKTEST__CASH"),
    ],
)
def test_an_unknown_variable_is_refused_with_the_one_that_was_meant(write, variable, meant):
    assert refused(env={variable: "1"}, write=write) == (
        f'unknown environment variable "{variable}". Did you mean "{meant}"?'
    )


def test_a_wrong_value_in_the_environment_names_the_variable(write):
    assert refused(env={"CRACKTRADER_BACKTEST__CASH": "much"}, write=write).endswith(
        "(in CRACKTRADER_BACKTEST__CASH)"
    )


def test_a_wrong_override_names_the_command_line(write):
    message = refused(overrides={"log.levle": "INFO"}, write=write)
    assert message == 'unknown key "log.levle" (on the command line). Did you mean "level"?'
    assert "is no key" in refused(overrides={"log level": "INFO"}, write=write)


def test_with_several_problems_the_first_is_told_and_the_others_are_counted(write):
    message = refused("a = 1\nb = 2\nc = 3", write=write)
    assert message.endswith("(and 2 more; see: cracktrader config check)")


def test_a_broken_file_does_not_hide_what_else_is_wrong(write, tmp_path):
    write("a = ", "broken.toml")
    problems = check_config(
        files=[tmp_path / "broken.toml", write("top = 1")], env={}, overrides={"a b": 1}
    )
    assert [problem.origin for problem in problems] == [
        str(tmp_path / "broken.toml"), "", f"{tmp_path}/my.toml:1",
    ]  # fmt: skip


def test_a_variable_that_a_reference_names_is_no_setting(write):
    config = load_config(
        files=[write('exchange.binance.api_key = "env:CRACKTRADER_BINANCE_KEY"')],
        env={
            "CRACKTRADER_BINANCE_KEY": "variable-marker",
            "CRACKTRADER_BINANCE_SECRET": "variable-marker",
            "CRACKTRADER_EXCHANGE__BINANCE__SECRET": "env:CRACKTRADER_BINANCE_SECRET",
        },
    )
    assert config.settings.exchange["binance"].secret == SecretRef("env:CRACKTRADER_BINANCE_SECRET")


def test_check_finds_nothing_wrong_with_good_settings(write):
    path = write('exchange.binance.api_key = "env:KEY"')
    assert check_config(files=[path], env={"KEY": "check-marker"}) == []


def test_check_also_looks_at_exchanges_and_secrets(write, tmp_path):
    (tmp_path / "key").write_text("check-marker")
    (tmp_path / "key").chmod(0o644)
    text = '[exchange.binnance]\napi_key = "env:NONE"\nsecret = "file:key"'
    problems = check_config(files=[write(text)], env={})
    assert [(problem.key, problem.origin) for problem in problems] == [
        ("exchange.binnance", f"{tmp_path}/my.toml:2"),
        ("exchange.binnance.api_key", f"{tmp_path}/my.toml:2"),
        ("exchange.binnance.secret", f"{tmp_path}/my.toml:3"),
    ]
    assert 'Did you mean "binance"' in str(problems[0])
    assert "is not set" in str(problems[1])
    assert "chmod 600" in str(problems[2])


def test_what_is_shown_has_values_and_origins_but_no_secrets(load, home):
    entries = load(
        {"strategy.Grid.api_key": "shown-marker-1"},
        CRACKTRADER_EXCHANGE__BINANCE__OPTIONS="{token_secret = 'shown-marker-2', x = [1, 'a']}",
    ).redacted()
    user = home / "xdg" / "cracktrader" / "config.toml"
    shown = {key: (entry.value, entry.origin) for key, entry in entries.items()}
    assert shown["log.level"] == ("ERROR", f"{user}:3")
    assert shown["exchange.binance.accounts.Main.api_key"] == ("env:MAIN_KEY", f"{user}:8")
    assert shown["exchange.binance.accounts.Main.secret"] == (None, "default")
    assert shown["strategy.Grid.api_key"] == (MASK, "command line")
    assert shown["exchange.binance.options.token_secret"][0] == MASK
    assert shown["exchange.binance.options.x"][0] == [1, "a"]
    assert shown["backtest.results_dir"] == ("runs", "default")


def test_an_exchange_that_is_not_configured_has_the_defaults(load):
    config = load()
    assert config.exchange("okx") == ExchangeSettings()
    assert config.exchange("binance").sandbox is True


@pytest.mark.parametrize("asked", ["binance", "Binance", " BINANCE "])
@pytest.mark.parametrize("written", ["binance", "Binance"])
def test_a_sandbox_is_one_whatever_the_case_of_the_exchanges_name(tmp_path, written, asked):
    file = tmp_path / "config.toml"
    file.write_text(f"[exchange.{written}]\nsandbox = true\n")
    assert load_config(files=[file], env={}).exchange(asked).sandbox
    told = load_config(files=[], env={}, overrides={f"exchange.{written}.sandbox": True})
    assert told.exchange(asked).sandbox


def test_an_exchange_spelled_in_two_ways_is_one(load):
    config = load({"exchange.Binance.timeout": 5})
    assert list(config.settings.exchange) == ["binance", "kraken"]
    settings = config.exchange("binance")
    assert (settings.timeout, settings.rate_limit, settings.sandbox) == (5, 600, True)


def test_parameters_are_found_whatever_the_case_of_the_strategys_name(load):
    config = load(CRACKTRADER_STRATEGY__GRID__STEPS="3")
    assert config.strategy_params("Grid") == {"steps": "3"}
    assert config.strategy_params("None") == {}


def test_an_unknown_key_has_no_origin(load):
    config = load()
    with pytest.raises(ConfigError, match=r'unknown key "log\.levle"\. Did you mean "log\.level"'):
        config.origin("log.levle")
    with pytest.raises(ConfigError, match="is no key"):
        config.origin("log level")


def test_settings_and_config_show_no_values_of_theirs(write):
    config = load_config(
        files=[write('strategy.X.api_secret = "repr-marker-in-a-strategy"')], env={}
    )
    assert isinstance(config, Config)
    for text in (repr(config), str(config), repr(config.settings), str(config.settings)):
        assert "repr-marker" not in text


def test_every_setting_says_what_it_means():
    undescribed = [".".join(doc.key) for doc in describe(Settings) if len(doc.description) < 5]
    assert undescribed == []
