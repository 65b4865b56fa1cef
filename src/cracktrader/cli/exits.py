"""Exit codes, and the one line an error becomes."""

from __future__ import annotations

import enum
from typing import Final

from cracktrader import errors


class Exit(enum.IntEnum):
    """What the process says to whoever started it."""

    OK = 0
    FAILED = 1
    USAGE = 2
    CONFIGURATION = 3
    EXCHANGE = 4
    AUTHENTICATION = 5
    RISK_HALT = 6
    DATA_MISSING = 7
    RECONCILIATION = 8
    INTERRUPTED = 130
    TERMINATED = 143


MEANINGS: Final = {
    Exit.OK: "done",
    Exit.FAILED: "failed, or the strategy raised",
    Exit.USAGE: "wrong usage: unknown command, option, exchange, symbol, timeframe, strategy",
    Exit.CONFIGURATION: "a configuration file or environment variable must be edited",
    Exit.EXCHANGE: "the exchange or the network failed",
    Exit.AUTHENTICATION: "the exchange refused the credentials",
    Exit.RISK_HALT: "trading was halted by a risk limit",
    Exit.DATA_MISSING: "candles are missing or broken",
    Exit.RECONCILIATION: "our books and the exchange's disagree",
    Exit.INTERRUPTED: "stopped by Ctrl-C, cleanly",
    Exit.TERMINATED: "stopped by SIGTERM, cleanly",
}

# The nearest ancestor wins, as in `except` clauses.
_CODES: Final[dict[type[BaseException], Exit]] = {
    errors.ConfigError: Exit.CONFIGURATION,
    errors.DataError: Exit.DATA_MISSING,
    errors.ExchangeError: Exit.EXCHANGE,
    errors.AuthenticationError: Exit.AUTHENTICATION,
    errors.BadRequestError: Exit.USAGE,
    errors.UnsupportedError: Exit.USAGE,
    errors.ReconciliationError: Exit.RECONCILIATION,
    errors.OutcomeUnknown: Exit.RECONCILIATION,
    errors.TradingHalted: Exit.RISK_HALT,
    KeyboardInterrupt: Exit.INTERRUPTED,
}


class UsageError(Exception):
    """A word on the command line is wrong; the message says what is possible."""


class Terminated(BaseException):
    """SIGTERM arrived; everything is unwound as for Ctrl-C."""


_CODES[UsageError] = Exit.USAGE
_CODES[Terminated] = Exit.TERMINATED


def exit_code(error: BaseException) -> Exit:
    """Return the code the process ends with after *error*."""
    for ancestor in type(error).__mro__:
        if ancestor in _CODES:
            return _CODES[ancestor]
    return Exit.FAILED


def one_line(error: BaseException) -> str:
    """Say what went wrong, with our own words as they are and foreign ones named by type."""
    text = " ".join(str(error).split())
    if isinstance(error, UsageError | errors.CracktraderError):
        return text or type(error).__name__
    if isinstance(error, OSError) and error.strerror:
        path = f' "{error.filename}"' if error.filename else ""
        return f"{error.strerror.lower()}:{path}" if path else error.strerror
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def epilogue() -> str:
    """Return the table of exit codes for the help text."""
    lines = [f"  {code.value:>3}  {meaning}" for code, meaning in MEANINGS.items()]
    return "Exit codes:\n" + "\n".join(lines)
