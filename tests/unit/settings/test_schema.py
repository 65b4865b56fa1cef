from typing import Annotated, Any

import pytest
from pydantic import Field

from cracktrader.settings.model import SettingsModel
from cracktrader.settings.schema import describe, is_known, model_at


class Account(SettingsModel):
    key: str | None = Field(None, description="Key.")


class Exchange(SettingsModel):
    timeout: int = 1
    options: dict[str, Any] = Field(default_factory=dict)
    accounts: dict[str, Account] = Field(default_factory=dict)


class Settings(SettingsModel):
    exchange: dict[str, Exchange] = Field(default_factory=dict)
    account: Annotated[Account, "note"] | None = None
    strategy: dict[str, dict[str, Any]] = Field(default_factory=dict)
    plain: int = 1


def test_every_key_is_described():
    assert {".".join(doc.key): doc.description for doc in describe(Settings)} == {
        "exchange.NAME.timeout": "",
        "exchange.NAME.options": "",
        "exchange.NAME.accounts.NAME.key": "Key.",
        "account.key": "Key.",
        "strategy": "",
        "plain": "",
    }


@pytest.mark.parametrize(
    ("key", "found"),
    [
        ("", Settings),
        ("exchange", Exchange),
        ("exchange.binance", Exchange),
        ("exchange.binance.accounts.main", Account),
        ("account", Account),
        ("plain", None),
        ("exchange.binance.timeout", None),
        ("nothing", None),
        ("nothing.at.all", None),
    ],
)
def test_the_class_of_a_table_is_found(key, found):
    assert model_at(Settings, tuple(key.split(".")) if key else ()) is found


@pytest.mark.parametrize(
    ("key", "known"),
    [
        ("exchange", True),
        ("exchange.binance", True),
        ("exchange.binance.timeout", True),
        ("exchange.binance.timout", False),
        ("exchange.binance.accounts.main.key", True),
        ("exchange.binance.accounts.main.kye", False),
        ("exchange.binance.options.anything", True),
        ("strategy.SmaCross.fast", True),
        ("account.key", True),
        ("account.kye", False),
        ("nothing", False),
    ],
)
def test_known_keys_are_told_from_others(key, known):
    assert is_known(Settings, tuple(key.split("."))) is known
