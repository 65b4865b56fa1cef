import pytest
from pydantic import BaseModel, SecretStr

from cracktrader.observability.exposure import (
    exposed_secrets,
    showable,
    unreadable_secrets,
    values,
)
from cracktrader.observability.redact import MASK, redact
from cracktrader.observability.secrets import SecretRef
from cracktrader.settings.tree import Leaf


class Account(BaseModel):
    api_key: SecretRef | None = None
    number: int = 1


class Settings(BaseModel):
    account: Account = Account()
    accounts: dict[str, Account] = {}
    free: dict[str, object] = {}


def tree(key, value, origin="f.toml:1"):
    node = Leaf(value, origin)
    for name in reversed(key):
        node = {name: node}
    return node


def test_every_value_comes_with_its_key():
    settings = Settings(accounts={"a": Account(number=2)}, free={"x": {"y": [1]}})
    assert {".".join(key): value for key, value in values(settings)} == {
        "account.api_key": None,
        "account.number": 1,
        "accounts.a.api_key": None,
        "accounts.a.number": 2,
        "free.x.y": [1],
    }
    assert dict(values(Settings()))[("free",)] == {}


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("api_key", SecretRef("env:KEY"), "env:KEY"),
        ("api_key", SecretStr("exposure-marker"), MASK),
        ("api_key", "plain", MASK),
        ("api_key", "", ""),
        ("api_key", None, None),
        ("x", 1.5, 1.5),
        ("x", True, True),
        ("x", {"token_secret": "a", "b": ["c"]}, {"token_secret": MASK, "b": ["c"]}),
        ("x", ("http://me:pass@host", 1), [f"http://{MASK}@host", 1]),
    ],
)
def test_what_is_shown_is_masked_where_needed(key, value, expected):
    assert showable((key,), value) == expected


@pytest.mark.parametrize(
    "value",
    ["http://me:exposed-1@host", ["x", "http://me:exposed-1@host"], {"a": "http://me:exposed-1@h"}],
)
def test_a_password_in_a_url_is_a_problem(value):
    [problem] = exposed_secrets(tree(("exchange", "proxy"), [value]))
    assert str(problem).startswith("exchange.proxy must not hold a password in a URL (in f.toml:1)")
    assert "exposed-1" not in str(problem)
    assert problem.origin == "f.toml:1"


def test_what_looks_like_a_raw_secret_is_hidden_from_then_on():
    assert list(exposed_secrets(tree(("a", "api_secret"), "exposed-marker-2"))) == []
    assert redact("exposed-marker-2") == MASK


@pytest.mark.parametrize("value", ["env:EXPOSED_MARKER_3", "short-word", 5])
def test_references_short_words_and_numbers_are_not_taken_for_secrets(value):
    assert list(exposed_secrets(tree(("a", "api_secret"), value))) == []
    assert redact(f"{value}") == f"{value}"


def test_references_that_lead_nowhere_are_problems():
    settings = Settings(accounts={"a": Account(api_key=SecretRef("env:NONE"))})
    [problem] = unreadable_secrets(settings, tree(("accounts", "a", "api_key"), "env:NONE"), {})
    assert str(problem) == (
        'accounts.a.api_key: cannot read the secret "env:NONE": the environment variable is not '
        "set (in f.toml:1)"
    )
    assert list(unreadable_secrets(settings, {}, {"NONE": "exposure-marker-4"})) == []
