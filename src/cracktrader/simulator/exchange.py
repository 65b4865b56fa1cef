"""LocalExchange: the simulator as a library, and as a process of its own."""

from __future__ import annotations

import datetime as dt
import errno
import signal
import socket
import threading
from collections.abc import Callable, Iterable, Mapping
from types import FrameType, TracebackType
from typing import Final, Self

from cracktrader.candles.samples import SAMPLE_SYMBOL, sample_candles
from cracktrader.domain.candle import Candles
from cracktrader.domain.clock import SystemClock
from cracktrader.domain.timeframe import Timeframe
from cracktrader.errors import ConfigError
from cracktrader.loop import LoopThread
from cracktrader.simulator.binance.rest import BinanceRest
from cracktrader.simulator.binance.weights import RequestWeights
from cracktrader.simulator.clock import VirtualClock
from cracktrader.simulator.faults import Fault, FaultScript
from cracktrader.simulator.market_data import MarketData
from cracktrader.simulator.server import Server
from cracktrader.simulator.settings import SimulatorSettings
from cracktrader.simulator.venue import Venue

HOST: Final = "127.0.0.1"
_START_S: Final = 10.0
# Cautious clients wait a little after its close before they take a candle for final.
_AFTER_MS: Final = 60_000


class LocalExchange:
    """An exchange on this machine that unmodified clients of Binance spot can talk to.

    Args:
        candles: what happened, by symbol; None is the shipped BTC/USDT of March 2023.
        start: the exchange's time to begin with, ms UTC; None is a minute after the last
            candle, where all are history. With an earlier one, candles after it form live.
        speed: exchange seconds per real second, 1 to 10,000.
        seed: draws the trades inside candles and the order book.
        port: 0 takes any free one.
        timeframe: of the candles, e.g. ``"1m"``; None infers it.
        is_paused: whether the clock stands still until it is told otherwise.
        weight_limit: request weight per minute of real time before 429; None is unlimited.
        faults: what is to go wrong; more may be added to `faults` at any time.
    """

    def __init__(  # noqa: PLR0913  (every argument after the first is a keyword with a default)
        self,
        candles: Mapping[str, Candles] | None = None,
        *,
        start: int | None = None,
        speed: float = 1.0,
        seed: int | None = None,
        port: int = 0,
        timeframe: str | None = None,
        is_paused: bool = False,
        weight_limit: int | None = None,
        faults: Iterable[Fault] = (),
    ) -> None:
        frame = _timeframe(timeframe)
        prices = [
            MarketData(symbol, rows, timeframe=frame, seed=seed or 0)
            for symbol, rows in _by_symbol(candles).items()
        ]
        self.venue: Final = Venue(prices)
        self.faults: Final = FaultScript(faults)
        begin = self.venue.end + _AFTER_MS if start is None else start
        if begin < self.venue.start:
            raise ConfigError(
                f"start was {_shown(begin)}, before the first candle at {_shown(self.venue.start)}"
            )
        # Time begins when the exchange opens its doors, not while it is being set up.
        self.clock: Final = VirtualClock(begin, speed=speed, is_paused=True)
        self._is_paused = is_paused
        real = SystemClock()
        weights = RequestWeights(real, limit=weight_limit)
        protocol = BinanceRest(self.venue, self.clock, weights)
        self._server = Server(protocol.answer, self.faults, real)
        self._wanted_port = port
        self._port: int | None = None
        self._thread: LoopThread | None = None

    @classmethod
    def from_settings(cls, settings: SimulatorSettings) -> Self:
        """Build the exchange that *settings* describe.

        Raises:
            ConfigError: if they name candles that are not there.
            DataError: if candles cannot be read.
        """
        return cls(
            settings.load_candles(),
            start=settings.first_moment,
            speed=settings.speed,
            seed=settings.seed,
            port=settings.port,
            weight_limit=settings.weight_limit,
        )

    @property
    def url(self) -> str:
        """Where it listens, e.g. ``http://127.0.0.1:40123``.

        Raises:
            RuntimeError: if it is not open.
        """
        if self._port is None:
            raise RuntimeError("the local exchange is not open: use `with LocalExchange() as ...`")
        return f"http://{HOST}:{self._port}"

    @property
    def config(self) -> dict[str, object]:
        """What to hand to ``CCXTStore("binance", config=...)`` or ``ccxt.binance(...)``."""
        return client_config(self.url)

    @property
    def requests(self) -> Mapping[str, int]:
        """How many requests came so far, by path."""
        return self._server.requests

    def start(self) -> Self:
        """Open the port and let the clock run; does nothing if it is open.

        Raises:
            ConfigError: if the port is taken.
        """
        if self._thread is not None:
            return self
        listener = _listen(self._wanted_port)
        self._port = listener.getsockname()[1]
        self._thread = LoopThread("cracktrader-simulator")
        self._thread.call(self._server.start(listener), timeout_s=_START_S)
        if not self._is_paused:
            self.clock.resume()
        return self

    def close(self) -> None:
        """Drop every connection, close the port and end the thread. Safe to call twice."""
        thread, self._thread, self._port = self._thread, None, None
        if thread is None:
            return
        self.clock.pause()
        thread.call(self._server.close(), timeout_s=_START_S)
        thread.close()

    def serve_forever(self, *, on_ready: Callable[[], None] = lambda: None) -> signal.Signals:
        """Serve until SIGINT or SIGTERM; return which. Only the main thread may call this.

        *on_ready* is called once the port is open.
        """
        stopped = threading.Event()
        caught: list[int] = []

        def stop(number: int, _: FrameType | None) -> None:
            caught.append(number)
            stopped.set()

        numbers = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.signal(number, stop) for number in numbers}
        try:
            with self:
                on_ready()
                stopped.wait()
        finally:
            for number, previous in before.items():
                signal.signal(number, previous)
        return signal.Signals(caught[0])

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def client_config(url: str) -> dict[str, object]:
    """Return CCXT's configuration of a Binance client that talks to *url* and nowhere else."""
    rest: dict[str, object] = {name: f"{url}{path}" for name, path in _PATHS.items()}
    socket_url = f"ws{url.removeprefix('http')}"
    streams: dict[str, object] = dict.fromkeys(_STREAMS, f"{socket_url}/stream/ws")
    streams["ws-api"] = dict.fromkeys(_STREAMS, f"{socket_url}/ws-api/v3")
    api = {**rest, "ws": streams}
    return {
        # Sandbox and demo mode put their own addresses in the place of `api`: none may lead out.
        "urls": {"api": api, "test": dict(api), "demo": dict(api)},
        "options": {"fetchMarkets": {"types": ["spot"]}},
    }


