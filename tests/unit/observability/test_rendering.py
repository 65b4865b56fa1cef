import datetime as dt
import json
from decimal import Decimal

import numpy as np
import pytest
from pydantic import SecretStr

from cracktrader.observability.redact import MASK, register_secret
from cracktrader.observability.rendering import hide_secrets, make_console_renderer, to_json
from cracktrader.observability.secrets import SecretRef


def rendered(**event):
    return json.loads(to_json(None, "info", hide_secrets(None, "info", event)))


class Broken:
    def __str__(self):
        raise RuntimeError


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (1, 1),
        (1.5, 1.5),
        ("text", "text"),
        (2**70, str(2**70)),
        (float("nan"), None),
        (np.int64(5), 5),
        (np.float64(1.5), 1.5),
        (Decimal("0.10"), "0.10"),
        (dt.datetime(2024, 1, 1, tzinfo=dt.UTC), "2024-01-01 00:00:00+00:00"),
        (b"bytes", "bytes"),
        (b"\xff", "<bytes: UnicodeDecodeError>"),
        ({1: (2, {3})}, {"1": [2, [3]]}),
        (frozenset({1}), [1]),
        (Broken(), "<Broken: RuntimeError>"),
        (SecretStr("hidden-by-type-1"), MASK),
        (SecretRef("env:KEY"), "env:KEY"),
    ],
)
def test_values_become_json(value, expected):
    assert rendered(value=value) == {"value": expected}


def test_text_that_is_no_unicode_loses_no_line():
    assert rendered(path="\udcff") == {"path": "\udcff"}


def test_a_structure_that_contains_itself_ends():
    loop = []
    loop.append(loop)
    assert "…" in str(rendered(value=loop))


def test_a_number_may_be_the_secret():
    register_secret("987650123")
    assert rendered(a=987650123, b="9876501234", c=987650123.0) == {
        "a": MASK,
        "b": f"{MASK}4",
        "c": MASK,
    }


def test_values_under_a_secrets_name_are_hidden_whatever_they_are():
    assert rendered(apiKey=b"x", deep=[{"password": "y"}], api_key="") == {
        "apiKey": MASK,
        "deep": [{"password": MASK}],
        "api_key": "",
    }


def test_structlogs_own_entries_pass_untouched():
    marker = object()
    assert hide_secrets(None, "info", {"_record": marker}) == {"_record": marker}


def test_the_console_shows_a_traceback_without_local_variables():
    renderer = make_console_renderer(colors=False)
    local_value = "in-a-local-variable"
    try:
        int("x")
    except ValueError as exc:
        line = renderer(None, "info", {"event": "failed", "exc_info": exc})
    assert "ValueError" in line
    assert local_value not in line
