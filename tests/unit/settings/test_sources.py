import os

import pytest

from cracktrader.errors import ConfigError
from cracktrader.settings.sources import (
    read_environment,
    read_overrides,
    read_toml,
    variable_name,
)
from cracktrader.settings.tree import Leaf, leaves, plain

TEXT = '''# comment
top = 1

[exchange.binance]   # table
sandbox = true
options = {defaultType = "spot", deep = {x = 1}}
"quoted key" = 1
list = [
  1,
  # with = a comment
  2,
]
text = """
[log]
level = 1
"""
after.text = 2

[[many]]
a = 1
[[many]]
a = 2
[empty]
'''


@pytest.fixture
def write(tmp_path):
    def write(content):
        path = tmp_path / "config.toml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def test_every_value_knows_its_line(write):
    path = write(TEXT)
    lines = {".".join(key): leaf.origin for key, leaf in leaves(read_toml(path))}
    assert lines == {
        key: f"{path}:{line}"
        for key, line in {
            "top": 2,
            "exchange.binance.sandbox": 5,
            "exchange.binance.options.defaultType": 6,
            "exchange.binance.options.deep.x": 6,
            "exchange.binance.quoted key": 7,
            "exchange.binance.list": 8,
            "exchange.binance.text": 13,
            "exchange.binance.after.text": 17,
            "many": 21,
            "empty": 23,
        }.items()
    }


def test_lines_end_in_any_way(write):
    path = write("a = 1\r\nb = 2\r\n")
    assert [leaf.origin for _, leaf in leaves(read_toml(path))] == [f"{path}:1", f"{path}:2"]


def test_after_a_very_long_value_only_the_file_is_named(write):
    path = write("a = [\n" + "1,\n" * 400 + "]\nb = 1\n")
    assert [leaf.origin for _, leaf in leaves(read_toml(path))] == [str(path), str(path)]


def test_a_byte_order_mark_is_skipped(write):
    assert plain(read_toml(write(b"\xef\xbb\xbfa = 1"))) == {"a": 1}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("a = ", r"is not valid TOML: Invalid value \(at end of document\)"),
        ("a = 1\na = 2", "is not valid TOML"),
        (b"a = '\xff'", "is not UTF-8 text"),
        ("a = " + "[" * 5000 + "]" * 5000, "nested too deeply"),
        ("a = " + "{a = " * 100 + "1" + "}" * 100, "nested more than 24 levels"),
        (".".join("a" * 100) + " = 1", "nested more than 24 levels"),
        ("#" * 1_000_001, "larger than"),
        ("a = " + "1" * 5000, "is not valid TOML"),
    ],
)
def test_a_broken_file_is_one_clear_error(write, content, reason):
    path = write(content)
    with pytest.raises(ConfigError, match=reason) as caught:
        read_toml(path)
    assert "\n" not in str(caught.value)


def test_a_secret_on_a_broken_line_is_not_repeated(write):
    with pytest.raises(ConfigError) as caught:
        read_toml(write("api_key = broken-file-marker"))
    assert "broken-file-marker" not in str(caught.value)


def test_a_missing_file_and_a_folder_are_said_so(tmp_path):
    with pytest.raises(ConfigError, match=r"cannot read .*none\.toml: No such file"):
        read_toml(tmp_path / "none.toml")
    with pytest.raises(ConfigError, match="Is a directory"):
        read_toml(tmp_path)
    with pytest.raises(ConfigError, match="null byte"):
        read_toml(tmp_path / "a\0b")


def test_variables_become_keys_and_know_their_name():
    tree = read_environment(
        {"CRACKTRADER_LOG__LEVEL": " DEBUG ", "HOME": "/x", "CRACKTRADER_DATA__CACHE_DIR": ""},
        {},
        ignore=frozenset(),
    )
    assert tree == {"log": {"level": Leaf("DEBUG", "CRACKTRADER_LOG__LEVEL")}}


def test_names_in_variables_follow_the_spelling_of_the_files():
    lower = {"strategy": {"SmaCross": {"Fast": Leaf(1, "file")}}, "log": Leaf(1, "file")}
    env = {
        "CRACKTRADER_STRATEGY__SMACROSS__FAST": "2",
        "CRACKTRADER_STRATEGY__SMACROSS__SLOW": "3",
        "CRACKTRADER_LOG__LEVEL": "x",
    }
    assert plain(read_environment(env, lower, ignore=frozenset())) == {
        "strategy": {"SmaCross": {"Fast": "2", "slow": "3"}},
        "log": {"level": "x"},
    }


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[1, 2]", [1, 2]),
        ("{a = 1}", {"a": 1}),
        ("[1, 2", "[1, 2"),
        ("[" * 5000, "[" * 5000),
        ("10", "10"),
        ("true", "true"),
    ],
)
def test_lists_and_tables_in_variables_are_toml(text, value):
    tree = read_environment({"CRACKTRADER_A__B": text}, {}, ignore=frozenset())
    assert plain(tree) == {"a": {"b": value}}


def test_a_variable_that_holds_a_secret_is_left_alone():
    env = {"CRACKTRADER_KEY": "x"}
    assert read_environment(env, {}, ignore=frozenset({"CRACKTRADER_KEY"})) == {}


def test_overrides_are_dotted_keys_or_tables_and_none_is_not_given():
    tree = read_overrides(
        {"log.level": "DEBUG", "log.file": None, "exchange": {"binance": {"sandbox": True}}}
    )
    assert plain(tree) == {"log": {"level": "DEBUG"}, "exchange": {"binance": {"sandbox": True}}}
    assert {leaf.origin for _, leaf in leaves(tree)} == {"command line"}


def test_an_override_without_a_key_is_refused():
    with pytest.raises(ConfigError, match="is no key"):
        read_overrides({"a b": 1})


def test_the_variable_of_a_key_is_in_capitals():
    assert variable_name(("exchange", "binance", "api_key")) == (
        "CRACKTRADER_EXCHANGE__BINANCE__API_KEY"
    )
    assert os.sep not in variable_name(("log", "file"))
