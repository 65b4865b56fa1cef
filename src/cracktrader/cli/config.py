"""``config show`` and ``config check``."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from cracktrader.cli.exits import Exit, UsageError
from cracktrader.cli.options import REPORTING, Reporting
from cracktrader.cli.output import Output


def show(
    section: Annotated[str, Parameter(name="SECTION")] = "",
    /,
    *,
    origin: bool = False,
    common: Reporting = REPORTING,
) -> None:
    """Print the effective settings; secrets are shown as references only.

    Args:
        section: Only this section or key, e.g. "data" or "exchange.binance".
        origin: Also say where each value comes from.
    """
    from cracktrader.cli.settings import read_settings
    from cracktrader.errors import did_you_mean

    output = Output.of(common)
    entries = read_settings(common).redacted()
    chosen = {
        key: entry
        for key, entry in entries.items()
        if not section or key == section or key.startswith(section + ".")
    }
    if not chosen:
        sections = sorted({key.partition(".")[0] for key in entries})
        hint = did_you_mean(section, [*sections, *entries])
        raise UsageError(
            f'nothing is set under "{section}".{hint} There are: {", ".join(sections)}'
        )
    if output.json:
        output.data(
            {key: {"value": entry.value, "origin": entry.origin} for key, entry in chosen.items()}
        )
        return
    columns = ["setting", "value", "from"] if origin else ["setting", "value"]
    rows = [(key, _shown(entry.value), entry.origin) for key, entry in chosen.items()]
    output.table([row[: len(columns)] for row in rows], columns=columns)


def check(*, common: Reporting = REPORTING) -> int:
    """Check the settings without using the network; exit code 3 if something must be edited."""
    import os
    from pathlib import Path

    from cracktrader.config import check_config, config_files

    output = Output.of(common)
    files = list(common.config) or config_files(env=os.environ, cwd=Path.cwd())
    problems = check_config(files=common.config or None)
    if output.json:
        output.data(
            {
                "files": [str(path) for path in files],
                "problems": [{"message": p.message, "origin": p.origin} for p in problems],
            }
        )
    for problem in problems:
        output.error(str(problem))
    if problems:
        return Exit.CONFIGURATION
    if not output.json:
        read = ", ".join(str(path) for path in files) or "no file, only defaults and environment"
        output.text(f"settings are valid ({read})")
    return Exit.OK


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "(unset)" if value is None else str(value)
