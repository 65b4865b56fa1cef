"""Where a run came from: strategy, parameters, code, data, versions, cost assumptions."""

from __future__ import annotations

import hashlib
import importlib.metadata
import inspect
import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from cracktrader.domain.candle import COLUMNS
from cracktrader.reports.records import Instrument

JsonValue = str | int | float | bool | None
_LIBRARIES: Final = ("cracktrader", "backtrader", "ccxt", "numpy", "pyarrow")
_COSTS: Final = {
    "slip_perc": "slippage per fill",
    "slip_fixed": "slippage per fill, fixed",
    "slip_open": "slippage on the open",
    "coc": "fills on the close of the signal's bar",
    "coo": "fills on the open of the signal's bar",
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
    def of(cls, strategy: Any, **known: Any) -> RunMeta:
        """Read off a strategy that has run what *known* does not already say."""
        facts: dict[str, Any] = {
            "strategy": type(strategy).__name__,
            "params": json_params(strategy.p._getkwargs()),  # noqa: SLF001
            "assumptions": assumptions_of(strategy.broker),
            "versions": library_versions(),
            "code_hash": code_hash(type(strategy)),
        }
        return cls(**{**facts, **known})

    @classmethod
    def from_dict(cls, facts: Mapping[str, Any]) -> RunMeta:
        """Build from what `dataclasses.asdict` gave and JSON kept."""
        return cls(**{**facts, "warnings": tuple(facts["warnings"])})


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


def assumptions_of(broker: Any) -> dict[str, str]:
    """Say what *broker* charges and how it fills, as far as its parameters tell."""
    told = {"broker": type(broker).__name__}
    commission = getattr(broker, "comminfo", {}).get(None)
    if commission is not None:
        told["commission"] = _commission(commission.p)
    for name, words in _COSTS.items():
        if value := getattr(broker.p, name, None):
            is_share = name == "slip_perc"
            told[words] = _percent(value) if is_share else _plain_words(value)
    return told


def _commission(params: Any) -> str:
    rate = float(params.commission)
    if not rate:
        return "none"
    if getattr(params, "percabs", True) or not getattr(params, "stocklike", True):
        is_share = getattr(params, "commtype", None) != 1
        return f"{_percent(rate)} of the value" if is_share else f"{rate:g} per unit"
    return f"{_percent(rate / 100)} of the value"


def _percent(share: float) -> str:
    return f"{share * 100:.4f}".rstrip("0").rstrip(".") + " %"


def _plain_words(value: object) -> str:
    return "yes" if value is True else f"{value}"


def _plain(value: object) -> JsonValue:
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    if isinstance(value, tuple | list):
        return ", ".join(str(_plain(item)) for item in value)
    kind = value if isinstance(value, type) else type(value)
    return f"{kind.__module__}.{kind.__qualname__}"
