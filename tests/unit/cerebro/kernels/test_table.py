"""Which kernel stands in for which method."""

import importlib
import inspect
import pkgutil

import backtrader as bt
import pytest

from cracktrader.cerebro.kernels.table import KERNELS

# Nothing to compute, or code that is not Backtrader's arithmetic.
LEFT_TO_BACKTRADER = {"LineRoot.once", "LineIterator.once"}


def own_once_methods():
    """Return every once() that a class of Backtrader defines."""
    names = ["backtrader.linebuffer", "backtrader.lineroot", "backtrader.lineiterator"]
    names += ["backtrader.functions", "backtrader.indicator"]
    package = importlib.import_module("backtrader.indicators")
    names += [f"backtrader.indicators.{m.name}" for m in pkgutil.iter_modules(package.__path__)]
    found = {}
    for name in names:
        module = importlib.import_module(name)
        for cls in vars(module).values():
            if inspect.isclass(cls) and "once" in vars(cls):
                found[vars(cls)["once"].__qualname__] = vars(cls)["once"]
    return found


def test_every_method_of_backtrader_has_a_kernel():
    methods = own_once_methods()
    assert len(methods) > 15
    assert {name for name, once in methods.items() if once not in KERNELS} == LEFT_TO_BACKTRADER


def test_a_method_that_somebody_overrode_is_not_replaced():
    class Own(bt.ind.Average):
        def once(self, start, end):
            """Somebody's own."""

    assert Own.once not in KERNELS
    assert bt.ind.SMA.once not in KERNELS
    assert type("Derived", (bt.ind.Average,), {}).once in KERNELS


def test_the_table_cannot_be_changed():
    with pytest.raises(TypeError):
        KERNELS[bt.ind.Average.once] = bool
