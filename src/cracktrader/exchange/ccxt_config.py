"""CCXT's names for settings → ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cracktrader.domain.market import INSTRUMENT_TYPES
from cracktrader.errors import ConfigError
from cracktrader.observability.redact import has_url_password
from cracktrader.observability.secrets import SecretRef

_MINUTE_MS: Final = 60_000
_PROXIES: Final = ("aiohttp_proxy", "httpsProxy", "httpProxy", "socksProxy", "wsProxy")
_REFERENCES: Final = ("env:", "file:", "keyring:")


def from_ccxt_names(config: Mapping[str, Any], *, credentials: Mapping[str, str]) -> dict[str, Any]:
    """Return *config* under our names; what neither CCXT nor we know stays, to be refused.

    Raises:
        ConfigError: if it asks for something that would double orders.
    """
    theirs = {name: ours for ours, name in credentials.items()}
    fields: dict[str, Any] = {}
    for name, value in config.items():
        field = theirs.get(name, name)
        if field in credentials:
            fields[field] = _wrapped(value)
        elif name == "accounts":
            fields[field] = {
                account: from_ccxt_names(own, credentials=credentials)
                for account, own in dict(value).items()
            }
        elif name in _PROXIES:
            fields["proxy"] = _wrapped(value) if has_url_password(str(value)) else value
        elif name not in {"rateLimit", "enableRateLimit", "maxRetriesOnFailure"}:
            fields[field] = value
    return _with_type(_with_rate(fields, config))


def _wrapped(value: Any) -> Any:
    if isinstance(value, str) and not value.startswith(_REFERENCES):
        return SecretRef.literal(value) if value else None
    return value


def _with_rate(fields: dict[str, Any], config: Mapping[str, Any]) -> dict[str, Any]:
    if _is_set(config.get("maxRetriesOnFailure")) or _is_set(
        dict(config.get("options") or {}).get("maxRetriesOnFailure")
    ):
        raise ConfigError(
            '"maxRetriesOnFailure" sends orders again; leave it out (reads are repeated by us, '
            'see "read_attempts")'
        )
    if config.get("enableRateLimit") is False:
        fields.setdefault("rate_limit", 0)
    elif "rateLimit" in config:
        fields.setdefault("rate_limit", _per_minute(config["rateLimit"]))
    return fields


def _per_minute(rate_limit_ms: Any) -> float:
    if not isinstance(rate_limit_ms, int | float) or rate_limit_ms <= 0:
        raise ConfigError(
            f'"rateLimit" was {rate_limit_ms!r}; it is the milliseconds between two requests, '
            'above 0 (or use "rate_limit", requests per minute)'
        )
    return _MINUTE_MS / rate_limit_ms


def _with_type(fields: dict[str, Any]) -> dict[str, Any]:
    options = fields.get("options")
    chosen = options.get("defaultType") if isinstance(options, Mapping) else None
    if chosen in INSTRUMENT_TYPES:
        fields.setdefault("instrument_type", chosen)
    return fields


def _is_set(value: Any) -> bool:
    return value is not None and value != 0
