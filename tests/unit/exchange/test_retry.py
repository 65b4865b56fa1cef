import pytest
import stamina.instrumentation

from cracktrader import errors as ours
from cracktrader.exchange.call import HostPaused
from cracktrader.exchange.retry import is_repeatable, log_retries, repeat_read


def failing(times, error):
    calls = []

    async def read():
        calls.append(None)
        if len(calls) <= times:
            raise error
        return len(calls)

    return read


async def test_a_read_is_repeated_until_it_works():
    assert await repeat_read(failing(3, ours.UnavailableError("x")), attempts=5) == 4


async def test_the_last_error_is_raised():
    with pytest.raises(ours.UnavailableError, match="x"):
        await repeat_read(failing(3, ours.UnavailableError("x")), attempts=3)


@pytest.mark.parametrize(
    "error",
    [
        ours.BadRequestError("x"),
        ours.AuthenticationError("x"),
        ours.UnsupportedError("x"),
        ours.CircuitOpenError("x"),
        ours.OutcomeUnknown("x"),
        ValueError("x"),
    ],
)
async def test_what_will_not_get_better_is_not_repeated(error):
    assert not is_repeatable(error)
    read = failing(1, error)
    with pytest.raises(type(error)):
        await repeat_read(read, attempts=5)
    assert await read() == 2


def test_a_pause_that_is_too_long_is_not_waited_for_again():
    limited = ours.RateLimitedError("x")
    assert is_repeatable(limited)
    limited.__cause__ = HostPaused("h", 1e6)
    assert not is_repeatable(limited)


async def test_a_repetition_is_logged_without_the_arguments(caplog):
    log_retries()
    assert len(stamina.instrumentation.get_on_retry_hooks()) == 1
    await repeat_read(failing(1, ours.UnavailableError("no answer")), attempts=2)
    line = caplog.records[-1].msg
    assert line["event"] == "call.retried"
    assert (line["attempt"], line["reason"]) == (1, "UnavailableError: no answer")
    assert "args" not in line
