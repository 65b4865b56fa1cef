"""Records a Backtrader run: equity per bar, orders with every status, fills, candles."""

from __future__ import annotations

from array import array
from typing import Any, Final

import backtrader as bt
import numpy as np

from cracktrader.domain.candle import Candles, FloatColumn, IntColumn
from cracktrader.errors import DataError
from cracktrader.feeds import grid
from cracktrader.observability.redact import redact
from cracktrader.reports.records import (
    Equity,
    FillRecord,
    Instrument,
    OrderEvent,
    OrderRecord,
)

_EPOCH_DAY: Final = 719_163.0  # 1970-01-01 in Backtrader's float days
_DAY_MS: Final = 86_400_000
_CASH_MOVED: Final = (
    "Cash was added or taken out during the run: profit, returns and ratios count that as gain "
    "or loss."
)
_REASON_KEYS: Final = ("reason", "exit_reason", "tag", "name")


def to_ms(days: FloatColumn) -> IntColumn:
    """Convert Backtrader's float days to int64 ms UTC."""
    return np.rint((days - _EPOCH_DAY) * _DAY_MS).astype(np.int64)


class RunRecorder(bt.Analyzer):
    """Collect what a report needs, in any Cerebro; add it with ``addanalyzer(RunRecorder)``.

    During the run it only appends; `records` are made afterwards.
    """

    def start(self) -> None:
        self._days = array("d")
        self._cash = array("d")
        self._value = array("d")
        self._clock = self.strategy.lines.datetime
        self._orders: dict[int, Any] = {}
        self._order_events: list[tuple[int, float, int, float]] = []
        self._bits: list[tuple[Any, Any]] = []
        self.start_value = float(self.strategy.broker.getvalue())
        self._shares = self._fund_shares()

    def notify_cashvalue(self, cash: float, value: float) -> None:
        self._days.append(self._clock[0])
        self._cash.append(cash)
        self._value.append(value)

    def notify_order(self, order: Any) -> None:
        executed = order.executed
        # Each notification carries a clone; the last one knows how the order ended.
        self._orders[order.ref] = order
        self._order_events.append((order.ref, self._clock[0], order.status, executed.size))
        if executed.p1 != executed.p2:
            self._bits.extend((order, bit) for bit in executed.iterpending() if bit is not None)

    def stop(self) -> None:
        self.instruments = self._instruments()
        self.equity = _equity(self._days, self._cash, self._value)
        has_moved = self._fund_shares() != self._shares
        self.warnings: tuple[str, ...] = (_CASH_MOVED,) if has_moved else ()

    def get_analysis(self) -> dict[str, object]:
        """Return counts only; the records themselves are attributes and methods."""
        return {"bars": len(self._days), "orders": len(self._orders), "fills": len(self._bits)}

    def fills(self) -> tuple[FillRecord, ...]:
        """Return every fill in the order it was reported."""
        numbers, symbols = self._numbers(), self._symbols()
        return tuple(
            _fill(order, bit, numbers[order.ref], symbols[id(order.data)])
            for order, bit in self._bits
        )

    def orders(self) -> tuple[OrderRecord, ...]:
        """Return every order, numbered as first reported."""
        numbers, symbols = self._numbers(), self._symbols()
        return tuple(
            _order(order, numbers, symbols[id(order.data)]) for order in self._orders.values()
        )

    def order_events(self) -> tuple[OrderEvent, ...]:
        """Return every status of every order as the strategy heard it."""
        numbers = self._numbers()
        times = to_ms(np.array([event[1] for event in self._order_events]))
        return tuple(
            OrderEvent(
                order=numbers[ref],
                timestamp=time,
                status=bt.Order.Status[status],
                filled=abs(float(size)),
            )
            for (ref, _, status, size), time in zip(self._order_events, times.tolist(), strict=True)
        )

    def _fund_shares(self) -> float:
        # Backtrader issues and redeems shares of the account for cash added and taken out.
        return float(getattr(self.strategy.broker, "fundshares", 0.0))

    def _numbers(self) -> dict[int, int]:
        # Backtrader's refs count on through the whole process: not the same in every run.
        return {ref: number for number, ref in enumerate(self._orders, start=1)}

    def _symbols(self) -> dict[int, str]:
        symbols: dict[int, str] = {}
        for position, feed in enumerate(self.datas):
            market = symbol_of(feed) or f"data{position}"
            names = (market, f"{market} {timeframe_of(feed)}", f"{market} #{position}")
            symbols[id(feed)] = next(name for name in names if name not in symbols.values())
        return symbols

    def _instruments(self) -> tuple[Instrument, ...]:
        last = self._days[-1] if self._days else float("inf")
        symbols = self._symbols()
        return tuple(
            Instrument(
                symbol=symbols[id(feed)],
                market=symbol_of(feed) or symbols[id(feed)],
                timeframe=timeframe_of(feed),
                candles=_candles(feed, last),
                names_close=_names_close(feed),
            )
            for feed in self.datas
        )


