"""Downloads candles with a progress display."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cracktrader.cli.progress import Step, progress

if TYPE_CHECKING:
    from cracktrader.candles.archive import Archive
    from cracktrader.candles.download import DownloadJob, DownloadProgress, DownloadReport
    from cracktrader.config import Config
    from cracktrader.exchange.connection import Connection

# Years of one-minute candles take hours; Ctrl-C ends it earlier, and nothing is lost.
_LONGEST_S = 7 * 86_400.0


class DownloadWatch:
    """Remembers how far each series is."""

    def __init__(self) -> None:
        self._latest: dict[str, DownloadProgress] = {}

    def __call__(self, state: DownloadProgress) -> None:
        self._latest[str(state.key)] = state

    def steps(self) -> list[Step]:
        """Return what to show."""
        return [_step(state) for state in list(self._latest.values())]


def download_jobs(
    connection: Connection,
    archive: Archive,
    jobs: Sequence[DownloadJob],
    *,
    config: Config,
    quiet: bool,
) -> DownloadReport:
    """Fetch what the archive lacks, and show how far it is."""
    from cracktrader.candles.download import DownloadOptions, NamedSource, download

    data = config.settings.data
    options = DownloadOptions(grace_ms=data.grace_ms, flush_interval_s=data.flush_interval_s)
    name = config.exchange(connection.exchange).archive_name(connection.exchange)
    watch = DownloadWatch()
    with progress(watch.steps, quiet=quiet):
        return connection.loop.call(
            download(
                NamedSource(connection, name, connection.instrument_type),
                archive,
                jobs,
                on_progress=watch,
                concurrency=data.concurrency,
                options=options,
            ),
            timeout_s=_LONGEST_S,
        )


def _step(state: DownloadProgress) -> Step:
    from cracktrader.domain.timeframe import Timeframe

    length = Timeframe.parse(state.key.timeframe).duration_ms
    return Step(
        label=f"{state.key.symbol} {state.key.timeframe}",
        done=max(0, state.position - state.start) // length,
        total=max(0, state.end - state.start) // length,
    )
