"""Whatever stands in a file or a variable: settings or a ConfigError, never anything else."""

import contextlib
import string

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cracktrader.config import Config, Settings, check_config, load_config
from cracktrader.errors import ConfigError
from cracktrader.settings.schema import ANY_NAME, describe
from cracktrader.settings.sources import read_toml
from cracktrader.settings.tree import dotted, leaves, split_key

FAST = settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150
)
KEYS = sorted(dotted(doc.key).replace(ANY_NAME, "binance") for doc in describe(Settings))
WORDS = st.one_of(st.sampled_from(KEYS), st.text("ab._-\"' ", min_size=1, max_size=6))
VALUES = st.one_of(
    st.sampled_from(
        ["true", "1", "-1", "1e400", "inf", "nan", '""', '"env:A"', '"file:/x"', "[]", "{}",
         "[[1]]", "{a = 1}", "2024-01-01",
         "07:32:00", "'''\n[x]\n'''", '"x" # y', "[\n1,\n2]", "0x1F"]
    ),
    st.text(max_size=10),
)  # fmt: skip
LINES = st.one_of(
    st.builds("{} = {}".format, WORDS, VALUES),
    st.builds("[{}]".format, WORDS),
    st.builds("[[{}]]".format, WORDS),
    st.text(max_size=10),
)


def outcome(**layers):
    """Return the config or None, having checked that no other error gets out."""
    try:
        config = load_config(**layers)
    except ConfigError as exc:
        problem = str(exc)
    else:
        assert isinstance(config, Config)
        config.redacted()
        return config
    assert "\n" not in problem
    found = check_config(**layers)
    assert problem.startswith(str(found[0]))
    return None


@FAST
@given(content=st.one_of(st.binary(max_size=60), st.lists(LINES, max_size=6).map("\n".join)))
def test_any_file_gives_settings_or_a_config_error(tmp_path, content):
    path = tmp_path / "fuzz.toml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "replace"))
    outcome(files=[path], env={})


@FAST
@given(
    env=st.dictionaries(
        st.one_of(
            st.sampled_from(KEYS).map(lambda key: key.upper().replace(".", "__")),
            st.text(string.ascii_uppercase + "_", max_size=20),
        ).map("CRACKTRADER_".__add__),
        st.one_of(VALUES, st.text(max_size=10)),
        max_size=4,
    )
)
def test_any_environment_gives_settings_or_a_config_error(env):
    outcome(files=[], env=env)


@FAST
@given(
    overrides=st.dictionaries(
        WORDS,
        st.recursive(
            st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
            lambda inner: st.one_of(
                st.lists(inner, max_size=2), st.dictionaries(st.text(max_size=5), inner, max_size=2)
            ),
            max_leaves=5,
        ),
        max_size=3,
    )
)
def test_any_command_line_gives_settings_or_a_config_error(overrides):
    outcome(files=[], env={}, overrides=overrides)


@FAST
@given(lines=st.lists(LINES, max_size=8))
def test_every_value_of_a_readable_file_has_a_line_of_that_file(tmp_path, lines):
    path = tmp_path / "fuzz.toml"
    text = "\n".join(lines)
    path.write_bytes(text.encode("utf-8", "replace"))
    with contextlib.suppress(ConfigError):
        for key, leaf in leaves(read_toml(path)):
            line = int(leaf.origin.rpartition(":")[2])
            assert 1 <= line <= text.count("\n") + 1
            with contextlib.suppress(ConfigError):
                assert split_key(dotted(key)) == key


@pytest.mark.parametrize("name", ["a\nb", 'a"b', "ü", "a.b", "", " ", "a\\b"])
def test_odd_names_survive_being_shown(name):
    problems = check_config(files=[], env={}, overrides={"exchange": {name: {"x": 1}}})
    assert "\n" not in str(problems[0])
