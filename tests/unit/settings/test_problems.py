from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import Field, ValidationError, field_validator

from cracktrader.settings.model import SettingsModel
from cracktrader.settings.problems import Problem, explain, place
from cracktrader.settings.tree import Leaf, flatten, plain, put


class Exchange(SettingsModel):
    rate_limit: float | None = Field(default=None, description="requests per minute")
    sandbox: bool = False
    timeout: int = Field(default=1, ge=1, le=9)
    kind: Literal["spot", "swap"] = "spot"
    name: str = Field(default="abc", min_length=2)
    cache: int | Path = Path()
    options: dict[str, Any] = Field(default_factory=dict)
    pairs: list[int] = Field(default_factory=list)

    @field_validator("name")
    @classmethod
    def _no_digits(cls, value):
        if value.isdigit():
            raise ValueError("must hold a letter")
        return value

    @field_validator("options")
    @classmethod
    def _small(cls, value):
        assert len(value) < 3, "too many"
        return value


class Settings(SettingsModel):
    exchange: dict[str, Exchange] = Field(default_factory=dict)
    needed: int | None = None


class Strict(SettingsModel):
    needed: int


def explained(values, origin="f.toml:3", model=Settings):
    tree = {}
    for key, value in flatten(values):
        put(tree, key, Leaf(value, origin))
    with pytest.raises(ValidationError) as caught:
        model.model_validate(plain(tree))
    return [str(problem) for problem in explain(caught.value, model, tree)]


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({"timeout": "x"}, "timeout must be a valid integer, unable to parse string as an integer"),
        ({"timeout": 0}, "timeout must be greater than or equal to 1"),
        ({"timeout": 10}, "timeout must be less than or equal to 9"),
        ({"kind": "spt"}, "kind must be 'spot' or 'swap'"),
        ({"name": "a"}, "name must have at least 2 characters"),
        ({"name": "12"}, "name must hold a letter"),
        ({"options": {"a": 1, "b": 2, "c": 3}}, "options is refused: too many"),
        ({"cache": []}, "cache must be a valid integer or must be an instance of Path"),
        ({"options": 3}, "options must be a table of settings"),
        (
            {"pairs": [1, "x"]},
            "pairs must be a valid integer, unable to parse string as an integer",
        ),
    ],
)
def test_a_wrong_value_names_its_key_origin_and_what_is_allowed(values, line):
    [found] = explained({"exchange": {"binance": values}})
    assert found.startswith(f"exchange.binance.{line.partition(' ')[0]} ")
    assert found.endswith(" (in f.toml:3)")
    assert line.partition(" or must be an instance")[0] in found


def test_a_value_where_a_section_belongs_is_said_so():
    assert explained({"exchange": 3}) == ["exchange must be a table of settings (in f.toml:3)"]
    assert explained({"exchange": {"binance": True}}) == [
        "exchange.binance must be a table of settings (in f.toml:3)"
    ]


def test_all_problems_are_told_not_only_the_first():
    found = explained({"exchange": {"binance": {"timeout": 0, "sandbox": "x", "knd": "spot"}}})
    assert len(found) == 3


@pytest.mark.parametrize(
    ("values", "hint"),
    [
        ({"exchange": {"binance": {"timout": 1}}}, 'Did you mean "timeout"?'),
        ({"exchange": {"binance": {"Time-Out": 1}}}, 'Did you mean "timeout"?'),
        (
            {"exchange": {"binance": {"rateLimit": 1}}},
            'Did you mean "rate_limit"? It means: requests per minute.',
        ),
        ({"sandbox": True}, 'Did you mean "exchange.NAME.sandbox"?'),
        ({"qqq": 1}, "Possible at the top: exchange, needed."),
        (
            {"exchange": {"binance": {"qqq": 1}}},
            (
                "Possible in [exchange.binance]: rate_limit, sandbox, timeout, kind, name, cache, "
                "options, pairs."
            ),
        ),
    ],
)
def test_an_unknown_key_gets_the_nearest_or_all_possible_ones(values, hint):
    [found] = explained(values)
    assert found.startswith('unknown key "')
    assert found.endswith(f" (in f.toml:3). {hint}")


@pytest.mark.parametrize(
    ("variable", "key", "hint"),
    [
        (
            "CRACKTRADER_EXCHNGE__BINANCE__SANDBOX",
            {"exchnge": {"binance": {"sandbox": "1"}}},
            'Did you mean "CRACKTRADER_EXCHANGE__BINANCE__SANDBOX"?',
        ),
        (
            "CRACKTRADER_EXCHANGE__BINANCE__SANDBX",
            {"exchange": {"binance": {"sandbx": "1"}}},
            'Did you mean "CRACKTRADER_EXCHANGE__BINANCE__SANDBOX"?',
        ),
        ("CRACKTRADER_QQQ", {"qqq": "1"}, "Possible at the top: exchange, needed."),
    ],
)
def test_an_unknown_variable_is_named_as_one(variable, key, hint):
    assert explained(key, variable) == [f'unknown environment variable "{variable}". {hint}']


def test_the_command_line_is_named_as_such():
    [found] = explained({"needed": "x"}, "command line")
    assert found.endswith("(on the command line)")


def test_a_missing_value_is_named_without_an_origin():
    assert explained({}, model=Strict) == ["needed is refused: Field required"]


def test_no_value_is_ever_repeated():
    marker = "problem-marker-1"
    found = explained(
        {
            "exchange": {"binance": {"timeout": marker, "kind": marker, "apikey": marker}},
            "needed": marker,
        }
    )
    assert len(found) == 4
    assert marker not in "".join(found)


def test_a_name_too_long_to_be_one_is_cut():
    [found] = explained({"s" + "ecretvalue" * 6: "api_key"})
    assert 'unknown key "secr…"' in found.replace('""', '"').replace('\\"', '"')


def test_a_problem_reads_as_its_message():
    assert str(Problem(message="wrong")) == "wrong"
    assert place("default") == place("") == ""
