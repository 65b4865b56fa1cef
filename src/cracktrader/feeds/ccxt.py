"""CCXTDataFeed: the candles of a market on an exchange, for Backtrader."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Protocol

from cracktrader.candles.cleaning import CleanResult, clean
from cracktrader.candles.download import ProgressCallback
from cracktrader.candles.gaps import Gap, GapResult, apply_gap_policy
from cracktrader.candles.outliers import DEFAULT_LIMITS, NO_LIMITS
from cracktrader.domain.candle import Candles, FloatColumn
from cracktrader.domain.timeframe import Timeframe
from cracktrader.errors import ConfigError, UnsupportedError
from cracktrader.feeds.candle import CandleFeed
from cracktrader.feeds.history import History, HistoryRequest
from cracktrader.feeds.options import choose_timeframe, choose_word, parse_moment, parse_zone
from cracktrader.observability.logs import get_logger

_log = get_logger(__name__)

GAP_POLICIES: Final = ("fill", "warn", "raise", "keep")
OUTLIER_POLICIES: Final = ("warn", "drop", "raise", "keep")
DEFAULT_HISTORY: Final = 1000
"""How many candles a feed has that says neither since when nor how many."""


class CandleStore(Protocol):
    """What a feed needs of a store."""

    def history(
        self, request: HistoryRequest, *, on_progress: ProgressCallback | None = None
    ) -> History:
        """Return candles, from the archive or the exchange."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedReport:
    """What a feed delivers, and what had to be done to it; times are ms UTC."""

    symbol: str
    timeframe: str
    start: int
    end: int
    candles: int
    downloaded: int
    gaps: tuple[Gap, ...]
    filled: int
    quality: dict[str, int]
    """Each trouble that was found, and in how many candles."""
    repaired: int
    dropped: int

    @property
    def missing(self) -> int:
        """How many candles the exchange has not got."""
        return sum(gap.candles for gap in self.gaps)

    def __str__(self) -> str:
        parts = [f"{self.candles} candles of {self.symbol} {self.timeframe}"]
        if self.gaps:
            parts.append(f"{self.missing} missing in {len(self.gaps)} gaps, {self.filled} filled")
        parts += [f"{count} {name}" for name, count in self.quality.items()]
        if self.repaired or self.dropped:
            parts.append(f"{self.repaired} repaired, {self.dropped} dropped")
        return "; ".join(parts)


