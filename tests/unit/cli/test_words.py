import pytest

from cracktrader.cli.words import command_first


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("", ""),
        ("doctor", "doctor"),
        ("-v doctor --offline", "doctor -v --offline"),
        ("--json -c a.toml config check", "config check --json -c a.toml"),
        ("--config=a.toml -vv -q data list -s X", "data list --config=a.toml -vv -q -s X"),
        ("data --json list", "data list --json"),
        ("data --help", "data --help"),
        ("--help", "--help"),
        ("-v --version", "-v --version"),
        ("--json bogus", "bogus --json"),
        ("-v data", "data -v"),
        ("-c", "-c"),
        ("backtest x.py -v", "backtest x.py -v"),
        ("backtest -- -v", "backtest -- -v"),
    ],
)
def test_general_options_may_stand_anywhere(given, expected):
    assert command_first(given.split(), ["data", "config"]) == expected.split()
