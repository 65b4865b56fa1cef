"""One self-contained HTML file per run: no network, no server, opens from disk."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

import jinja2
import orjson

from cracktrader.reports import wording
from cracktrader.reports.figures import figures
from cracktrader.reports.findings import data_facts, findings
from cracktrader.reports.metrics import Metrics, TripStats
from cracktrader.reports.result import RunResult
from cracktrader.reports.verdict import Row, rows, tone

_ASSETS: Final = files("cracktrader.reports") / "assets"
_TEMPLATES: Final = files("cracktrader.reports") / "templates"
_SCRIPTS: Final = ("lightweight-charts.js", "report.js")
_MONTHS: Final = (
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "May",
    "Jun",
    "Jul",
    "Aug",
    "Sep",
    "Oct",
    "Nov",
    "Dec",
)
_HEAT_STEPS: Final = 5
_HEADLINES: Final = ("Return", "Max drawdown", "Sharpe", "Trades", "Win rate")
# What could end a script element or start markup, and what JavaScript takes for a line's end.
_JSON_ESCAPES: Final = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}


def render_html(result: RunResult, metrics: Metrics) -> str:
    """Return the report of *result* as one HTML document; equal inputs give equal text."""
    verdict = rows(result, metrics)
    scripts = [_asset(name) for name in _SCRIPTS]
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            result=result,
            meta=result.meta,
            metrics=metrics,
            words=wording,
            tone=tone,
            span=_span(result),
            headlines=[row for row in verdict if row.label in _HEADLINES],
            tables=_split(verdict),
            findings=findings(result, metrics),
            heat=_heat_map(metrics.monthly),
            month_names=_MONTHS,
            breakdowns=tuple(_breakdowns(metrics)),
            orders=_order_counts(result),
            refusals=Counter(
                o.reason for o in result.orders if o.reason and not o.filled
            ).most_common(8),
            data=[data_facts(instrument) for instrument in result.instruments],
            style=_asset("report.css"),
            scripts=scripts,
            policy=_policy(scripts),
            figures=embed_json(figures(result)),
        )
    )


def embed_json(value: object) -> str:
    """Return JSON that is safe inside a script element, whatever strings it holds."""
    return orjson.dumps(value).decode().translate(_JSON_ESCAPES)


def _environment() -> jinja2.Environment:
    source = (_TEMPLATES / "report.html.j2").read_text(encoding="utf-8")
    return jinja2.Environment(
        loader=jinja2.DictLoader({"report.html.j2": source}),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _asset(name: str) -> str:
    return (_ASSETS / name).read_text(encoding="utf-8")


def _policy(scripts: list[str]) -> str:
    """Return a content security policy: our scripts by hash, nothing from anywhere else."""
    digests = (hashlib.sha256(script.encode()).digest() for script in scripts)
    allowed = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
    # The chart library sets its own style element and attributes.
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _span(result: RunResult) -> tuple[int, int] | None:
    times = result.equity.timestamp
    return (int(times[0]), int(times[-1])) if len(times) else None


def _split(verdict: tuple[Row, ...]) -> tuple[tuple[Row, ...], tuple[Row, ...]]:
    """Return the rows of performance and the rows of trading."""
    first = next(n for n, row in enumerate(verdict) if row.label == "Trades")
    return verdict[:first], verdict[first:]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatCell:
    """One month, or a year's sum: *step* goes from -5 to 5."""

    text: str
    step: int


def _heat_map(monthly: Mapping[tuple[int, int], float]) -> dict[int, list[HeatCell]]:
    """Return twelve months and the year for each year; empty cells where there is no bar."""
    deepest = max((abs(value) for value in monthly.values()), default=0.0)
    years: dict[int, list[HeatCell]] = {}
    for year in sorted({year for year, _ in monthly}):
        values = [monthly.get((year, month)) for month in range(1, 13)]
        whole = 1.0
        for value in values:
            whole *= 1 + (value or 0.0)
        years[year] = [*(_heat_cell(value, deepest) for value in values), _heat_cell(whole - 1, 0)]
    return years


def _heat_cell(value: float | None, deepest: float) -> HeatCell:
    if value is None:
        return HeatCell(text="", step=0)
    step = round(value / deepest * _HEAT_STEPS) if deepest else 0
    return HeatCell(text=wording.percent(value, signed=True, digits=1), step=step)


def _breakdowns(metrics: Metrics) -> Iterator[tuple[str, Mapping[str, TripStats]]]:
    yield "Symbol", metrics.by_symbol
    yield "Side", metrics.by_side
    yield "Exit", metrics.by_exit


def _order_counts(result: RunResult) -> dict[str, Any]:
    """Return how many orders of each type ended in each status."""
    statuses = sorted({order.status for order in result.orders})
    types: dict[str, Counter[str]] = {}
    for order in result.orders:
        types.setdefault(f"{order.type} {order.side}", Counter())[order.status] += 1
    return {"statuses": statuses, "types": {name: types[name] for name in sorted(types)}}