def _shown(timestamp: int) -> str:
    return f"{dt.datetime.fromtimestamp(timestamp / 1000, tz=dt.UTC):%Y-%m-%d %H:%M} UTC"


def _by_symbol(candles: Mapping[str, Candles] | None) -> Mapping[str, Candles]:
    if candles is None:
        return {SAMPLE_SYMBOL: sample_candles()}
    if not isinstance(candles, Mapping):
        raise ConfigError(
            f'candles were {candles!r:.60}; hand over Candles by symbol: {{"BTC/USDT": …}}'
        )
    return candles


def _timeframe(text: str | None) -> Timeframe | None:
    try:
        return Timeframe.parse(text) if text is not None else None
    except ValueError as exc:
        raise ConfigError(str(exc)) from exc


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen()
    except (OSError, OverflowError) as exc:
        listener.close()
        raise ConfigError(f"cannot listen on {HOST}:{port}: {_reason(exc)}") from exc
    listener.settimeout(0)
    return listener


def _reason(exc: OSError | OverflowError) -> str:
    if isinstance(exc, OSError) and exc.errno == errno.EADDRINUSE:
        return "the port is in use; take another, or 0 for any free one"
    return str(exc)


_PATHS: Final = {
    "public": "/api/v3",
    "private": "/api/v3",
    "v1": "/api/v1",
    **{f"sapi{v}": f"/sapi/{v.lower() or 'v1'}" for v in ("", "V2", "V3", "V4")},
    **{f"fapi{kind}": "/fapi/v1" for kind in ("Public", "Private", "Data")},
    **{
        f"fapi{kind}{v}": f"/fapi/{v.lower()}"
        for kind in ("Public", "Private")
        for v in ("V2", "V3")
    },
    **{f"dapi{kind}": "/dapi/v1" for kind in ("Public", "Private", "PrivateV2", "Data")},
    **{f"eapi{kind}": "/eapi/v1" for kind in ("Public", "Private")},
    **{f"papi{v}": f"/papi/{v.lower() or 'v1'}" for v in ("", "V2")},
}
_STREAMS: Final = (
    *("spot", "margin", "linear", "inverse", "option", "optionMarket", "optionPrivate"),
    *("stock", "papi"),
)
