import pytest

from cracktrader.errors import UnavailableError, UnsupportedError
from cracktrader.exchange.server_time import ServerTime

NOW_MS = 1_700_000_000_000


class Fakes:
    """The client, caller, wire and markets in one: what ServerTime asks of each."""

    def __init__(self, timeline, *, has_time, header_ms=None, after_load_ms=None, error=None):
        self.has = {"fetchTime": has_time}
        self.clock = timeline
        self.wire = self
        self.header_ms, self.after_load_ms, self.error = header_ms, after_load_ms, error
        self.loads = 0

    async def read(self, name, *, convert):
        assert name == "fetchTime"
        if self.error is not None:
            raise self.error
        return convert(NOW_MS + 5)

    def server_time_ms(self):
        return self.header_ms

    async def load(self):
        self.loads += 1
        self.header_ms = self.after_load_ms


@pytest.fixture
def make(timeline):
    def make(**fields):
        fakes = Fakes(timeline, **fields)
        return fakes, ServerTime(fakes, caller=fakes, lane=fakes, markets=fakes)

    return make


async def test_the_exchanges_own_clock_comes_first(make):
    _, time = make(has_time=True, header_ms=1)
    assert time.source is None
    assert await time.now_ms() == NOW_MS + 5
    assert time.source == "exchange"


async def test_the_date_of_the_last_reply_comes_next(make):
    fakes, time = make(has_time=False, header_ms=NOW_MS + 7)
    assert await time.now_ms() == NOW_MS + 7
    assert time.source == "header"
    assert fakes.loads == 0


async def test_a_first_reply_is_asked_for_if_there_was_none(make):
    fakes, time = make(has_time=False, after_load_ms=NOW_MS + 9)
    assert await time.now_ms() == NOW_MS + 9
    assert fakes.loads == 1


async def test_this_machines_clock_comes_last(make, timeline):
    _, time = make(has_time=False)
    assert await time.now_ms() == timeline.time_ms()
    assert time.source == "local"


async def test_a_clock_that_is_promised_but_missing_is_done_without(make):
    _, time = make(has_time=True, error=UnsupportedError("not on the testnet"), header_ms=3)
    assert await time.now_ms() == 3
    assert time.source == "header"


async def test_a_clock_that_does_not_answer_is_an_error(make):
    _, time = make(has_time=True, error=UnavailableError("down"))
    with pytest.raises(UnavailableError):
        await time.now_ms()
