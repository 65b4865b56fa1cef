"""The same indicators computed twice, as Backtrader does and as we do, and what differs."""

import functools
import math
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import backtrader as bt
import numpy as np

from cracktrader.candles.samples import sample_candles

Bar = tuple[float, float, float, float, float]
NAMES = ("open", "high", "low", "close", "volume")
MINUTE = 1 / 1440


class Prices(bt.DataBase):
    """Bars given as tuples, as hostile as one likes, filled in at once."""

    params: Any = (("bars", ()),)

    def preload(self):
        count = len(self.p.bars)
        columns = dict(zip(NAMES, zip(*self.p.bars, strict=True), strict=True))
        columns["datetime"] = [736_000 + i * MINUTE for i in range(count)]
        columns["openinterest"] = [0.0] * count
        for name, values in columns.items():
            getattr(self.lines, name).array.extend(values)
        self.home()


class Line(NamedTuple):
    """One line of one part of a strategy."""

    place: str
    values: bytes
    position: int
    length: int
    bindings: int

    @property
    def bits(self):
        return bits_of(np.frombuffer(self.values))


class Outcome(NamedTuple):
    """What there is when a strategy's indicators have been computed, or why they were not."""

    error: str
    lines: tuple[Line, ...]
    state: tuple[str, ...]


class Built(bt.Strategy):
    """A strategy with the indicators that a function gives it."""

    params: Any = (("build", None),)

    def __init__(self):
        self.built = self.p.build(self)


class Watched(bt.Cerebro):
    """Hands its strategy over when it is ready to compute its indicators."""

    work: Callable[[Any], Any]
    result: Any = None

    def _runonce(self, runstrats):
        self.result = self.work(*runstrats)


def within(build: Callable[[Any], Any], bars: Sequence[Bar], work: Callable[[Any], Any]) -> Any:
    """Return what *work* makes of a strategy that *build* gave indicators to."""

    cerebro = Watched(stdstats=False)
    cerebro.work = work
    cerebro.adddata(Prices(bars=bars))
    cerebro.adddata(Prices(bars=bars[::-1]))
    cerebro.addstrategy(Built, build=build)
    cerebro.run()
    return cerebro.result


def outcome(
    build: Callable[[Any], Any], bars: Sequence[Bar], once: Callable[[Any], Any]
) -> Outcome:
    """Return what *once* leaves behind, where it raises too."""

    def work(strategy):
        error = ""
        try:
            once(strategy)
        except Exception as exc:  # noqa: BLE001
            error = repr(exc)
        places = list(places_of(strategy))
        lines = [line for place, part in places for line in lines_of(place, part)]
        return Outcome(error, tuple(lines), tuple(f"{p}: {state_of(part)}" for p, part in places))

    try:
        # Indicators that need next() have Backtrader run without once().
        return within(build, bars, work) or Outcome("never once", (), ())
    except Exception as exc:  # noqa: BLE001
        return Outcome(f"at the start: {exc!r}", (), ())


def bits_of(values: Any) -> Any:
    """Return *values* as integers, equal where the floats are equal to the bit.

    All NaNs count as one, for CPython is not settled about their sign bits: the same a + b of
    two of them takes the other's sign when the interpreter has optimised the bytecode.
    """
    return np.where(np.isnan(values), np.nan, values).view(np.int64)


def difference(one: Outcome, other: Outcome) -> str:
    """Say what is the first difference, or nothing."""
    if one.error != other.error:
        return f"{one.error or 'no error'} | {other.error or 'no error'}"
    if len(one.lines) != len(other.lines):
        return f"{len(one.lines)} lines | {len(other.lines)} lines"
    told = (
        *(line_difference(*lines) for lines in zip(one.lines, other.lines, strict=True)),
        *(f"{a} | {b}" for a, b in zip(one.state, other.state, strict=True) if a != b),
    )
    return next(filter(None, told), "")


def line_difference(mine: Line, theirs: Line) -> str:
    about = mine._replace(values=b""), theirs._replace(values=b"")
    if about[0] != about[1] or len(mine.bits) != len(theirs.bits):
        return f"{about[0]}, {len(mine.bits)} values | {about[1]}, {len(theirs.bits)} values"
    wrong = np.flatnonzero(mine.bits != theirs.bits)
    if not len(wrong):
        return ""
    values = [np.frombuffer(line.values)[wrong[0]] for line in (mine, theirs)]
    return f"{mine.place}: {len(wrong)} values, at {wrong[0]}: {values[0]!r} | {values[1]!r}"


def places_of(strategy: Any) -> Iterator[tuple[str, Any]]:
    """Yield a strategy, its datas, and all parts of it and of them, with a name for each."""
    seen: set[int] = set()
    todo = [("strategy", strategy)]
    while todo:
        place, part = todo.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        yield place, part
        for kind, members in sorted(getattr(part, "_lineiterators", {}).items()):
            todo += [(f"{place}/{kind}.{i}", member) for i, member in enumerate(members)]
        todo += [(f"{place}/data{i}", d) for i, d in enumerate(getattr(part, "datas", ()))]


def lines_of(place: str, part: Any) -> Iterator[Line]:
    for i, line in enumerate(part.lines):
        values = line.array.tobytes()
        yield Line(f"{place}[{i}]", values, line.idx, line.lencount, len(line.bindings))


def state_of(part: Any) -> str:
    """Return what *part* carries from bar to bar besides its lines."""
    plain = {
        name: value
        for name, value in sorted(vars(part).items())
        if isinstance(value, int | float | None) and name not in {"idx", "_idx", "_id"}
    }
    return f"{plain} {[str(status) for status in getattr(part, '_status', ())]}"


@functools.cache
def real_bars(first: int, count: int) -> tuple[Bar, ...]:
    candles = sample_candles()
    columns = [getattr(candles, name)[first : first + count].tolist() for name in NAMES]
    return tuple(zip(*columns, strict=True))


def nasty_bars() -> dict[str, tuple[Bar, ...]]:
    """Return bars with everything that may go wrong in them, by the name of it."""
    rng = random.Random(1)  # noqa: S311
    long = real_bars(5_000, 280)
    real = long[:160]
    flat: tuple[Bar, ...] = ((5.0, 5.0, 5.0, 5.0, 0.0),) * 30
    zeros: tuple[Bar, ...] = ((0.0,) * 5,) * 30

    def scattered(value: float, share: float) -> tuple[Bar, ...]:
        bars = [[value if rng.random() < share else x for x in bar] for bar in real]
        return tuple((*bar,) for bar in bars)  # type: ignore[misc]

    def drawn(values: Sequence[float], count: int = 160) -> tuple[Bar, ...]:
        return tuple((*rng.choices(values, k=5),) for _ in range(count))  # type: ignore[misc]

    return {
        "real": long,
        "flat stretches": flat + real[:60] + flat + real[60:100],
        "zeros": real[:60] + zeros + real[60:100],
        "not numbers": scattered(math.nan, 0.03),
        "infinities": scattered(math.inf, 0.01),
        "few values": drawn((0.0, 1.0, -1.0, 2.0, -0.0, 0.5)),
        "positive": drawn((1.0, 1.5, 2.0, 3.0, 0.1)),
        "tiny and huge": drawn((1e-310, 5e-324, 1e300, -1e300, 1e16, 1.0, 1e-16)),
    }
