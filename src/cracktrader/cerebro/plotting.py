"""Backtrader's charts on machines with and without a display."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import warnings
from collections.abc import Iterator, Mapping

from cracktrader.errors import ConfigError


@contextlib.contextmanager
def plotting(use: str | None = None) -> Iterator[None]:
    """Have matplotlib draw with the backend *use*, or one that fits the machine.

    Raises:
        ConfigError: if matplotlib is not installed.
    """
    try:
        matplotlib = importlib.import_module("matplotlib")
    except ImportError as exc:
        raise ConfigError(
            'plot() needs matplotlib; install it with: pip install "cracktrader[plot]"'
        ) from exc
    # Importing this forces TkAgg, whatever was chosen before, so the choice comes after it.
    importlib.import_module("backtrader.plot")
    backend = use or choose_backend(os.environ, sys.platform)
    if backend is not None:
        matplotlib.use(backend, force=True)
    with warnings.catch_warnings():
        # Backtrader always shows its figures, which a backend without windows cannot.
        warnings.filterwarnings("ignore", message=".*non-interactive")
        yield


def choose_backend(environ: Mapping[str, str], platform: str) -> str | None:
    """Return the backend the user asked for, ``agg`` without a display, or None for any."""
    if asked := environ.get("MPLBACKEND"):
        return asked
    has_display = platform != "linux" or "DISPLAY" in environ or "WAYLAND_DISPLAY" in environ
    return None if has_display else "agg"
