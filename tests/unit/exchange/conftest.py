"""Time that moves only when something sleeps, and calls that are on their way."""

import asyncio
import math

import pytest
import stamina
import stamina.instrumentation

from cracktrader.exchange.call import Call, Priority
from cracktrader.exchange.sandbox import permit_all
from cracktrader.testing.clock import ManualClock


class Timeline(ManualClock):
    """A manual clock, and a sleep that moves it instead of waiting."""

    def __init__(self, time_ms=1_700_000_000_000):
        super().__init__(time_ms)
        self.slept = []

    async def sleep(self, seconds):
        self.slept.append(seconds)
        self.advance(math.ceil(seconds * 1000))
        await asyncio.sleep(0)


@pytest.fixture
def timeline():
    return Timeline()


@pytest.fixture(autouse=True)
def _impatient():
    """Take stamina's pauses away; how often it tries stays."""
    stamina.set_testing(True, attempts=20, cap=True)
    yield
    stamina.set_testing(False)
    stamina.instrumentation.set_on_retry_hooks(None)


@pytest.fixture
def make_call():
    def make(priority=Priority.PUBLIC, **fields):
        call = Call(name="aCall", priority=priority, permit=permit_all)
        for name, value in fields.items():
            setattr(call, name, value)
        return call

    return make
