"""Candles of one exchange over a range: from the archive, after downloading what it lacks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from cracktrader.candles.aggregate import aggregate_candles
from cracktrader.candles.archive import Archive
from cracktrader.candles.download import (
    CandleSource,
    DownloadJob,
    DownloadOptions,
    NamedSource,
    ProgressCallback,
    download,
)
from cracktrader.candles.series import SeriesKey
from cracktrader.candles.verdict import KnownRows
from cracktrader.domain.candle import Candles
from cracktrader.domain.timeframe import Timeframe
from cracktrader.errors import DataError, UnsupportedError, did_you_mean

T = TypeVar("T")


class HistorySource(CandleSource, Protocol):
    """Where candles are downloaded from, and in which timeframes."""

    @property
    def timeframes(self) -> tuple[str, ...]:
        """What it serves, from short to long; nothing means that it does not say."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryRequest:
    """Which candles: those that open at *start* or later and close by *end* (ms UTC).

    Without *start* the last *limit* ones before *end*; without *end* up to now. Nothing is
    downloaded unless *download*.
    """

    symbol: str
    timeframe: Timeframe
    start: int | None = None
    end: int | None = None
    limit: int | None = None
    download: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Candles, and between when they are all that the exchange has (ms UTC)."""

    candles: Candles
    start: int
    end: int
    downloaded: int = 0
    """How many candles had to be asked for."""
    known: tuple[KnownRows, ...] = ()
    """Candles that were inspected when they were stored."""


class CandleHistory:
    """The candles of one exchange and instrument type, wherever they are.

    *exchange* names the archive's series; the source may go by another name.
    *connect* gives the source of what is missing for a symbol, and is called only then; it
    raises if there is no such symbol. *wait* runs a coroutine of the source to its end.
    """

    def __init__(
        self,
        archive: Archive,
        *,
        exchange: str,
        instrument_type: str,
        connect: Callable[[str], HistorySource],
        wait: Callable[[Coroutine[Any, Any, Any]], Any],
        options: DownloadOptions | None = None,
    ) -> None:
        self.archive = archive
        self._exchange, self._instrument_type = exchange, instrument_type
        self._connect, self._wait = connect, wait
        self._options = options

    def key(self, symbol: str, timeframe: Timeframe) -> SeriesKey:
        """Return where the archive keeps a series."""
        return SeriesKey(self._exchange, self._instrument_type, symbol, timeframe.name)

    def load(
        self, request: HistoryRequest, *, on_progress: ProgressCallback | None = None
    ) -> History:
        """Return the candles asked for; never one that is still forming.

        Raises:
            DataError: if there is not one; the message names what there is.
            UnsupportedError: if the exchange has no candles they can be built from.
        """
        found = self._from_archive(request)
        if found is None:
            found = self._from_source(request, on_progress)
        if not len(found.candles):
            raise DataError(
                f"no candles of {self.key(request.symbol, request.timeframe)} from "
                f"{_shown(found.start)} to {_shown(found.end)}. {self._available(request.symbol)}"
            )
        return found

    def _from_archive(self, request: HistoryRequest) -> History | None:
        """Answer without the exchange if that can be done, or must be."""
        if not request.download:
            return self._stored(request)
        if request.end is None:
            return None
        start, end = _bounds(request, request.end)
        if self.archive.missing(self.key(request.symbol, request.timeframe), start, end):
            return None
        return self._read(request, request.timeframe, start, end)

    def _stored(self, request: HistoryRequest) -> History:
        names = [
            key.timeframe
            for key in self.archive.series()
            if key == self.key(request.symbol, Timeframe.parse(key.timeframe))
        ]
        source = _longest_source(request.timeframe, names)
        if source is None:
            raise DataError(
                f"the archive has no candles that could make {request.timeframe} ones of "
                f"{request.symbol}. {self._available(request.symbol)}"
            )
        ranges = self.archive.info(self.key(request.symbol, source)).ranges
        known = ranges[-1][1] if ranges else 0
        end = known if request.end is None else min(request.end, known)
        return self._read(request, source, *_bounds(request, end))

    def _from_source(
        self, request: HistoryRequest, on_progress: ProgressCallback | None
    ) -> History:
        source = self._connect(request.symbol)
        now: int = self._wait(source.server_time_ms())
        start, end = _bounds(request, now if request.end is None else min(request.end, now))
        offered = source.timeframes or (request.timeframe.name,)
        timeframe = _longest_source(request.timeframe, offered)
        if timeframe is None:
            raise UnsupportedError(
                f"{self._exchange} has no {request.timeframe} candles, nor shorter ones to build "
                f"them from; it has {', '.join(offered)}."
                f"{did_you_mean(request.timeframe.name, offered)}"
            )
        job = DownloadJob(symbol=request.symbol, timeframe=timeframe, start=start, end=end)
        report = self._wait(
            download(
                NamedSource(source, self._exchange, self._instrument_type),
                self.archive,
                [job],
                on_progress=on_progress,
                options=self._options,
            )
        )
        missing = self.archive.missing(self.key(request.symbol, timeframe), start, end)
        if missing and missing[-1][1] >= end:
            end = max(start, missing[-1][0])
        return self._read(request, timeframe, start, end, downloaded=report.candles)

    def _read(
        self,
        request: HistoryRequest,
        source: Timeframe,
        start: int,
        end: int,
        downloaded: int = 0,
    ) -> History:
        loaded = self.archive.load_known(self.key(request.symbol, source), start, end)
        candles, known = loaded.candles, loaded.known
        if source != request.timeframe:
            candles = aggregate_candles(candles, source, request.timeframe, start=start, end=end)
            known = ()
        return History(candles=candles, start=start, end=end, downloaded=downloaded, known=known)

    def _available(self, symbol: str) -> str:
        infos = [
            self.archive.info(key)
            for key in self.archive.series()
            if (key.exchange, key.type, key.symbol)
            == (self._exchange, self._instrument_type, symbol)
        ]
        held = [
            f"{info.key.timeframe} from {_shown(info.first)} to {_shown(info.last)}"
            for info in infos
            if info.first is not None and info.last is not None
        ]
        return f"The archive holds {'; '.join(held) or 'nothing'} of {symbol}."


def _bounds(request: HistoryRequest, end: int) -> tuple[int, int]:
    """Return the range of opens, both ends on the timeframe's grid."""
    timeframe = request.timeframe
    after = timeframe.floor(end)
    starts = [] if request.start is None else [timeframe.ceil(request.start)]
    if request.limit is not None:
        starts.append(timeframe.shift(after, -request.limit))
    if not starts:
        raise ValueError("a request for candles needs a start or a limit")
    return min(max(starts), after), after


def _longest_source(wanted: Timeframe, offered: Iterable[str]) -> Timeframe | None:
    """Return *wanted* if it is offered, else the longest timeframe that it is made of."""
    usable = [t for t in map(Timeframe.parse, offered) if t.divides(wanted)]
    return max(usable, key=lambda t: t.duration_ms, default=None)


def _shown(timestamp: int) -> str:
    moment = dt.datetime.fromtimestamp(timestamp / 1000, tz=dt.UTC)
    return moment.strftime("%Y-%m-%d %H:%M:%S").removesuffix(":00") + " UTC"
