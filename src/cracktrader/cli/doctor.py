"""``doctor``: checks this machine, the settings and the exchanges, and says what to do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Final

from cracktrader.cli.checks import Check, check_archive, check_machine, check_settings
from cracktrader.cli.exits import Exit
from cracktrader.cli.options import REPORTING, Reporting
from cracktrader.cli.output import Output

_COLORS: Final = {"ok": "green", "warn": "yellow", "fail": "bold red"}


def doctor(*, offline: bool = False, common: Reporting = REPORTING) -> int:
    """Check this machine, the settings and each configured exchange; say what to do.

    The exit code is that of the first failure: 3 settings, 4 exchange, 5 credentials, 1 else.

    Args:
        offline: Leave the exchanges alone.
    """
    output = Output.of(common)
    found = []
    for check in _checks(common, offline=offline):
        found.append(check)
        if not output.json:
            _show(check)
    if output.json:
        output.data([_facts(check) for check in found])
    failed = [check for check in found if check.verdict == "fail"]
    warned = sum(check.verdict == "warn" for check in found)
    output.note(f"{len(found)} checks, {len(failed)} failed, {warned} warnings")
    return failed[0].code if failed else Exit.OK


def _checks(common: Reporting, *, offline: bool) -> Iterator[Check]:
    yield from check_machine()
    settings = list(check_settings(common.config))
    yield from settings
    if any(check.verdict == "fail" and check.code == Exit.CONFIGURATION for check in settings):
        return
    from cracktrader.cli.exchange_checks import check_exchanges
    from cracktrader.cli.settings import read_settings
    from cracktrader.domain.clock import SystemClock

    config = read_settings(common)
    yield check_archive(config)
    if not offline:
        yield from check_exchanges(config, SystemClock())


def _facts(check: Check) -> dict[str, object]:
    code = int(check.code) if check.verdict == "fail" else None
    return {**asdict(check), "code": code}


def _show(check: Check) -> None:
    from cracktrader.cli.output import console, escape, redact

    color = _COLORS[check.verdict]
    line = f"[{color}]{check.verdict:<5}[/]{check.name:<18} {escape(redact(check.message))}"
    printer = console(stderr=False)
    printer.print(line, soft_wrap=True)
    if check.advice:
        printer.print(f"{'':<23} → {escape(redact(check.advice))}", soft_wrap=True, style="dim")
