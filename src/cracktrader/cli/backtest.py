"""``backtest``: runs a strategy over past candles."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from cyclopts import Group, Parameter

from cracktrader.cli.choices import typed_by_user
from cracktrader.cli.costs import COSTS, Costs
from cracktrader.cli.exits import UsageError
from cracktrader.cli.options import MARKET, REPORTING, Market, Reporting
from cracktrader.cli.output import Output

if TYPE_CHECKING:
    from cracktrader.config import Config


@Parameter(name="*", group=Group("Run", sort_key=0))
@dataclass(frozen=True, kw_only=True)
class Run:
    """The strategy's parameters, and what comes in and out as files."""

    param: Annotated[tuple[str, ...], Parameter(name=("--param", "-p"))] = ()
    """A parameter of the strategy, such as fast=10; repeatable."""
    candles: Path | None = None
    """Use the candles of this CSV or Parquet file instead of an exchange's."""
    out: Annotated[Path | None, Parameter(name=("--out", "-o"))] = None
    """Folder for the result; default: a new one below "runs"."""


_RUN: Final = Run()


def backtest(
    strategy: Annotated[str, Parameter(name="STRATEGY")],
    /,
    *,
    run: Run = _RUN,
    market: Market = MARKET,
    costs: Costs = COSTS,
    common: Reporting = REPORTING,
) -> None:
    """Run a strategy over past candles, print what it earned, and write a report.

    Candles that the archive lacks are downloaded first. By default one-hour candles of the
    last 90 days.

    Args:
        strategy: "file.py", "file.py:Class" or "package.module:Class".
    """
    from cracktrader.cli.results import show_result
    from cracktrader.cli.running import from_exchange, from_file, prints_aside, run_watched
    from cracktrader.cli.settings import read_settings
    from cracktrader.reports.write import write_result
    from cracktrader.strategy_source import load_strategy

    config = read_settings(common)
    with prints_aside(common):
        with typed_by_user():
            found = load_strategy(strategy)
        params = read_params(found, run.param, config)
        source = from_file(run.candles, market, costs, config) if run.candles else None
        with source or from_exchange(market, costs, config) as inputs:
            result = run_watched(found, params, inputs, quiet=common.quiet)
    name = f"{found.__name__}-{result.run_id}"
    folder = run.out or config.settings.backtest.results_dir / name
    show_result(write_result(folder, result), Output.of(common))


def read_params(strategy: type[Any], words: tuple[str, ...], config: Config) -> dict[str, object]:
    """Return the strategy's parameters: those of the settings, then those of the command.

    Raises:
        UsageError: if a word is not ``name=value``, or the strategy does not declare it.
    """
    from cracktrader.strategy_params import coerce_params
    from cracktrader.strategy_source import declared_params

    declared = declared_params(strategy)
    given: dict[str, object] = {}
    for word in words:
        name, sign, value = word.partition("=")
        if not sign:
            raise UsageError(f'parameter was "{word}"; use NAME=VALUE, e.g. {_example(declared)}')
        given[name.strip()] = value
    settled = coerce_params(declared, config.strategy_params(strategy.__name__))
    with typed_by_user():
        return {**settled, **coerce_params(declared, given)}


def _example(declared: dict[str, object]) -> str:
    name, value = next(iter(declared.items()), ("fast", 10))
    return f"{name}={value}"
