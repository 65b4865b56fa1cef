import json
import re
import sys
import textwrap

import pytest

from cracktrader.errors import ConfigError, StrategyError
from cracktrader.strategy_source import declared_params, load_strategy

ONE = """
import backtrader as bt
class SmaCross(bt.Strategy):
    params = dict(fast=10)
class _Hidden(bt.Strategy):
    pass
"""
TWO = ONE + "class Other(bt.Strategy):\n    pass\n"


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write a Python file in the working folder; modules loaded by the test are forgotten."""
    before = set(sys.modules)
    monkeypatch.chdir(tmp_path)

    def write(name, text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
        return str(path)

    yield write
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_the_only_strategy_of_a_file_needs_no_name(write):
    strategy = load_strategy(write("cross_one.py", ONE))
    assert strategy.__name__ == "SmaCross"
    assert declared_params(strategy) == {"fast": 10}


def test_a_strategy_is_chosen_by_name(write):
    assert load_strategy(write("cross_two.py", TWO) + ":Other").__name__ == "Other"


def test_a_strategy_is_loaded_by_import_path(write):
    write("botpack/__init__.py", "")
    write("botpack/cross.py", TWO)
    assert load_strategy("botpack.cross:SmaCross").__name__ == "SmaCross"


def test_a_changed_file_is_loaded_anew(write):
    assert load_strategy(write("again.py", ONE)).__name__ == "SmaCross"
    assert (
        load_strategy(write("again.py", ONE.replace("SmaCross", "EmaCross"))).__name__ == "EmaCross"
    )


def test_a_strategy_may_import_its_neighbours(write):
    write("neighbour_params.py", "FAST = 7")
    path = write(
        "with_neighbour.py",
        """
        import backtrader as bt
        from neighbour_params import FAST
        class S(bt.Strategy):
            params = dict(fast=FAST)
        """,
    )
    assert declared_params(load_strategy(path)) == {"fast": 7}


def test_an_imported_strategy_counts_when_the_file_has_no_own(write):
    write("origin_of_s.py", ONE)
    path = write("reexport.py", "import backtrader as bt\nfrom origin_of_s import SmaCross\n")
    assert load_strategy(path).__name__ == "SmaCross"


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("nothing.py", 'file "nothing.py" does not exist'),
        ("cros_two.py", 'Did you mean "cross_two.py"'),
        ("cross_two.py", "has several strategies: Other, SmaCross"),
        ("cross_two.py:SmaCros", 'Did you mean "SmaCross"'),
        ("cross_two.py:Zzz", "It has: Other, SmaCross"),
        ("plain.py", "defines no Backtrader strategy"),
        ("no.such.module:S", "neither a file nor a module"),
        ("crosstwo", 'Did you mean "cross_two.py"'),
        ("sma_cros", 'Did you mean "strategies/sma_cross.py"'),
        ("folder/", "does not exist"),
    ],
)
def test_a_wrong_name_says_what_is_possible(write, spec, message):
    write("cross_two.py", TWO)
    write("plain.py", "x = 1")
    write("strategies/sma_cross.py", ONE)
    with pytest.raises(ConfigError, match=re.escape(message)):
        load_strategy(spec)


@pytest.mark.parametrize("text", ["def broken(:", "1 / 0", "import no_such_module_anywhere"])
def test_a_file_that_raises_keeps_its_own_exception(write, text):
    with pytest.raises(StrategyError, match="could not be loaded") as caught:
        load_strategy(write("raises_on_load.py", text))
    assert caught.value.__cause__ is not None
    assert "raises_on_load" not in sys.modules


@pytest.mark.parametrize("text", ["1 / 0", "import no_such_module_anywhere"])
def test_a_module_that_raises_keeps_its_own_exception(write, text):
    write("module_raises.py", text)
    with pytest.raises(StrategyError, match='module "module_raises"') as caught:
        load_strategy("module_raises")
    assert caught.value.__cause__ is not None


def test_a_file_that_raises_leaves_modules_of_that_name_alone(write):
    with pytest.raises(StrategyError):
        load_strategy(write("json.py", "1 / 0"))
    assert sys.modules["json"] is json
