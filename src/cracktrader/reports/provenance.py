"""Where a run came from: strategy, parameters, code, data, versions, cost assumptions."""

from __future__ import annotations

import hashlib
import importlib.metadata
import inspect
import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from cracktrader.domain.candle import COLUMNS
from cracktrader.observability.redact import MASK, is_secret_name, redact
from cracktrader.reports.records import Instrument

JsonValue = str | int | float | bool | None
_LIBRARIES: Final = ("cracktrader", "backtrader", "ccxt", "numpy", "pyarrow")
_MAPPINGS: Final = ("params", "config", "assumptions")
# Leverage of 1 is none.
_UNSAID: Final = {"leverage": 1.0}
_BROKER_WORDS: Final = {
    "slip_perc": ("slippage", "%"),
    "slip_fixed": ("slippage", "per unit"),
    "slip_open": ("slippage on the open", ""),
    "slippage": ("slippage", ""),
    "half_spread_bps": ("half spread", "bps"),
    "rules": ("market's steps and limits kept", ""),
    "fractional": ("fractional sizes", ""),
    "leverage": ("leverage", "times"),
    "coc": ("fills on the close of the signal's bar", ""),
    "coo": ("fills on the open of the signal's bar", ""),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RunMeta:
    """What was run, and under which assumptions.

    *assumptions* are pairs of words for people, e.g. ``{"taker fee": "0.10 %"}``. *currency*
    is that of cash and profit; *is_in_sample* says that parameters were chosen on this data.
    """

    strategy: str
    mode: str = "backtest"
    currency: str = ""
    params: Mapping[str, JsonValue] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)
    assumptions: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    code_hash: str = ""
    seed: int | None = None
    is_in_sample: bool = False

    @classmethod
    def of(cls, strategy: Any, /, **known: Any) -> RunMeta:
        """Read off a strategy that has run what *known* does not already say."""
        facts: dict[str, Any] = {
            "strategy": type(strategy).__name__,
            "params": json_params(strategy.p._getkwargs()),  # noqa: SLF001
            "assumptions": assumptions_of(strategy),
            "versions": library_versions(),
            "code_hash": code_hash(type(strategy)),
        }
        return cls(**{**facts, **known})

    @classmethod
    def from_dict(cls, facts: Mapping[str, Any]) -> RunMeta:
        """Build from what `dataclasses.asdict` gave and JSON kept."""
        return cls(**{**facts, "warnings": tuple(facts["warnings"])})

    def redacted(self) -> RunMeta:
        """Return the same without secrets: neither known values nor what is named like one."""
        return replace(
            self,
            warnings=tuple(redact(line) for line in self.warnings),
            **{name: redacted(getattr(self, name)) for name in _MAPPINGS},
        )


def redacted(value: Any, name: str = "") -> Any:
    """Return *value*, a tree of mappings and lists, without secrets."""
    if isinstance(value, Mapping):
        return {key: redacted(item, str(key)) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [redacted(item, name) for item in value]
    if isinstance(value, str):
        return MASK if value and is_secret_name(name) else redact(value)
    return value


def json_params(params: Mapping[str, object]) -> dict[str, JsonValue]:
    """Return *params* as plain values; what is none is told by its type, without an address."""
    return {name: _plain(value) for name, value in params.items()}


def code_hash(strategy: type) -> str:
    """Return the SHA-256 of the file that defines *strategy*; "" if there is no file."""
    try:
        source = inspect.getsourcefile(strategy)
        return hashlib.sha256(Path(source).read_bytes()).hexdigest() if source else ""
    except (OSError, TypeError):
        return ""


def data_hash(instruments: Iterable[Instrument]) -> str:
    """Return the SHA-256 over every instrument's name, timeframe and candles."""
    digest = hashlib.sha256()
    for instrument in instruments:
        digest.update(f"{instrument.symbol}\0{instrument.timeframe}\0".encode())
        for name in COLUMNS:
            digest.update(getattr(instrument.candles, name).tobytes())
    return digest.hexdigest()


def library_versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries a result depends on."""
    versions = {"python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions


def assumptions_of(strategy: Any) -> dict[str, str]:
    """Say what the broker of *strategy* charges and how it fills, as far as it tells."""
    broker = strategy.broker
    told = {"broker": type(broker).__name__}
    for feed in strategy.datas:
        name = "fees" if len(strategy.datas) == 1 else f"fees of {feed._name}"  # noqa: SLF001
        told[name] = _fees(broker.getcommissioninfo(feed))
    for param, (words, unit) in _BROKER_WORDS.items():
        value = getattr(broker.p, param, None)
        if value and value != _UNSAID.get(param):
            told[words] = _with_unit(value, unit)
    return told


def _fees(comminfo: Any) -> str:
    params = comminfo.p
    maker, taker = getattr(params, "maker", None), getattr(params, "taker", None)
    if maker is not None and taker is not None:
        return f"maker {_percent(maker)}, taker {_percent(taker)}"
    rate = float(params.commission)
    if not rate:
        return "none"
    is_fixed = comminfo._commtype == comminfo.COMM_FIXED  # noqa: SLF001
    return f"{rate:g} per unit" if is_fixed else f"{_percent(rate)} of the value"


def _with_unit(value: object, unit: str) -> str:
    if isinstance(value, Mapping):
        told = {name: item for name, item in sorted(value.items()) if item and name != "model"}
        return ", ".join(n if v is True else f"{_words(v)} {n}" for n, v in told.items())
    if value is True:
        return "yes"
    if unit == "%" and isinstance(value, int | float):
        return _percent(float(value))
    return f"{_words(value)} {unit}".strip()


def _words(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else f"{_plain(value)}"


def _percent(share: float) -> str:
    return f"{share * 100:.4f}".rstrip("0").rstrip(".") + " %"


def _plain(value: object) -> JsonValue:
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    if isinstance(value, tuple | list):
        return ", ".join(str(_plain(item)) for item in value)
    kind = value if isinstance(value, type) else type(value)
    return f"{kind.__module__}.{kind.__qualname__}"
