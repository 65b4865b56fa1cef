import pytest
from hypothesis import given
from hypothesis import strategies as st

from cracktrader.errors import ConfigError
from cracktrader.settings.tree import (
    Leaf,
    dotted,
    find,
    flatten,
    leaves,
    merge,
    origin_of,
    plain,
    put,
    split_key,
)

NAMES = st.sampled_from(["a", "b", "c"])
TABLES = st.recursive(
    st.integers(), lambda inner: st.dictionaries(NAMES, inner, min_size=1), max_leaves=8
).filter(lambda value: isinstance(value, dict))


def tree_of(table, origin="here"):
    tree = {}
    for key, value in flatten(table):
        put(tree, key, Leaf(value, origin))
    return tree


def test_tables_are_merged_deeply_and_values_replaced():
    merged = merge(
        tree_of({"a": {"x": 1, "y": [1, 2]}, "b": 1}, "low"),
        tree_of({"a": {"y": [3]}, "c": 2}, "high"),
    )
    assert plain(merged) == {"a": {"x": 1, "y": [3]}, "b": 1, "c": 2}
    assert origin_of(merged, ("a", "x")) == "low"
    assert origin_of(merged, ("a", "y")) == "high"


def test_a_value_replaces_a_table_and_a_table_a_value():
    assert plain(merge(tree_of({"a": {"x": 1}}), tree_of({"a": 2}))) == {"a": 2}
    assert plain(merge(tree_of({"a": 2}), tree_of({"a": {"x": 1}}))) == {"a": {"x": 1}}


def test_an_empty_table_hides_nothing():
    assert plain(merge(tree_of({"a": {"x": 1}}), tree_of({"a": {}}))) == {"a": {"x": 1}}
    assert plain(merge(tree_of({"a": {}}), tree_of({"a": {"x": 1}}))) == {"a": {"x": 1}}
    assert plain(merge({}, tree_of({"a": {}}))) == {"a": {}}


@given(TABLES)
def test_flattening_and_putting_back_changes_nothing(table):
    assert plain(tree_of(table)) == table


@given(TABLES, TABLES, TABLES)
def test_merging_goes_by_layers_however_grouped(a, b, c):
    first, second, third = tree_of(a), tree_of(b), tree_of(c)
    left = plain(merge(merge(first, second), third))
    assert left == plain(merge(first, merge(second, third))) or _clash(a, b, c)
    for key, value in flatten(c):
        assert find_plain(left, key) == value


def _clash(*tables):
    """Whether one layer has a table where another has a value; then grouping matters."""
    keys = [key for table in tables for key, _ in flatten(table)]
    return any(len(a) < len(b) and b[: len(a)] == a for a in keys for b in keys)


def find_plain(table, key):
    for name in key:
        table = table[name]
    return table


def test_a_value_in_the_place_of_a_table_is_kept_to_be_refused():
    tree = {"log": Leaf("x", "LOG")}
    put(tree, ("log", "level"), Leaf("y", "LOG__LEVEL"))
    assert plain(tree) == {"log": "x"}


def test_looking_up_what_is_not_there_finds_nothing():
    tree = tree_of({"a": {"x": 1}})
    assert find(tree, ("a", "y")) is None
    assert find(tree, ("b",)) is None
    assert origin_of(tree, ("b",)) is None
    assert origin_of({}, ()) is None


def test_a_table_comes_from_where_its_first_value_does():
    assert origin_of(tree_of({"a": {"x": 1}}), ("a",)) == "here"


def test_a_key_inside_a_list_or_inline_value_comes_from_that_value():
    tree = {"a": Leaf([{"x": 1}], "line 3")}
    assert origin_of(tree, ("a", "0", "x")) == "line 3"


def test_what_an_empty_table_leaves_unset_has_no_origin():
    tree = {"a": Leaf({}, "line 3")}
    assert origin_of(tree, ("a",)) == "line 3"
    assert origin_of(tree, ("a", "x")) is None


def test_a_value_is_not_shown_in_the_text_of_its_leaf():
    assert "tree-marker" not in repr({"a": Leaf("tree-marker", "here")})


@pytest.mark.parametrize(
    ("key", "text"),
    [(("a", "b-c_1"), "a.b-c_1"), (("a", "b c"), 'a."b c"'), (("a.b",), '"a.b"')],
)
def test_keys_are_written_and_read_as_toml_does(key, text):
    assert dotted(key) == text
    assert split_key(text) == key


@pytest.mark.parametrize("text", ["", "a.", "a = 1\nb", "a b", "[a]", "a\n", '"a'])
def test_text_that_is_no_key_is_refused(text):
    with pytest.raises(ConfigError, match="is no key"):
        split_key(text)


def test_absurd_nesting_is_refused():
    table = {}
    for _ in range(100):
        table = {"a": table}
    with pytest.raises(ConfigError, match="nested more than"):
        list(flatten(table))


def test_leaves_come_with_their_keys():
    assert [key for key, _ in leaves(tree_of({"a": {"x": 1}, "b": 2}))] == [("a", "x"), ("b",)]
