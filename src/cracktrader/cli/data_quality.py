"""``data check`` and ``data repair``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cracktrader.cli.exits import Exit
from cracktrader.cli.moments import iso_moment, show_moment
from cracktrader.cli.options import MARKET, REPORTING, Market, Reporting
from cracktrader.cli.output import Output

if TYPE_CHECKING:
    from cracktrader.candles.checkup import SeriesCheck


def check(*, market: Market = MARKET, common: Reporting = REPORTING) -> int:
    """Read every file and look at every candle; exit code 7 if a file is damaged."""
    from cracktrader.bootstrap import open_archive
    from cracktrader.cli.series import select_series
    from cracktrader.cli.settings import read_settings

    output = Output.of(common)
    config = read_settings(common)
    archive = open_archive(config)
    checks = [archive.check(key) for key in select_series(archive, market, config)]
    if output.json:
        output.data([_facts(found) for found in checks])
    else:
        for found in checks:
            _show(found, output)
    damaged = [found for found in checks if not found.is_sound]
    if damaged:
        output.error(f"{len(damaged)} of {len(checks)} series are damaged: cracktrader data repair")
        return Exit.DATA_MISSING
    return Exit.OK


def repair(*, market: Market = MARKET, common: Reporting = REPORTING) -> None:
    """Set damaged files aside, so that the next download fetches what they held.

    Nothing is deleted: damaged files are kept in the series' "quarantine" folder.
    """
    from cracktrader.bootstrap import open_archive
    from cracktrader.cli.series import select_series
    from cracktrader.cli.settings import read_settings

    output = Output.of(common)
    config = read_settings(common)
    archive = open_archive(config)
    repairs = [archive.repair(key) for key in select_series(archive, market, config)]
    if output.json:
        output.data(
            [
                {
                    "series": str(done.key),
                    "quarantined": list(done.quarantined),
                    "to_download": [[iso_moment(a), iso_moment(b)] for a, b in done.to_download],
                }
                for done in repairs
            ]
        )
        return
    for done in repairs:
        if not done.quarantined:
            output.text(f"{done.key}: sound")
            continue
        output.text(f"{done.key}: set aside {', '.join(done.quarantined)}")
        for start, end in done.to_download:
            output.text(f"  download again: --since {_option(start)} --until {_option(end)}")


def _show(found: SeriesCheck, output: Output) -> None:
    output.text(f"{found.key}: {found.candles:,} candles")
    for file in found.damaged:
        output.text(f"  damaged  {file.name}: {file.reason}")
    for start, end in found.not_downloaded:
        output.text(f"  not downloaded  {show_moment(start)} to {show_moment(end)}")
    if found.no_trades:
        missing = sum(gap.candles for gap in found.no_trades)
        longest = max(found.no_trades, key=lambda gap: gap.end - gap.start)
        output.text(
            f"  no candle at the exchange  {missing:,} in {len(found.no_trades):,} gaps, the "
            f"longest {show_moment(longest.start)} to {show_moment(longest.end)}"
        )
    if found.unclaimed:
        output.text(f"  left over, harmless  {', '.join(found.unclaimed)}")
    output.text(f"  quality  {found.findings}")


def _facts(found: SeriesCheck) -> dict[str, object]:
    return {
        "series": str(found.key),
        "candles": found.candles,
        "sound": found.is_sound,
        "damaged": [{"file": file.name, "reason": file.reason} for file in found.damaged],
        "not_downloaded": [[iso_moment(a), iso_moment(b)] for a, b in found.not_downloaded],
        "no_trades": [
            {"start": iso_moment(gap.start), "end": iso_moment(gap.end), "candles": gap.candles}
            for gap in found.no_trades
        ],
        "unclaimed": list(found.unclaimed),
        "quality": found.quality.counts,
    }


def _option(timestamp: int) -> str:
    return show_moment(timestamp).replace(" ", "T")
