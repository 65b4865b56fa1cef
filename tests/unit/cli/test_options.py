from pathlib import Path

import pytest

from cracktrader.cli.main import Command, Family, make_app
from cracktrader.cli.options import COMMON, MARKET, REPORTING, Common, Market, Reporting

HERE = "tests.unit.cli.test_options:"


def show(*, market: Market = MARKET, common: Reporting = REPORTING) -> None:
    raise AssertionError(market, common)


def parsed(*words):
    family = Family("Toys", (Command("show", HERE + "show", "Show."),))
    _, bound, _ = make_app([family]).parse_args(["show", *words], exit_on_error=False)
    bound.apply_defaults()
    return bound.arguments


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), REPORTING),
        (("--json",), Reporting(json=True)),
        (("-q",), Reporting(quiet=True)),
        (("-v",), Reporting(verbose=1)),
        (("-vv",), Reporting(verbose=2)),
        (("-v", "--verbose"), Reporting(verbose=2)),
        (
            ("-c", "a.toml", "--config", "b.toml"),
            Reporting(config=(Path("a.toml"), Path("b.toml"))),
        ),
    ],
)
def test_shared_options_have_short_and_long_names(words, expected):
    assert parsed(*words)["common"] == expected


def test_markets_may_be_several():
    words = "-e kraken -s BTC/EUR -s ETH/EUR -t 1h -t 1d --since 90d --until now --type spot"
    assert parsed(*words.split())["market"] == Market(
        exchange="kraken",
        symbol=("BTC/EUR", "ETH/EUR"),
        timeframe=("1h", "1d"),
        since="90d",
        until="now",
        type="spot",
    )


def test_only_reporting_commands_know_json():
    assert isinstance(REPORTING, Common)
    assert not hasattr(COMMON, "json")
