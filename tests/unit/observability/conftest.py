"""Leaves logging as it was found."""

import logging

import pytest
import structlog


@pytest.fixture(autouse=True)
def untouched_logging():
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    for handler in [h for h in root.handlers if h not in handlers]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)
    for name in ("aiohttp", "asyncio", "ccxt", "urllib3", "quiet", "noisy"):
        logging.getLogger(name).setLevel(logging.NOTSET)
    structlog.contextvars.clear_contextvars()
