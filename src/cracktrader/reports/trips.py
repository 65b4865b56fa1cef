"""Fills → round trips: from flat to flat, one instrument at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from cracktrader.domain.candle import Candles, IntColumn
from cracktrader.reports.records import FillRecord, Instrument, OrderRecord, RoundTrip

_DUST: Final = 1e-9
_EXIT_WORDS: Final = {
    "Market": "signal",
    "Close": "signal",
    "Limit": "limit",
    "Stop": "stop",
    "StopLimit": "stop limit",
    "StopTrail": "trailing stop",
    "StopTrailLimit": "trailing stop",
}
_BRACKET_WORDS: Final = {"Limit": "take profit", "Stop": "stop loss", "StopLimit": "stop loss"}


def round_trips(
    fills: Iterable[FillRecord],
    orders: Iterable[OrderRecord] = (),
    *,
    times: IntColumn,
    instruments: Iterable[Instrument] = (),
) -> tuple[RoundTrip, ...]:
    """Fold *fills* into round trips, ordered by entry; *times* are the bars of the run."""
    by_number = {order.number: order for order in orders}
    candles = {instrument.symbol: instrument.candles for instrument in instruments}
    books: dict[str, _Book] = {}
    trips: list[RoundTrip] = []
    for fill in fills:
        book = books.setdefault(fill.symbol, _Book())
        if fill.closed and book.first is not None:
            book.close(fill)
            if book.is_flat:
                trips.append(book.trip(by_number, times))
                book = books[fill.symbol] = _Book()
        if fill.opened:
            book.open(fill)
    trips.extend(b.trip(by_number, times) for b in books.values() if b.first is not None)
    trips.sort(key=lambda trip: (trip.entry_timestamp, trip.entry_order, trip.symbol))
    return tuple(
        _with_excursions(replace(trip, number=number), candles.get(trip.symbol))
        for number, trip in enumerate(trips, start=1)
    )


def exit_reason(order: OrderRecord | None) -> str:
    """Say why *order* was there: its own reason, else what its type tells."""
    if order is None:
        return ""
    if order.reason:
        return order.reason
    words = _EXIT_WORDS if order.parent is None else {**_EXIT_WORDS, **_BRACKET_WORDS}
    return words.get(order.type, order.type.lower())


@dataclass(slots=True)
class _Book:
    """The fills of one position while it is open."""

    first: FillRecord | None = None
    last: FillRecord | None = None
    size: float = 0.0
    entered: float = 0.0
    entry_cost: float = 0.0
    exited: float = 0.0
    exit_cost: float = 0.0
    pnl: float = 0.0
    fee: float = 0.0
    slippage: float | None = None

    @property
    def is_flat(self) -> bool:
        # Sums of decimal sizes leave dust: 0.1 + 0.2 - 0.3 is not 0.
        return abs(self.size) <= _DUST * self.entered

    def open(self, fill: FillRecord) -> None:
        self.first = self.first or fill
        self.size += fill.opened
        self.entered += abs(fill.opened)
        self.entry_cost += abs(fill.opened) * fill.price
        self.fee += fill.fee - fill.closed_fee
        self._slip(fill, fill.opened)

    def close(self, fill: FillRecord) -> None:
        self.last = fill
        self.size += fill.closed
        self.exited += abs(fill.closed)
        self.exit_cost += abs(fill.closed) * fill.price
        self.pnl += fill.pnl
        self.fee += fill.closed_fee
        self._slip(fill, fill.closed)

    def _slip(self, fill: FillRecord, part: float) -> None:
        if fill.slippage is not None:
            share = fill.slippage * abs(part) / fill.amount
            self.slippage = (self.slippage or 0.0) + share

    def trip(self, orders: Mapping[int, OrderRecord], times: IntColumn) -> RoundTrip:
        first = self.first
        assert first is not None  # noqa: S101  (callers ask only books with an entry)
        last = self.last if self.is_flat else None
        end = last.timestamp if last else int(times[-1]) if len(times) else first.timestamp
        bars = np.searchsorted(times, end) - np.searchsorted(times, first.timestamp)
        capital = self.entry_cost * first.multiplier
        entry = orders.get(first.order)
        return RoundTrip(
            number=0,
            symbol=first.symbol,
            side="long" if first.opened > 0 else "short",
            amount=self.entered,
            entry_timestamp=first.timestamp,
            entry_price=self.entry_cost / self.entered,
            entry_order=first.order,
            entry_reason=entry.reason if entry else "",
            pnl=self.pnl - self.fee,
            gross_pnl=self.pnl,
            fee=self.fee,
            slippage=self.slippage,
            return_=(self.pnl - self.fee) / capital if capital else 0.0,
            bars=int(bars),
            exit_timestamp=last.timestamp if last else None,
            exit_price=self.exit_cost / self.exited if last else None,
            exit_order=last.order if last else None,
            exit_reason=exit_reason(orders.get(last.order)) if last else "",
        )


def _with_excursions(trip: RoundTrip, candles: Candles | None) -> RoundTrip:
    if candles is None or not len(candles):
        return trip
    start = int(np.searchsorted(candles.timestamp, trip.entry_timestamp))
    end = len(candles)
    prices: Sequence[float] = ()
    if trip.exit_timestamp is not None and trip.exit_price is not None:
        # Of the bar of the exit only the exit itself was lived through.
        end = max(int(np.searchsorted(candles.timestamp, trip.exit_timestamp)), start + 1)
        prices = (trip.exit_price,)
    lows, highs = candles.low[start:end], candles.high[start:end]
    if not len(lows):
        return trip
    worst = min(float(np.nanmin(lows)), *prices, trip.entry_price) / trip.entry_price - 1
    best = max(float(np.nanmax(highs)), *prices, trip.entry_price) / trip.entry_price - 1
    if trip.side == "short":
        worst, best = -best, -worst
    return replace(trip, adverse=worst + 0.0, favorable=best + 0.0)
