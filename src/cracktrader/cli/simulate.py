"""``exchange serve``: runs the local exchange until it is stopped."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

from cyclopts import Group, Parameter

from cracktrader.cli.choices import typed_by_user
from cracktrader.cli.exits import Exit, UsageError
from cracktrader.cli.moments import parse_moment, show_moment
from cracktrader.cli.options import REPORTING, Reporting
from cracktrader.cli.output import Output

if TYPE_CHECKING:
    from cracktrader.simulator.exchange import LocalExchange


@Parameter(name="*", group=Group("Prices", sort_key=1))
@dataclass(frozen=True, kw_only=True)
class Prices:
    """Where the local exchange takes its prices from; by default the shipped candles."""

    candles: tuple[str, ...] = ()
    """Replay a file of candles, CSV or Parquet: SYMBOL=FILE; repeatable."""
    from_archive: bool = False
    """Replay what the archive holds of Binance spot."""
    seed: int | None = None
    """Make up a market instead: a random walk, the same for the same number."""
    symbol: Annotated[tuple[str, ...], Parameter(name=("--symbol", "-s"))] = ()
    """List only these; repeatable."""
    timeframe: Annotated[str, Parameter(name=("--timeframe", "-t"))] = "1m"
    """Of the candles to take from the archive, or to make up."""
    start: str | None = None
    """The exchange's time to begin with; default: the end, where all candles are history."""


_SHIPPED: Final = Prices()


def serve(
    *,
    port: int = 8787,
    speed: float = 1.0,
    settings: Path | None = None,
    prices: Prices = _SHIPPED,
    common: Reporting = REPORTING,
) -> int:
    """Run an exchange on this machine that ccxt's unmodified Binance client can talk to.

    Ctrl-C stops it.

    Args:
        port: Port on 127.0.0.1; 0 takes any free one.
        speed: Exchange seconds per real second, 1 to 10000.
        settings: Write a settings file there that points cracktrader at it; use it with -c.
    """
    from cracktrader.cli.settings import start_logs
    from cracktrader.simulator.exchange import LocalExchange
    from cracktrader.simulator.settings import SimulatorSettings

    start_logs(common)
    values = {"port": port, "speed": speed, **_values(prices, common)}
    with typed_by_user():
        exchange = LocalExchange.from_settings(SimulatorSettings.parse(values))
        caught = exchange.serve_forever(on_ready=lambda: _announce(exchange, common, settings))
    Output.of(common).note(f"stopped after {sum(exchange.requests.values()):,} requests")
    return Exit.TERMINATED if caught == signal.SIGTERM else Exit.INTERRUPTED


def _values(prices: Prices, common: Reporting) -> dict[str, object]:
    from cracktrader.cli.settings import read_settings
    from cracktrader.domain.clock import SystemClock

    now_ms = SystemClock().time_ms()
    config = read_settings(common)
    return {
        "candles": dict(_split(entry) for entry in prices.candles),
        "archive": config.settings.data.cache_dir if prices.from_archive else None,
        "archive_exchange": config.exchange("binance").archive_name("binance"),
        "seed": prices.seed,
        "symbols": prices.symbol,
        "timeframe": prices.timeframe,
        "start": None if prices.start is None else parse_moment(prices.start, now_ms=now_ms),
    }


def _split(entry: str) -> tuple[str, str]:
    symbol, _, path = entry.partition("=")
    if not path:
        raise UsageError(f'--candles was "{entry}"; use SYMBOL=FILE, e.g. BTC/USDT=btc.csv')
    return symbol, path


def settings_text(config: Mapping[str, object], cache_dir: str) -> str:
    """Return a settings file that points at a local exchange.

    Its candles go to an archive of their own: they must never mix with the real exchange's.
    """
    head = "# Points cracktrader at the local exchange: cracktrader ... -c THIS_FILE\n"
    sections = [*_sections(("data",), {"cache_dir": cache_dir})]
    sections += [*_sections(("exchange", "binance"), config)]
    return head + "\n".join(sections)


def _sections(place: tuple[str, ...], table: Mapping[str, object]) -> Iterator[str]:
    """Write *table* as TOML; JSON's words for texts, numbers and lists are TOML's too."""
    lines = [f"{k} = {json.dumps(v)}\n" for k, v in table.items() if not isinstance(v, Mapping)]
    if lines:
        yield f"[{'.'.join(place)}]\n{''.join(lines)}"
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _sections((*place, key), value)


def _announce(exchange: LocalExchange, common: Reporting, settings: Path | None) -> None:
    output = Output.of(common)
    symbols = sorted(exchange.venue.prices)
    if settings is not None:
        text = settings_text(exchange.config, f"{settings.stem}-candles")
        settings.write_text(text, encoding="utf-8")
    if output.json:
        # One line, since whoever reads it cannot wait for the end of the output.
        facts = {"url": exchange.url, "symbols": symbols, "config": exchange.config}
        output.text(json.dumps(facts))
        return
    output.text(f"Local exchange (Binance spot protocol) at {exchange.url}")
    output.text(f"  markets  {', '.join(symbols)}")
    pace = f"{exchange.clock.speed:g} times as fast as ours"
    output.text(f"  its time {show_moment(exchange.clock.time_ms())} UTC, {pace}")
    if settings is not None:
        output.text(f"  try      cracktrader markets binance -c {settings}")
    else:
        output.text(
            "  try      --settings local.toml, which lets cracktrader use it by -c local.toml"
        )
    output.note("Ctrl-C stops it.")
