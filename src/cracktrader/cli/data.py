"""``data download``, ``list`` and ``clear``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Final

from cyclopts import Parameter

from cracktrader.cli.exits import UsageError
from cracktrader.cli.moments import iso_moment, parse_moment, parse_range, show_day, show_moment
from cracktrader.cli.options import COMMON, MARKET, REPORTING, Common, Market, Reporting
from cracktrader.cli.output import Output

if TYPE_CHECKING:
    from cracktrader.candles.archive import SeriesInfo
    from cracktrader.candles.download import DownloadJob, DownloadReport
    from cracktrader.domain.timeframe import Timeframe
    from cracktrader.exchange.connection import Connection

_DEFAULT_SINCE: Final = "30d"
_ANSWER_S: Final = 120.0


def download(*, market: Market = MARKET, common: Reporting = REPORTING) -> None:
    """Download candles into the archive; what is there already is not asked for again.

    Stopped at any point, it goes on from there the next time. By default one-hour candles
    of the last 30 days.
    """
    from cracktrader.bootstrap import connected, open_archive
    from cracktrader.cli.choices import (
        choose_exchange,
        choose_type,
        read_timeframes,
        require_symbols,
    )
    from cracktrader.cli.downloads import download_jobs
    from cracktrader.cli.settings import read_settings

    output = Output.of(common)
    config = read_settings(common)
    exchange = choose_exchange(market.exchange, config)
    require_symbols(market.symbol)
    timeframes = read_timeframes(market.timeframe or ("1h",))
    archive = open_archive(config)
    with connected(config, exchange, choose_type(market.type, exchange, config)) as connection:
        jobs = make_jobs(connection, market, timeframes)
        report = download_jobs(connection, archive, jobs, config=config, quiet=common.quiet)
    _show_download(report, output)
    output.note(f"{report.candles:,} candles in {report.pages:,} requests; archive: {archive.root}")


def list_series(*, market: Market = MARKET, common: Reporting = REPORTING) -> None:
    """List what the archive holds."""
    from cracktrader.bootstrap import open_archive
    from cracktrader.cli.series import select_series
    from cracktrader.cli.settings import read_settings

    output = Output.of(common)
    config = read_settings(common)
    archive = open_archive(config)
    held = [archive.info(key) for key in select_series(archive, market, config)]
    if output.json:
        output.data({"archive": archive.root, "series": [_info_facts(info) for info in held]})
        return
    columns = ["exchange", "type", "symbol", "timeframe", ">candles", "first", "last", ">size"]
    output.table([_info_row(info) for info in held], columns=columns)
    output.note(f"archive: {archive.root}")


def clear(
    *,
    yes: Annotated[bool, Parameter(name=("--yes", "-y"))] = False,
    market: Market = MARKET,
    common: Common = COMMON,
) -> None:
    """Delete candles from the archive: the series that match, or a part of their time.

    Args:
        yes: Do not ask.
    """
    from cracktrader.bootstrap import open_archive
    from cracktrader.cli.series import select_series
    from cracktrader.cli.settings import read_settings
    from cracktrader.domain.clock import SystemClock

    output = Output.of(common)
    config = read_settings(common)
    archive = open_archive(config)
    keys = select_series(archive, market, config)
    now_ms = SystemClock().time_ms()
    start, end = (
        word and parse_moment(word, now_ms=now_ms) for word in (market.since, market.until)
    )
    names = "\n".join(f"  {key}" for key in keys)
    span = (
        f" from {show_moment(start or None)} to {show_moment(end or None)}" if start or end else ""
    )
    if not yes and not _confirmed(f"Delete{span} from {archive.root}:\n{names}\n"):
        raise UsageError("nothing was deleted")
    for key in keys:
        archive.clear(key, start or None, end or None)
    output.note(f"deleted {len(keys)} series{span}")


def make_jobs(
    connection: Connection, market: Market, timeframes: Sequence[Timeframe]
) -> list[DownloadJob]:
    """Return what to download, once the exchange has confirmed the symbols.

    Raises:
        BadRequestError: if it does not list one of them.
    """
    from cracktrader.candles.download import DownloadJob

    # Before any download: a misspelt symbol must not be found out after the first is done.
    connection.loop.call(connection.load_markets(), timeout_s=_ANSWER_S)
    for symbol in market.symbol:
        connection.market(symbol)
    # An age counts from the exchange's own time: a local exchange may live in another year.
    now_ms = connection.loop.call(connection.server_time_ms(), timeout_s=_ANSWER_S)
    start, end = parse_range(market.since or _DEFAULT_SINCE, market.until, now_ms=now_ms)
    return [
        DownloadJob(symbol=symbol, timeframe=timeframe, start=start or 0, end=end)
        for symbol in market.symbol
        for timeframe in timeframes
    ]


def _show_download(report: DownloadReport, output: Output) -> None:
    if output.json:
        output.data(
            [
                {
                    "exchange": one.key.exchange,
                    "type": one.key.type,
                    "symbol": one.key.symbol,
                    "timeframe": one.key.timeframe,
                    "start": iso_moment(one.start),
                    "end": iso_moment(one.end),
                    "received": one.candles,
                    "added": one.added,
                    "revised": one.revised,
                    "requests": one.pages,
                    "without_price": one.without_price,
                    "unconfirmed": [[iso_moment(a), iso_moment(b)] for a, b in one.unconfirmed],
                }
                for one in report.series
            ]
        )
        return
    columns = ["symbol", "timeframe", "from", "to", ">new", ">requests"]
    rows = [
        (
            one.key.symbol,
            one.key.timeframe,
            show_moment(one.start),
            show_moment(one.end),
            f"{one.added:,}",
            f"{one.pages:,}",
        )
        for one in report.series
    ]
    output.table(rows, columns=columns)
    for one in report.series:
        if one.revised:
            output.text(f"! {one.key}: {one.revised:,} candles have other values than before")


def _info_row(info: SeriesInfo) -> tuple[str, ...]:
    key = info.key
    return (
        key.exchange,
        key.type,
        key.symbol,
        key.timeframe,
        f"{info.candles:,}",
        show_day(info.first),
        show_day(info.last),
        show_size(info.size_bytes),
    )


def _info_facts(info: SeriesInfo) -> dict[str, object]:
    key = info.key
    return {
        "exchange": key.exchange,
        "type": key.type,
        "symbol": key.symbol,
        "timeframe": key.timeframe,
        "candles": info.candles,
        "first": iso_moment(info.first),
        "last": iso_moment(info.last),
        "files": info.files,
        "bytes": info.size_bytes,
        "downloaded": [[iso_moment(start), iso_moment(end)] for start, end in info.ranges],
    }


def show_size(size_bytes: int) -> str:
    """Return a size in kB or MB."""
    megabytes = size_bytes / 1_000_000
    return f"{megabytes:,.1f} MB" if megabytes >= 1 else f"{size_bytes / 1000:,.1f} kB"


def _confirmed(question: str) -> bool:
    if not sys.stdin.isatty():
        raise UsageError("nobody can be asked here; say --yes")
    sys.stderr.write(f"{question}Really? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in {"y", "yes"}