def symbol_of(feed: Any) -> str:
    """Return the market's symbol, else the name the feed was added under."""
    return str(getattr(feed.p, "symbol", None) or getattr(feed, "_name", "") or "")


def timeframe_of(feed: Any) -> str:
    """Return the bar length in CCXT's notation, e.g. ``15m``; "tick" for ticks."""
    found = grid.timeframe_of(feed._timeframe, int(feed._compression))  # noqa: SLF001
    return "tick" if found is None else found.name


def _names_close(feed: Any) -> bool:
    """Return whether *feed* knows that its bars are named by their close."""
    if not hasattr(feed, "open_time") or not len(feed):
        return False
    try:
        return feed.open_time(0) is not None
    except DataError:
        return False


def _equity(days: array[float], cash: array[float], value: array[float]) -> Equity:
    times = to_ms(np.array(days))
    # Feeds of different length can share a time: only the last row of it counts.
    keep = np.append(times[1:] != times[:-1], True) if len(times) else np.empty(0, np.bool_)
    return Equity(timestamp=times[keep], cash=np.array(cash)[keep], value=np.array(value)[keep])


def _candles(feed: Any, last_day: float) -> Candles:
    lines = feed.lines
    if lines.datetime.mode != lines.datetime.UnBounded:
        return Candles()  # exactbars: the candles are gone
    days = np.array(lines.datetime.array, dtype=np.float64)
    # A run that was stopped early has candles the strategy never saw.
    count = int(np.searchsorted(days, last_day, side="right"))
    names = ("open", "high", "low", "close", "volume")
    columns = (np.array(getattr(lines, name).array[:count], dtype=np.float64) for name in names)
    return Candles.from_arrays(to_ms(days[:count]), *columns)


def _fill(order: Any, bit: Any, number: int, symbol: str) -> FillRecord:
    return FillRecord(
        order=number,
        symbol=symbol,
        timestamp=grid.num2ms(bit.dt),
        side="buy" if bit.size > 0 else "sell",
        amount=abs(float(bit.size)),
        price=float(bit.price),
        closed=float(bit.closed),
        opened=float(bit.opened),
        fee=float(bit.comm),
        closed_fee=float(bit.closedcomm),
        pnl=float(bit.pnl),
        position=float(bit.psize),
        multiplier=float(getattr(order.comminfo.p, "mult", 1.0)) if order.comminfo else 1.0,
        slippage=_told(bit, "slippage"),
        spread=_told(bit, "spread"),
    )


def _told(bit: Any, name: str) -> float | None:
    value = getattr(bit, name, None)
    return None if value is None else float(value)


def _order(order: Any, numbers: dict[int, int], symbol: str) -> OrderRecord:
    asked, executed = order.created, order.executed
    is_market = order.exectype in {bt.Order.Market, bt.Order.Close}
    return OrderRecord(
        number=numbers[order.ref],
        symbol=symbol,
        side="buy" if order.isbuy() else "sell",
        type=bt.Order.ExecTypes[order.exectype],
        amount=abs(float(asked.size)),
        price=None if is_market else float(asked.price),
        limit_price=_limit_price(order),
        created=grid.num2ms(asked.dt),
        status=bt.Order.Status[order.status],
        filled=abs(float(executed.size)),
        average=float(executed.price) if executed.size else None,
        fee=float(executed.comm),
        reason=_reason(order),
        parent=_number(order.parent, numbers),
    )


def _limit_price(order: Any) -> float | None:
    if order.exectype in {bt.Order.StopLimit, bt.Order.StopTrailLimit}:
        return float(order.created.pricelimit)
    return None


def _number(order: Any, numbers: dict[int, int]) -> int | None:
    return None if order is None else numbers.get(getattr(order, "ref", order))


def _reason(order: Any) -> str:
    for key in _REASON_KEYS:
        # `.get`, since Backtrader's dict makes up whatever else it is asked for.
        if value := order.info.get(key):
            return redact(str(value))
    return ""
