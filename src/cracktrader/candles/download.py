"""Resumable download into the archive.

What was received is saved every few seconds and when anything goes wrong, so a killed
download goes on where it was, and ends in the same bytes as one that was never disturbed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from cracktrader.candles.archive import Archive
from cracktrader.candles.manifest import Range, merge_ranges
from cracktrader.candles.merge import merge_candles
from cracktrader.candles.paging import Page, PageRequest, read_page
from cracktrader.candles.series import SeriesKey
from cracktrader.domain.candle import Candles
from cracktrader.domain.clock import Clock, SystemClock
from cracktrader.domain.timeframe import Timeframe
from cracktrader.errors import DataError
from cracktrader.observability.logs import get_logger

_log = get_logger(__name__)

# An answer is asked for again this often before it is believed, or given up.
_STALE_TRIES: Final = 3
_EMPTY_TRIES: Final = 2
# After this many empty pages in a row the next ones are believed at once.
_DOUBTED_EMPTY_PAGES: Final = 3
# Saving may take at most about a tenth of the time.
_SAVE_SHARE: Final = 10


class CandleSource(Protocol):
    """Somewhere candles come from, page by page; it paces and repeats its own requests."""

    @property
    def exchange(self) -> str:
        """The exchange's id."""
        ...

    @property
    def instrument_type(self) -> str:
        """CCXT's type of the markets, e.g. ``"spot"``."""
        ...

    def page_limit(self, timeframe: Timeframe) -> int:
        """Return how many candles an answer holds at most."""
        ...

    async def fetch_candles(
        self, symbol: str, timeframe: Timeframe, *, since: int, limit: int
    ) -> Candles:
        """Return candles that open at *since* (ms UTC) or later; a missing value is NaN."""
        ...

    async def server_time_ms(self) -> int:
        """Return the exchange's own time, ms UTC."""
        ...


