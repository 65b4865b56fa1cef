"""Importing the package is cheap, and every public name is there."""

import subprocess
import sys

import pytest

import cracktrader

HEAVY = ["ccxt", "backtrader", "pandas", "pyarrow", "numpy", "asyncio"]


def loaded_after(statement):
    code = f"import sys; {statement}; print('\\n'.join(sys.modules))"
    run = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    return set(run.stdout.split())


def test_the_package_imports_nothing_heavy():
    assert not loaded_after("import cracktrader") & set(HEAVY)


def test_the_command_line_imports_nothing_heavy():
    assert not loaded_after("import cracktrader.cli.main") & (set(HEAVY) - {"asyncio"})


@pytest.mark.parametrize("name", cracktrader.__all__)
def test_every_public_name_loads(name):
    assert getattr(cracktrader, name) is not None


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="Cerebor"):
        _ = cracktrader.Cerebor


def test_dir_lists_the_public_names():
    assert set(cracktrader.__all__) <= set(dir(cracktrader))


def test_a_public_name_is_not_replaced_by_the_subpackage_of_that_name():
    import cracktrader.exchange.key  # noqa: PLC0415
    from cracktrader import exchange  # noqa: PLC0415
    from cracktrader.bootstrap import exchange as session  # noqa: PLC0415

    assert exchange is session
    assert cracktrader.exchange is session
