"""The result of one run, frozen; saved to and loaded from a folder."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Final, Protocol

from cracktrader.candles.parquet import decode, encode
from cracktrader.errors import CorruptArchiveError
from cracktrader.reports.folder import (
    INDEX,
    canonical_json,
    decode_equity,
    decode_table,
    encode_equity,
    encode_table,
    read_folder,
    write_folder,
)
from cracktrader.reports.provenance import RunMeta, data_hash
from cracktrader.reports.records import (
    Equity,
    FillRecord,
    Instrument,
    OrderEvent,
    OrderRecord,
    RoundTrip,
)
from cracktrader.reports.trips import round_trips

_FORMAT: Final = 1
# File, field and record of each table.
_TABLES: Final[tuple[tuple[str, str, type[Any]], ...]] = (
    ("orders.csv", "orders", OrderRecord),
    ("order_events.csv", "order_events", OrderEvent),
    ("fills.csv", "fills", FillRecord),
    ("trades.csv", "trips", RoundTrip),
)


class Recording(Protocol):
    """What a recorder offers once the run has ended."""

    strategy: Any
    start_value: float
    equity: Equity
    instruments: tuple[Instrument, ...]
    warnings: tuple[str, ...]

    def fills(self) -> tuple[FillRecord, ...]: ...
    def orders(self) -> tuple[OrderRecord, ...]: ...
    def order_events(self) -> tuple[OrderEvent, ...]: ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RunResult:
    """Everything a report tells about one run.

    *start_value* is the account before the first bar. Equal inputs give equal results, whose
    folders are equal byte for byte.
    """

    meta: RunMeta
    start_value: float
    equity: Equity
    instruments: tuple[Instrument, ...] = ()
    orders: tuple[OrderRecord, ...] = ()
    order_events: tuple[OrderEvent, ...] = ()
    fills: tuple[FillRecord, ...] = ()
    trips: tuple[RoundTrip, ...] = ()
    data_hash: str = ""

    @classmethod
    def from_recorder(cls, recorder: Recording, meta: RunMeta | None = None) -> RunResult:
        """Build the result of a run that has ended; *meta* is read off the strategy if absent."""
        fills, orders = recorder.fills(), recorder.orders()
        meta = meta or RunMeta.of(recorder.strategy)
        return cls(
            meta=replace(meta, warnings=(*meta.warnings, *recorder.warnings)).redacted(),
            start_value=recorder.start_value,
            equity=recorder.equity,
            instruments=recorder.instruments,
            orders=orders,
            order_events=recorder.order_events(),
            fills=fills,
            trips=round_trips(
                fills, orders, times=recorder.equity.timestamp, instruments=recorder.instruments
            ),
            data_hash=data_hash(recorder.instruments),
        )

    @property
    def run_id(self) -> str:
        """Twelve characters that are the same for the same strategy, code, data and settings."""
        facts = asdict(self.meta)
        del facts["warnings"]
        identity = {**facts, "data_hash": self.data_hash, "start_value": self.start_value}
        return hashlib.sha256(canonical_json(identity)).hexdigest()[:12]

    @property
    def config_hash(self) -> str:
        """SHA-256 of the configuration and the parameters."""
        facts = {"config": self.meta.config, "params": self.meta.params, "seed": self.meta.seed}
        return hashlib.sha256(canonical_json(facts)).hexdigest()

    def save(self, folder: str | Path, *, extra: Mapping[str, bytes] | None = None) -> Path:
        """Write the result folder, all or nothing; *extra* are further files by name.

        Raises:
            ConfigError: if *folder* cannot be written, or holds something else than a result.
        """
        files = {name: encode_table(kind, getattr(self, field)) for name, field, kind in _TABLES}
        files["equity.csv"] = encode_equity(self.equity)
        for number, instrument in enumerate(self.instruments):
            files[_candle_file(number)] = encode(instrument.candles)
        files["config.json"] = canonical_json(
            {
                "strategy": self.meta.strategy,
                "params": self.meta.params,
                "seed": self.meta.seed,
                "config": self.meta.config,
            }
        )
        files[INDEX] = canonical_json(self._index())
        return write_folder(Path(folder), {**(extra or {}), **files})

    def _index(self) -> dict[str, Any]:
        return {
            "format": _FORMAT,
            "run_id": self.run_id,
            "meta": asdict(self.meta),
            "start_value": self.start_value,
            "data_hash": self.data_hash,
            "instruments": [
                {
                    field.name: getattr(instrument, field.name)
                    for field in fields(Instrument)
                    if field.name != "candles"
                }
                for instrument in self.instruments
            ],
        }

    @classmethod
    def load(cls, folder: str | Path) -> RunResult:
        """Read a result folder.

        Raises:
            DataError: if there is none.
            CorruptArchiveError: if a file is missing, was changed or cannot be read.
        """
        index, files = read_folder(Path(folder))
        if index.get("format") != _FORMAT:
            raise CorruptArchiveError(
                f'"{folder}" has format {index.get("format")}; this version reads {_FORMAT}'
            )
        try:
            tables: dict[str, Any] = {
                field: decode_table(kind, files[name], source=f"{folder}/{name}")
                for name, field, kind in _TABLES
            }
            return cls(
                meta=RunMeta.from_dict(index["meta"]),
                start_value=float(index["start_value"]),
                data_hash=index["data_hash"],
                equity=decode_equity(files["equity.csv"], source=f"{folder}/equity.csv"),
                instruments=tuple(
                    Instrument(**facts, candles=_candles(files, number))
                    for number, facts in enumerate(index["instruments"])
                ),
                **tables,
            )
        except (KeyError, TypeError) as exc:
            raise CorruptArchiveError(f'"{folder}" is incomplete: {exc}') from exc


def _candle_file(number: int) -> str:
    return f"candles/{number}.parquet"


def _candles(files: Mapping[str, bytes], number: int) -> Any:
    name = _candle_file(number)
    return decode(files[name], source=name)
