"""``demo``: exchange, candles, backtest and report in one go, without a network."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

from cyclopts import Parameter

from cracktrader.cli.options import REPORTING, Market, Reporting
from cracktrader.cli.output import Output
from cracktrader.cli.project import scaffold

if TYPE_CHECKING:
    from cracktrader.config import Config
    from cracktrader.reports.result import RunResult
    from cracktrader.simulator.exchange import LocalExchange

_SYMBOL: Final = "BTC/USDT"
_MARKET: Final = Market(
    exchange="binance",
    symbol=(_SYMBOL,),
    timeframe=("1m",),
    since="2023-03-01",
    until="2023-03-22",
)
# Averages of one and of six hours.
_PARAMS: Final = {"fast": 60, "slow": 360}
_CANDLE_REQUESTS: Final = "/api/v3/klines"
_STRATEGY: Final = "strategies/sma_cross.py"
_CANDLE_FILE: Final = "BTC-USDT_1m.parquet"


def demo(
    directory: Annotated[Path, Parameter(name="DIR")] = Path("demo"),
    /,
    *,
    common: Reporting = REPORTING,
) -> None:
    """See all of it in a minute: no keys, no network, real candles.

    Starts an exchange on this machine, downloads its candles with ccxt, backtests a strategy
    on them and writes a report.

    Args:
        directory: Project folder to make; what is there already is kept and used.
    """
    from cracktrader.candles.interchange import write_file
    from cracktrader.candles.samples import sample_candles
    from cracktrader.cli.results import show_result
    from cracktrader.cli.settings import start_logs
    from cracktrader.reports.write import write_result
    from cracktrader.simulator.exchange import LocalExchange

    output = Output.of(common)
    start_logs(common)
    scaffold(directory, keep=True)
    with LocalExchange() as exchange:
        output.note(f"1  An exchange on this machine: real {_SYMBOL} candles of March 2023")
        output.note(f"   {exchange.url} speaks Binance's protocol; ccxt is pointed at it")
        config = _settings(directory, exchange)
        output.note("2  Candles: exchange → HTTP → ccxt → archive")
        for words in ("", ", second time"):
            before = exchange.requests.get(_CANDLE_REQUESTS, 0)
            held = _download(config, common)
            requests = exchange.requests.get(_CANDLE_REQUESTS, 0) - before
            output.note(f"   {held:,} candles, candle requests to the exchange{words}: {requests}")
        output.note("3  Backtest with the market's fees and rules, spread and slippage")
        result = _backtest(directory, config, common)
    write_file(directory / _CANDLE_FILE, sample_candles())
    run = write_result(directory / "runs" / f"SmaCross-{result.run_id}", result)
    output.note("")
    show_result(run, output)
    output.note(_next_steps(directory))


def _settings(directory: Path, exchange: LocalExchange) -> Config:
    """Return settings that know nothing but the demo: no user's file, no environment."""
    from cracktrader.config import load_config

    overrides = {
        "data.cache_dir": str(directory.absolute() / "data"),
        "exchange.binance.urls": exchange.config["urls"],
        "exchange.binance.options": exchange.config["options"],
    }
    return load_config(files=(), env={}, overrides=overrides)


def _download(config: Config, common: Reporting) -> int:
    """Fetch what the archive lacks; return how many candles it holds then."""
    from cracktrader.bootstrap import connected, open_archive
    from cracktrader.cli.choices import read_timeframes
    from cracktrader.cli.data import make_jobs
    from cracktrader.cli.downloads import download_jobs

    archive = open_archive(config)
    with connected(config, "binance") as connection:
        jobs = make_jobs(connection, _MARKET, read_timeframes(_MARKET.timeframe))
        done = download_jobs(connection, archive, jobs, config=config, quiet=common.quiet)
    return sum(archive.info(one.key).candles for one in done.series)


def _backtest(directory: Path, config: Config, common: Reporting) -> RunResult:
    from cracktrader.cli.costs import COSTS
    from cracktrader.cli.running import from_exchange, run_watched
    from cracktrader.strategy_source import load_strategy

    strategy = load_strategy(str(directory / _STRATEGY))
    with from_exchange(_MARKET, COSTS, config) as inputs:
        return run_watched(strategy, _PARAMS, inputs, quiet=common.quiet)


def _next_steps(directory: Path) -> str:
    return (
        "\nTry next, all of it without a network:\n"
        f"{_activation()}"
        f"  cd {directory}\n"
        f"  cracktrader backtest {_STRATEGY} --candles {_CANDLE_FILE} -t 15m\n"
        "  cracktrader exchange serve --settings local.toml\n"
        "And while that runs, in another terminal:\n"
        "  cracktrader backtest strategies/sma_cross.py -c local.toml -s BTC/USDT --since 21d\n"
    )


def _activation() -> str:
    """Return the step that brings the command into reach, where it is not."""
    script = Path(sys.prefix) / "bin" / "activate"
    if shutil.which("cracktrader") or not script.is_file():
        return ""
    return f"  . {os.path.relpath(script)}\n"
