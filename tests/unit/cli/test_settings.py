import logging

import pytest

from cracktrader.cli.options import Common
from cracktrader.cli.settings import read_settings, start_logs
from cracktrader.errors import ConfigError


@pytest.mark.parametrize(
    ("common", "level"),
    [
        (Common(), "WARNING"),
        (Common(verbose=1), "INFO"),
        (Common(verbose=3), "DEBUG"),
        (Common(quiet=True, verbose=1), "ERROR"),
    ],
)
def test_the_log_is_as_talkative_as_asked(common, level):
    start_logs(common)
    assert logging.getLevelName(logging.getLogger().level) == level


def test_the_settings_level_counts_unless_the_command_says_otherwise(place):
    (place / "cracktrader.toml").write_text('[log]\nlevel = "DEBUG"\n')
    read_settings(Common())
    assert logging.getLogger().level == logging.DEBUG
    read_settings(Common(quiet=True))
    assert logging.getLogger().level == logging.ERROR


def test_the_command_line_comes_before_the_files(place):
    (place / "own.toml").write_text("[backtest]\ncash = 5.0\n")
    common = Common(config=(place / "own.toml",))
    assert read_settings(common).settings.backtest.cash == 5.0
    overrides = {"backtest.cash": 7.0, "log.level": None}
    config = read_settings(common, overrides=overrides)
    assert config.settings.backtest.cash == 7.0
    assert config.origin("backtest.cash") == "command line"


def test_a_file_that_is_not_there_is_said(place):
    with pytest.raises(ConfigError, match=r"none\.toml"):
        read_settings(Common(config=(place / "none.toml",)))
