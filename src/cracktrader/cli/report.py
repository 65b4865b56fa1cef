"""``report``: shows a saved result again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from cracktrader.cli.options import REPORTING, Reporting
from cracktrader.cli.output import Output


def report(
    folder: Annotated[Path, Parameter(name="FOLDER")], /, *, common: Reporting = REPORTING
) -> None:
    """Print a backtest's table again and rewrite its report.html.

    Args:
        folder: The result folder that `backtest` wrote.
    """
    from cracktrader.cli.results import show_result
    from cracktrader.cli.settings import start_logs
    from cracktrader.reports.result import RunResult
    from cracktrader.reports.write import write_result

    start_logs(common)
    show_result(write_result(folder, RunResult.load(folder)), Output.of(common))
