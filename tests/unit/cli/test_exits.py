import errno
import re
from pathlib import Path

import pytest

from cracktrader import errors
from cracktrader.cli.exits import (
    MEANINGS,
    Exit,
    Terminated,
    UsageError,
    epilogue,
    exit_code,
    one_line,
)

CODES = {
    errors.CracktraderError: 1,
    errors.StrategyError: 1,
    errors.OrderDenied: 1,
    UsageError: 2,
    errors.BadRequestError: 2,
    errors.UnsupportedError: 2,
    errors.ConfigError: 3,
    errors.ExchangeError: 4,
    errors.UnavailableError: 4,
    errors.RateLimitedError: 4,
    errors.CircuitOpenError: 4,
    errors.AuthenticationError: 5,
    errors.TradingHalted: 6,
    errors.DataError: 7,
    errors.GapError: 7,
    errors.CorruptArchiveError: 7,
    errors.ReconciliationError: 8,
    errors.OutcomeUnknown: 8,
    KeyboardInterrupt: 130,
    Terminated: 143,
    ZeroDivisionError: 1,
}


@pytest.mark.parametrize(("kind", "code"), CODES.items(), ids=str)
def test_each_error_ends_with_its_code(kind, code):
    assert exit_code(kind("x")) == code


def test_every_code_is_explained_in_the_help_text():
    assert set(MEANINGS) == set(Exit)
    shown = {int(number) for number in re.findall(r"^ *(\d+)", epilogue(), re.MULTILINE)}
    assert shown == {code.value for code in Exit}


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (UsageError('there is no "x"'), 'there is no "x"'),
        (errors.ConfigError("two\n  lines"), "two lines"),
        (errors.TradingHalted(), "TradingHalted"),
        (ZeroDivisionError("division by zero"), "ZeroDivisionError: division by zero"),
        (RuntimeError(), "RuntimeError"),
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device"),
        (
            PermissionError(errno.EACCES, "Permission denied", str(Path("/x"))),
            'permission denied: "/x"',
        ),
        (OSError("odd"), "OSError: odd"),
    ],
)
def test_an_error_becomes_one_line(error, line):
    assert one_line(error) == line
