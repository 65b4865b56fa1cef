"""``data export`` and ``data import``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from cracktrader.cli.exits import UsageError
from cracktrader.cli.moments import parse_moment
from cracktrader.cli.options import COMMON, MARKET, Common, Market
from cracktrader.cli.output import Output


def export(
    file: Annotated[Path, Parameter(name="FILE")],
    /,
    *,
    force: bool = False,
    market: Market = MARKET,
    common: Common = COMMON,
) -> None:
    """Write candles of one series to a CSV or Parquet file, by its ending.

    Args:
        file: Such as btc.csv or btc.parquet.
        force: Overwrite the file.
    """
    from cracktrader.bootstrap import open_archive
    from cracktrader.cli.series import select_one
    from cracktrader.cli.settings import read_settings

    if file.exists() and not force:
        raise UsageError(f'"{file}" exists; --force overwrites it')
    config = read_settings(common)
    archive = open_archive(config)
    start, end = _bounds(market)
    count = archive.export_file(select_one(archive, market, config), file, start=start, end=end)
    Output.of(common).note(f"wrote {count:,} candles to {file}")


def import_file(
    file: Annotated[Path, Parameter(name="FILE")],
    /,
    *,
    market: Market = MARKET,
    common: Common = COMMON,
) -> None:
    """Read candles from a CSV or Parquet file into the archive.

    Args:
        file: With columns timestamp (or time, date ...), open, high, low, close, volume.
    """
    from cracktrader.bootstrap import open_archive
    from cracktrader.candles.series import SeriesKey
    from cracktrader.cli.choices import choose_origin, choose_type, read_timeframes
    from cracktrader.cli.settings import read_settings

    config = read_settings(common)
    exchange, name = choose_origin(market.exchange, config)
    if len(market.symbol) != 1 or len(market.timeframe) != 1:
        raise UsageError("of which series is it? Say one --symbol and one --timeframe")
    (timeframe,) = read_timeframes(market.timeframe)
    kind = choose_type(market.type, exchange, config)
    key = SeriesKey(name, kind, market.symbol[0], timeframe.name)
    start, end = _bounds(market)
    archive = open_archive(config)
    saved = archive.import_file(key, file, start=start, end=end)
    output = Output.of(common)
    output.note(f"{key}: {saved.added:,} new candles, {saved.revised:,} revised")
    found = archive.check(key)
    if not found.quality.is_clean:
        output.note(f"! quality  {found.findings}")


def _bounds(market: Market) -> tuple[int | None, int | None]:
    from cracktrader.domain.clock import SystemClock

    now_ms = SystemClock().time_ms()
    words = (market.since, market.until)
    start, end = (None if word is None else parse_moment(word, now_ms=now_ms) for word in words)
    return start, end
