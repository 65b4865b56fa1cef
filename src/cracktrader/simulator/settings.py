"""What may be set about a local exchange, and where its candles come from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cracktrader.candles.archive import Archive
from cracktrader.candles.interchange import read_file
from cracktrader.candles.merge import merge_candles
from cracktrader.candles.samples import SAMPLE_SYMBOL, sample_candles
from cracktrader.candles.series import SeriesKey
from cracktrader.domain.candle import Candles
from cracktrader.domain.timeframe import Timeframe
from cracktrader.errors import ConfigError, did_you_mean
from cracktrader.simulator.clock import FASTEST, SLOWEST
from cracktrader.simulator.walk import WALK_START, WALK_SYMBOLS, walk_candles

_DAY_MS: Final = 86_400_000
T = TypeVar("T")


class SimulatorSettings(BaseModel):
    """A local exchange: candles from files, from an archive, made up, or those shipped."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    port: int = Field(
        default=0, ge=0, le=65_535, description="Port on 127.0.0.1; 0 is any free one"
    )
    speed: float = Field(
        default=1.0, ge=SLOWEST, le=FASTEST, description="Exchange seconds per real second"
    )
    start: int | None = Field(
        default=None,
        ge=0,
        description="The exchange's time to begin with, ms UTC; by default after the "
        "last candle, or the middle of a walk",
    )
    symbols: tuple[str, ...] = Field(
        default=(), description="What to list, e.g. BTC/USDT; by default all there is"
    )
    candles: dict[str, Path] = Field(
        default_factory=dict, description="CSV or Parquet file of candles by symbol"
    )
    archive: str | None = Field(default=None, description="Archive to take candles from")
    archive_exchange: str = Field(default="binance", description="Exchange in the archive")
    timeframe: str = Field(default="1m", description="Timeframe of the candles to take or make up")
    seed: int | None = Field(
        default=None,
        description="Makes up a market if no candles are named; draws the trades inside candles",
    )
    walk_days: int = Field(default=60, ge=1, le=3_650, description="Length of a made-up market")
    weight_limit: int | None = Field(
        default=None,
        ge=1,
        description="Request weight per minute before HTTP 429; unlimited if unset",
    )

    @classmethod
    def parse(cls, values: Mapping[str, object]) -> Self:
        """Check *values*.

        Raises:
            ConfigError: naming each setting that is wrong.
        """
        try:
            settings = cls.model_validate(values)
            Timeframe.parse(settings.timeframe)
        except ValidationError as exc:
            raise ConfigError("; ".join(_said(dict(error)) for error in exc.errors())) from exc
        except ValueError as exc:
            raise ConfigError(str(exc)) from exc
        return settings

    def load_candles(self) -> dict[str, Candles]:
        """Return the candles to replay, by symbol.

        Raises:
            ConfigError: if a symbol has none, or two sources are named.
            DataError: if a file cannot be read.
        """
        if self.candles and self.archive is not None:
            raise ConfigError("candles were set to files and to an archive; use one of them")
        if self.candles:
            files = {s: merge_candles(read_file(path)) for s, path in self.candles.items()}
            return self._chosen(files)
        if self.archive is not None:
            return self._from_archive(Archive(self.archive))
        if self.seed is not None:
            symbols = self.symbols or WALK_SYMBOLS
            return walk_candles(
                symbols, seed=self.seed, days=self.walk_days, timeframe=self.timeframe
            )
        return self._chosen({SAMPLE_SYMBOL: sample_candles()})

    @property
    def first_moment(self) -> int | None:
        """The exchange's time to begin with; None is the end of the candles."""
        is_walk = self.seed is not None and not self.candles and self.archive is None
        if self.start is None and is_walk:
            return WALK_START + self.walk_days * _DAY_MS // 2
        return self.start

    def _from_archive(self, archive: Archive) -> dict[str, Candles]:
        keys = {
            key.symbol: key
            for key in archive.series()
            if (key.exchange, key.type, key.timeframe)
            == (self.archive_exchange, "spot", self.timeframe)
        }
        wanted = self._chosen(keys)
        if not wanted:
            what = SeriesKey(self.archive_exchange, "spot", "*", self.timeframe)
            raise ConfigError(f'the archive "{self.archive}" holds no candles of {what}')
        return {symbol: archive.load(key) for symbol, key in wanted.items()}

    def _chosen(self, found: dict[str, T]) -> dict[str, T]:
        for symbol in self.symbols:
            if symbol not in found:
                raise ConfigError(
                    f'no candles of "{symbol}"; there are {", ".join(found) or "none"}'
                )
        return {symbol: found[symbol] for symbol in self.symbols or found}


def _said(error: dict[str, object]) -> str:
    location = error["loc"]
    name = ".".join(map(str, location)) if isinstance(location, tuple) else ""
    if error["type"] != "extra_forbidden":
        return f'setting "{name}" was {error["input"]!r}: {error["msg"]}'
    return f'unknown setting "{name}".{did_you_mean(name, SimulatorSettings.model_fields)}'
