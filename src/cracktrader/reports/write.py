"""From a finished run to its result folder, in one call."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cracktrader.errors import ConfigError
from cracktrader.reports.findings import findings
from cracktrader.reports.html import render_html
from cracktrader.reports.metrics import Metrics, compute
from cracktrader.reports.provenance import RunMeta
from cracktrader.reports.recorder import RunRecorder
from cracktrader.reports.result import RunResult
from cracktrader.reports.verdict import Row, rows

REPORT = "report.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenRun:
    """What `write_run` wrote and what a caller may want to show."""

    folder: Path
    report: Path
    result: RunResult
    metrics: Metrics
    rows: tuple[Row, ...]
    findings: tuple[str, ...]


def write_run(folder: str | Path, strategy: Any, meta: RunMeta | None = None) -> WrittenRun:
    """Write the result folder and the report of a strategy that has run with a `RunRecorder`.

    Raises:
        ConfigError: if no `RunRecorder` was added, or *folder* cannot be written.
    """
    recorder = recorder_of(strategy)
    return write_result(folder, RunResult.from_recorder(recorder, meta))


def write_result(folder: str | Path, result: RunResult) -> WrittenRun:
    """Write *result* with its report to *folder*.

    Raises:
        ConfigError: if *folder* cannot be written, or holds something else than a result.
    """
    metrics = compute(result)
    page = render_html(result, metrics).encode()
    written = result.save(folder, extra={REPORT: page})
    return WrittenRun(
        folder=written,
        report=written / REPORT,
        result=result,
        metrics=metrics,
        rows=rows(result, metrics),
        findings=findings(result, metrics),
    )


def recorder_of(strategy: Any) -> RunRecorder:
    """Return the recorder that watched *strategy*.

    Raises:
        ConfigError: if there was none.
    """
    for analyzer in strategy.analyzers:
        if isinstance(analyzer, RunRecorder):
            return analyzer
    raise ConfigError(
        "the run was not recorded; add cerebro.addanalyzer(RunRecorder) before cerebro.run()"
    )
