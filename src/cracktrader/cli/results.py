"""Shows a backtest's result: the report's own rows in the terminal, or JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Final, Literal

from cracktrader.cli.output import Output, console, escape

if TYPE_CHECKING:
    from cracktrader.reports.verdict import Row
    from cracktrader.reports.write import WrittenRun

_TONES: Final = {1: "green", -1: "red", 0: ""}
_HEADERS: Final = {"label": "", "value": "strategy", "benchmark": "buy & hold"}


def show_result(run: WrittenRun, output: Output) -> None:
    """Print what *run* found, the warnings beside it, and where the report is."""
    if output.json:
        output.data(result_facts(run))
        return
    from cracktrader.reports.findings import covered

    meta = run.result.meta
    params = ", ".join(f"{name}={value}" for name, value in meta.params.items())
    markets = ", ".join(f"{each.symbol} {each.timeframe}" for each in run.result.instruments)
    output.text(f"{meta.strategy}({params})\n{markets}, {covered(run.result)}")
    _print_rows(run.rows)
    for finding in run.findings:
        output.paragraph(f"! {finding}", indent="  ")
    output.text(f"\nReport  {run.report}")


def result_facts(run: WrittenRun) -> dict[str, object]:
    """Return *run* as plain values for JSON; what cannot be told is None."""
    meta = run.result.meta
    metrics = asdict(run.metrics)
    metrics["monthly"] = {
        f"{year:04}-{month:02}": value for (year, month), value in run.metrics.monthly.items()
    }
    facts = {
        "run_id": run.result.run_id,
        "strategy": meta.strategy,
        "params": dict(meta.params),
        "currency": meta.currency,
        "metrics": metrics,
        "findings": list(run.findings),
        "assumptions": dict(meta.assumptions),
        "data_hash": run.result.data_hash,
        "code_hash": meta.code_hash,
        "folder": str(run.folder),
        "report": str(run.report),
    }
    return {name: _plain(value) for name, value in facts.items()}


def _plain(value: object) -> object:
    """JSON has no NaN and no infinity."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        # A field that Python has a keyword for, like "return", ends in an underscore there.
        return {str(key).removesuffix("_"): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _print_rows(rows: tuple[Row, ...]) -> None:
    from rich import box
    from rich.table import Table

    printer = console(stderr=False)
    columns = ["label", "value", *(["benchmark"] if any(row.benchmark for row in rows) else [])]
    widths = {name: max(len(getattr(row, name)) for row in rows) for name in columns}
    # Only the notes may be cut on a narrow terminal, never a figure.
    room = printer.width - sum(max(width, len("buy & hold")) + 2 for width in widths.values())
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False)
    for name in columns:
        justify: Literal["left", "right"] = "left" if name == "label" else "right"
        table.add_column(_HEADERS[name], justify=justify, min_width=widths[name])
    table.add_column("", style="dim", no_wrap=True)
    for row in rows:
        cells = [row.label, _toned(row.value, row.tone)]
        if "benchmark" in columns:
            cells.append(_toned(row.benchmark, row.benchmark_tone))
        table.add_row(*cells, escape(_cut(row.note, room)))
    printer.print(table)


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else text[: max(0, room - 1)] + "…"


def _toned(text: str, tone: int) -> str:
    color = _TONES[tone]
    return f"[{color}]{escape(text)}[/]" if color else escape(text)
