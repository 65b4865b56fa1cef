import contextlib
import datetime as dt
from decimal import Decimal
from enum import Enum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cracktrader.errors import ConfigError
from cracktrader.strategy_params import coerce_params


class Side(Enum):
    LONG = "long"
    SHORT = "short"


NOON = dt.datetime(2024, 1, 1, 12)  # noqa: DTZ001  (as Backtrader's own)
NOON_UTC = NOON.replace(tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("default", "value", "expected"),
    [
        (True, "false", False),
        (False, "YES", True),
        (False, 1, True),
        (True, False, False),
        (10, "20", 20),
        (10, " 20 ", 20),
        (10, "1_000", 1000),
        (10, "1e3", 1000),
        (10, 20.0, 20),
        (10, 2**60 + 1, 2**60 + 1),
        (10, str(2**60 + 1), 2**60 + 1),
        (10, Decimal(3), 3),
        (0.5, "1", 1.0),
        (0.5, 2, 2.0),
        (0.5, "-1e-3", -0.001),
        ("x", "10", "10"),
        ("x", "", ""),
        (None, "10", 10),
        (None, "0.5", 0.5),
        (None, "true", True),
        (None, "None", None),
        (None, "", None),
        (None, "BTC/USDT", "BTC/USDT"),
        (None, "[1, 'a']", [1, "a"]),
        (None, 3.5, 3.5),
        ((1, 2), "3,4,5", (3, 4, 5)),
        ((1, 2), "(3, 4)", (3, 4)),
        ([1.0], "[1, 2]", [1.0, 2.0]),
        ([1.0], [1, "2"], [1.0, 2.0]),
        (("a",), "b, c,", ("b", "c")),
        ((), "1,x", (1, "x")),
        ((1, "a"), "2,b", (2, "b")),
        ([], (1, 2), [1, 2]),
        (Decimal("0.1"), "0.10", Decimal("0.10")),
        (Decimal("0.1"), 0.1, Decimal("0.1")),
        (Side.LONG, "SHORT", Side.SHORT),
        (Side.LONG, "short", Side.SHORT),
        (Side.LONG, Side.SHORT, Side.SHORT),
        (NOON, "2024-02-03T04:05", dt.datetime(2024, 2, 3, 4, 5)),  # noqa: DTZ001
        (NOON_UTC, "2024-01-01T12:00+00:00", NOON_UTC),
        (NOON, NOON, NOON),
        (dt.date(2024, 1, 1), "2024-02-03", dt.date(2024, 2, 3)),
        (dt.time(9, 30), "10:15", dt.time(10, 15)),
        (dict, dict, dict),
    ],
)
def test_a_value_takes_the_type_of_the_declared_default(default, value, expected):
    [(name, found)] = coerce_params({"p": default}, {"p": value}).items()
    assert name == "p"
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("default", "value", "message"),
    [
        (True, "maybe", 'must be true or false, was "maybe"'),
        (True, 2, r"must be true or false, was 2 \(int\)"),
        (True, 1.0, "must be true or false"),
        (10, "fast", 'must be a whole number like 10 .*, was "fast"'),
        (10, "0.5", r'"10\.0" would allow fractions'),
        (10, True, r"whole number.*was True \(bool\)"),
        (10, "nan", "whole number"),
        (10, "1e400", "whole number"),
        (10, [1], "whole number"),
        (0.5, "x", r"must be a number like 0\.5"),
        (0.5, "inf", "must be a number"),
        (0.5, 10**400, "must be a number"),
        (0.5, False, "must be a number"),
        ("x", 5, r"must be text, was 5 \(int\)"),
        ((1, 2), "a,b", "must be a whole number"),
        ((1, 2), 5, "must be a list like 1,2,3"),
        ((1, 2), "(1, 2", "must be a list like 1,2,3"),
        (Decimal(1), "x", "must be a number like 1"),
        (Decimal(1), "nan", "must be a number like 1"),
        (Decimal(1), None, "must be a number like 1"),
        (Side.LONG, "up", "must be one of LONG, SHORT"),
        (NOON, "soon", "must be a time like 2024-01-01T12:00:00"),
        (NOON, NOON_UTC, "must be a time without a time zone"),
        (NOON_UTC, "2024-01-01", "must be a time with a time zone"),
        (dt.date(2024, 1, 1), NOON, "must be a date like 2024-01-01"),
        (dt.time(9, 30), "late", "must be a time of day like 09:30:00"),
        (dict, "x", "must be a type, which only Python code can give"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_saying_what_would(default, value, message):
    with pytest.raises(
        ConfigError, match=f'parameter "p" {message}' if message[0] == "m" else message
    ):
        coerce_params({"p": default}, {"p": value})


def test_an_unknown_parameter_gets_the_nearest_or_all_that_are_declared():
    with pytest.raises(ConfigError, match=r'no parameter "fats"\. Did you mean "fast"\?'):
        coerce_params({"fast": 1, "slow": 2}, {"fats": "1"})
    with pytest.raises(ConfigError, match=r"It declares: fast, slow\."):
        coerce_params({"fast": 1, "slow": 2}, {"zzz": "1"})
    with pytest.raises(ConfigError, match=r"It declares: none\."):
        coerce_params({}, {"zzz": "1"})


def test_only_what_was_given_is_returned():
    assert coerce_params({"fast": 1, "slow": 2}, {"slow": "3"}) == {"slow": 3}


def test_a_long_value_is_cut_and_a_secret_one_not_shown():
    with pytest.raises(ConfigError) as caught:
        coerce_params({"p": 1}, {"p": "x" * 500})
    assert len(str(caught.value)) < 200
    with pytest.raises(ConfigError) as caught:
        coerce_params({"api_key": 1}, {"api_key": "params-marker"})
    assert "params-marker" not in str(caught.value)


@given(
    st.sampled_from([True, 1, 0.5, "x", None, (1,), [0.5], (), Decimal(1), Side.LONG, NOON]),
    st.one_of(st.text(), st.integers(), st.floats(), st.booleans(), st.none(), st.lists(st.text())),
)
def test_anything_is_either_converted_or_refused(default, value):
    with contextlib.suppress(ConfigError):
        found = coerce_params({"p": default}, {"p": value})["p"]
        assert default is None or type(found) is type(default)


@pytest.mark.parametrize("text", ["1if", '"\\d"', "a\nb\rc", "0x", "[" * 10_000])
def test_odd_text_is_read_without_a_warning(text):
    assert coerce_params({"p": None}, {"p": text}) == {"p": text} or text.startswith('"')
    with pytest.raises(ConfigError) as caught:
        coerce_params({"p": 1}, {"p": text})
    assert "\n" not in str(caught.value)