class NamedSource:
    """A source under the name that the archive has for it."""

    def __init__(self, source: CandleSource, exchange: str, instrument_type: str) -> None:
        self.exchange, self.instrument_type = exchange, instrument_type
        self.page_limit = source.page_limit
        self.fetch_candles = source.fetch_candles
        self.server_time_ms = source.server_time_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadJob:
    """Candles to have: those that open in ``[start, end)``, ms UTC; until now if *end* is None."""

    symbol: str
    timeframe: Timeframe
    start: int
    end: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadProgress:
    """How far one series is."""

    key: SeriesKey
    start: int
    end: int
    position: int
    """Everything before this open (ms UTC) is done."""
    candles: int
    pages: int

    @property
    def fraction(self) -> float:
        """From 0 to 1."""
        if self.end <= self.start:
            return 1.0
        return min(1.0, max(0.0, (self.position - self.start) / (self.end - self.start)))


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesDownload:
    """What became of one job."""

    key: SeriesKey
    start: int
    end: int
    """Where the closed candles end, or the job does."""
    candles: int
    """Candles received, each once."""
    added: int
    revised: int
    """Candles that were stored before with other values."""
    pages: int
    without_price: int
    unconfirmed: tuple[Range, ...]
    """Ranges of which the exchange gave nothing and may not keep anything; asked for again
    next time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadReport:
    """What became of all jobs, in their order."""

    series: tuple[SeriesDownload, ...]

    @property
    def candles(self) -> int:
        """Candles received."""
        return sum(one.candles for one in self.series)

    @property
    def pages(self) -> int:
        """Requests for candles that were answered."""
        return sum(one.pages for one in self.series)


ProgressCallback = Callable[[DownloadProgress], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadOptions:
    """How to download; `ArchiveSettings` describes the fields."""

    grace_ms: int = 5_000
    flush_interval_s: float = 2.0
    retry_pause_s: float = 0.5
    """Seconds before an answer that is hard to believe is asked for again."""
    clock: Clock = field(default_factory=SystemClock)


async def download(
    source: CandleSource,
    archive: Archive,
    jobs: Sequence[DownloadJob],
    *,
    on_progress: ProgressCallback | None = None,
    concurrency: int = 4,
    options: DownloadOptions | None = None,
) -> DownloadReport:
    """Fetch what the archive lacks of *jobs*; never a candle that is still forming.

    If one job fails, the others are stopped, what was received is saved, and the error of
    the source is raised.

    Raises:
        DataError: if the source answers with the same old candles again and again, or the
            archive cannot be written.
    """
    turn = asyncio.Semaphore(concurrency)
    settings = options or DownloadOptions()

    async def run(job: DownloadJob) -> SeriesDownload:
        async with turn:
            return await _Series(source, archive, job, settings, on_progress).run()

    tasks = [asyncio.ensure_future(run(job)) for job in jobs]
    try:
        return DownloadReport(series=tuple(await asyncio.gather(*tasks)))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class _Series:
    """One job under way."""

    def __init__(
        self,
        source: CandleSource,
        archive: Archive,
        job: DownloadJob,
        options: DownloadOptions,
        on_progress: ProgressCallback | None,
    ) -> None:
        self._source, self._archive, self._job = source, archive, job
        self._options, self._on_progress = options, on_progress
        self._key = SeriesKey(
            source.exchange, source.instrument_type, job.symbol, job.timeframe.name
        )
        self._parts: list[Candles] = []
        self._claim: Range = (0, 0)
        self._saved_at_s = options.clock.monotonic_s()
        self._save_cost_s = 0.0
        self._candles = self._added = self._revised = 0
        self._pages = self._empty_pages = self._without_price = 0
        self._unconfirmed: list[Range] = []

    async def run(self) -> SeriesDownload:
        """Fetch every range that is missing, in order."""
        now_ms = await self._source.server_time_ms()
        timeframe = self._job.timeframe
        closed = timeframe.floor(now_ms)
        end = closed if self._job.end is None else min(timeframe.ceil(self._job.end), closed)
        start = timeframe.ceil(self._job.start)
        try:
            for since, until in self._archive.missing(self._key, start, max(start, end)):
                await self._fetch(since, until, now_ms)
        finally:
            # Also when the source failed or the task was cancelled, hence not awaited.
            self._save()
        self._report(start, end, end)
        return self._result(start, end)

    async def _fetch(self, since: int, until: int, now_ms: int) -> None:
        start = since
        while since < until:
            request = PageRequest(
                timeframe=self._job.timeframe,
                since=since,
                end=until,
                limit=self._source.page_limit(self._job.timeframe),
                now_ms=now_ms,
                grace_ms=self._options.grace_ms,
            )
            page = await self._ask(request)
            self._take(page)
            since = page.next_since
            if self._is_save_due():
                await asyncio.to_thread(self._save)
            self._report(start, until, since)

    async def _ask(self, request: PageRequest) -> Page:
        """Ask until the answer can be believed."""
        empty = stale = 0
        while True:
            rows = await self._source.fetch_candles(
                self._job.symbol, request.timeframe, since=request.since, limit=request.limit
            )
            self._pages += 1
            page = read_page(request, rows)
            empty += page.is_empty
            stale += page.is_stale
            if page.is_stale and stale >= _STALE_TRIES:
                return self._give_up(request, rows)
            is_doubtful = page.is_stale or (page.is_empty and not self._believes_empty(empty))
            if not is_doubtful:
                self._empty_pages = self._empty_pages + 1 if page.is_empty else 0
                return page
            await asyncio.sleep(self._options.retry_pause_s)

    def _believes_empty(self, tries: int) -> bool:
        return tries >= _EMPTY_TRIES or self._empty_pages >= _DOUBTED_EMPTY_PAGES

    def _give_up(self, request: PageRequest, rows: Candles) -> Page:
        if request.reaches_live_edge:
            # Nobody may have traded since: asked again next time.
            nothing = (request.since, request.since)
            return Page(candles=Candles(), claim=nothing, next_since=request.end)
        raise DataError(
            f"{self._key.exchange} does not advance: asked {_STALE_TRIES} times for "
            f"{self._key.symbol} {self._key.timeframe} from {request.since} on, it answered with "
            f"candles up to {int(rows.timestamp.max())}"
        )

    def _take(self, page: Page) -> None:
        if page.unconfirmed:
            self._unconfirmed.append(page.unconfirmed)
        self._without_price += page.without_price
        start, end = page.claim
        if start != self._claim[1]:
            self._save()
            self._claim = (start, start)
        self._claim = (self._claim[0], max(end, self._claim[1]))
        if len(page.candles):
            self._parts.append(page.candles)

    def _is_save_due(self) -> bool:
        waited_s = self._options.clock.monotonic_s() - self._saved_at_s
        return waited_s >= max(self._options.flush_interval_s, _SAVE_SHARE * self._save_cost_s)

    def _save(self) -> None:
        start, end = self._claim
        # Candles behind the claim are not known to be whole; they will be asked for again.
        candles = merge_candles(*self._parts).between(start, end)
        if end > start:
            began_s = self._options.clock.monotonic_s()
            saved = self._archive.save(self._key, candles, start=start, end=end)
            self._save_cost_s = self._options.clock.monotonic_s() - began_s
            self._candles += len(candles)
            self._added += saved.added
            self._revised += saved.revised
            if saved.revised:
                _log.warning("candles.revised", series=str(self._key), candles=saved.revised)
        self._parts.clear()
        self._claim = (end, end)
        self._saved_at_s = self._options.clock.monotonic_s()

    def _report(self, start: int, end: int, position: int) -> None:
        if self._on_progress is not None:
            self._on_progress(
                DownloadProgress(
                    key=self._key,
                    start=start,
                    end=end,
                    position=position,
                    candles=self._candles + sum(map(len, self._parts)),
                    pages=self._pages,
                )
            )

    def _result(self, start: int, end: int) -> SeriesDownload:
        return SeriesDownload(
            key=self._key,
            start=start,
            end=end,
            candles=self._candles,
            added=self._added,
            revised=self._revised,
            pages=self._pages,
            without_price=self._without_price,
            unconfirmed=tuple(merge_ranges(self._unconfirmed)),
        )