class CCXTDataFeed(CandleFeed):
    """Closed candles of one market; each bar bears the time of its close.

    ``CCXTDataFeed(store, "BTC/USDT", ccxt_timeframe="1h", fromdate="2024-01-01")``: candles
    that open at *fromdate* or later and close by *todate*, else the last *historical_limit*
    ones. They come from the archive, after what it lacks was downloaded (not if *backfill*
    is False). What is found and done about *gaps* and *outliers* stands in `report`.

    Dates are datetimes, dates, ISO 8601 text or ms; UTC unless they or *tz* say otherwise;
    ``start_date`` and ``end_date`` are other names for them. *timeframe* may say the
    timeframe too, as ``"1h"`` or as Backtrader's constant with *compression*.
    *reorder_buffer_size* and *reorder_buffer_timeout* concern live feeds only. *on_progress*
    hears of downloads.
    """

    params: Any = (
        ("timeframe", None),
        ("live", False),
        ("historical_limit", None),
        ("start_date", None),
        ("end_date", None),
        ("backfill", True),
        ("gaps", "fill"),
        ("outliers", "warn"),
        ("reorder_buffer_size", 0),
        ("reorder_buffer_timeout", 0.0),
        ("detail", None),
        ("on_progress", None),
    )

    store: Any = None
    symbol = ""
    report: FeedReport | None = None
    _request: HistoryRequest
    _candle_timeframe: Timeframe
    _candles: Candles | None = None

    def __init__(
        self, store: CandleStore | None = None, symbol: str | None = None, **unknown: Any
    ) -> None:
        super().__init__(**unknown)
        self.store, self.symbol = store, symbol or self.p.dataname or ""
        if store is None or not self.symbol:
            raise ConfigError('a feed needs a store and a symbol: CCXTDataFeed(store, "BTC/USDT")')
        if not hasattr(store, "history"):
            raise ConfigError(f'store was {store!r}; use one like CCXTStore("binance")')
        self._refuse_what_is_not_here()
        choose_word("gaps", self.p.gaps, GAP_POLICIES)
        choose_word("outliers", self.p.outliers, OUTLIER_POLICIES)
        self.p.dataname = self.symbol
        self._request = self._make_request()
        # The candles are cut to the dates already, by their opens.
        self.p.fromdate = self.p.todate = None

    def _chosen_timeframe(self) -> Timeframe:
        return choose_timeframe(self.p.ccxt_timeframe, self.p.timeframe, self.p.compression)

    @property
    def candles(self) -> Candles:
        """The candles that the feed delivers; loads them unless that was done before."""
        if self._candles is None:
            self._candles, self.report = self._prepare()
        return self._candles

    def _read(self) -> dict[str, FloatColumn]:
        return self._columns_of(self.candles)

    def _prepare(self) -> tuple[Candles, FeedReport]:
        history = self.store.history(self._request, on_progress=self.p.on_progress)
        timeframe = self._request.timeframe
        # Who keeps outliers need not look for them.
        limits = NO_LIMITS if self.p.outliers == "keep" else DEFAULT_LIMITS
        cleaned = clean(
            history.candles,
            timeframe,
            outliers=self.p.outliers,
            limits=limits,
            known=history.known,
        )
        whole = apply_gap_policy(
            cleaned.candles, timeframe, self.p.gaps, start=history.start, end=history.end
        )
        report = self._make_report(history, cleaned, whole)
        self._tell(report)
        return whole.candles, report

    def _make_report(self, history: History, cleaned: CleanResult, whole: GapResult) -> FeedReport:
        return FeedReport(
            symbol=self.symbol,
            timeframe=self._request.timeframe.name,
            start=history.start,
            end=history.end,
            candles=len(whole.candles),
            downloaded=history.downloaded,
            gaps=whole.gaps,
            filled=int(whole.is_filled.sum()),
            quality=cleaned.report.counts,
            repaired=cleaned.repaired,
            dropped=cleaned.dropped,
        )

    def _tell(self, report: FeedReport) -> None:
        event = _log.bind(symbol=report.symbol, timeframe=report.timeframe)
        event.debug("feed.loaded", candles=report.candles, downloaded=report.downloaded)
        if report.gaps and self.p.gaps == "warn":
            event.warning("feed.gaps_found", missing=report.missing, gaps=len(report.gaps))
        if report.quality and self.p.outliers == "warn":
            event.warning("feed.outliers_found", **report.quality)

    def _make_request(self) -> HistoryRequest:
        start, end = self._dates()
        if start is not None and end is not None and start >= end:
            raise ConfigError(
                f"fromdate {self.p.fromdate or self.p.start_date} is not before todate "
                f"{self.p.todate or self.p.end_date}"
            )
        limit = self.p.historical_limit
        if limit is None and start is None:
            limit = DEFAULT_HISTORY
        if limit is not None and limit < 1:
            raise ConfigError(f"historical_limit was {limit}; it is 1 or more")
        return HistoryRequest(
            symbol=self.symbol,
            timeframe=self._candle_timeframe,
            start=start,
            end=end,
            limit=limit,
            download=self.p.backfill,
        )

    def _dates(self) -> tuple[int | None, int | None]:
        if None not in (self.p.fromdate, self.p.start_date):
            raise ConfigError("fromdate and start_date are the same; give one")
        if None not in (self.p.todate, self.p.end_date):
            raise ConfigError("todate and end_date are the same; give one")
        zone = parse_zone(self.p.tz)
        since = self.p.start_date if self.p.fromdate is None else self.p.fromdate
        until = self.p.end_date if self.p.todate is None else self.p.todate
        return (
            parse_moment("fromdate", since, zone=zone),
            parse_moment("todate", until, zone=zone, day_end=True),
        )

    def _refuse_what_is_not_here(self) -> None:
        if self.p.live:
            raise UnsupportedError("live feeds are not in this version; leave out live=True")
        if self.p.detail is not None:
            raise UnsupportedError("detail= is not in this version; leave it out")

    def __getstate__(self) -> dict[str, Any]:
        # Another process has no connection: what it would ask for goes with the feed.
        _ = self.candles
        return {**self.__dict__, "store": None}
