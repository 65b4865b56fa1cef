"""What every test gets: no sockets but loopback ones, and the data files."""

import signal
from pathlib import Path

import pytest
from hypothesis import settings

# A busy machine is no failure, and a test that passed here is to pass on every other machine.
settings.register_profile("house", deadline=None, derandomize=True)
settings.load_profile("house")

DATA = Path(__file__).parent / "data"


def pytest_configure() -> None:
    # Started in the background by a shell, a process ignores Ctrl-C, and so do its children.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_runtest_setup() -> None:
    from pytest_socket import socket_allow_hosts  # noqa: PLC0415

    socket_allow_hosts(["127.0.0.1", "localhost", "::1"], allow_unix_socket=True)


@pytest.fixture
def data_dir() -> Path:
    """The folder with recorded payloads and golden results."""
    return DATA
