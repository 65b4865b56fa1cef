import sys

import pytest

from cracktrader.cerebro.plotting import choose_backend, plotting
from cracktrader.errors import ConfigError


@pytest.mark.parametrize(
    ("environ", "platform", "backend"),
    [
        ({}, "linux", "agg"),
        ({"DISPLAY": ":0"}, "linux", None),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", None),
        ({}, "darwin", None),
        ({"MPLBACKEND": "svg", "DISPLAY": ":0"}, "linux", "svg"),
    ],
)
def test_the_backend_fits_the_machine(environ, platform, backend):
    assert choose_backend(environ, platform) == backend


def test_without_matplotlib_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ConfigError, match=r'pip install "cracktrader\[plot\]"'), plotting():
        pass


@pytest.mark.parametrize(("use", "backend"), [("svg", "svg"), (None, "agg")])
def test_the_backend_is_chosen_after_backtrader_forced_its_own(use, backend, monkeypatch):
    matplotlib = pytest.importorskip("matplotlib")
    monkeypatch.delenv("MPLBACKEND", raising=False)
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    with plotting(use):
        assert matplotlib.get_backend().lower() == backend
