"""What a user of the store hands over, in any of its forms, read as one account."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Self

from cracktrader.domain.market import INSTRUMENT_TYPES
from cracktrader.errors import ConfigError, did_you_mean
from cracktrader.exchange.ids import require_exchange_id
from cracktrader.exchange.key import DEFAULT_ACCOUNT, ConnectionKey
from cracktrader.exchange.sandbox import is_in_sandbox
from cracktrader.exchange.settings import CREDENTIALS, AccountSettings, ExchangeSettings
from cracktrader.observability.secrets import resolve

# A config may say itself which exchange it is for.
_NAMING_KEYS: Final = ("exchange", "exchange_id", "id")


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenExchange:
    """The exchange, the settings, and perhaps a client that is to be used as it is."""

    exchange: str
    settings: ExchangeSettings
    account: str = DEFAULT_ACCOUNT
    client: Any = None

    @classmethod
    def read(
        cls,
        exchange: Any,
        config: Mapping[str, Any] | None,
        *,
        client: Any = None,
        account: str = DEFAULT_ACCOUNT,
        settings: ExchangeSettings | None = None,
    ) -> Self:
        """Read an id, a config that names one, or a client; and CCXT's or our settings.

        *settings* that were read before take the place of *config*, and their accounts keep
        their names.

        Raises:
            ConfigError: if there is no exchange, an unknown one, or an unknown setting.
        """
        if isinstance(exchange, Mapping):
            if config is not None:
                raise ConfigError("config was given twice: as the first argument and as config=")
            exchange, config = None, exchange
        elif hasattr(exchange, "fetch_ohlcv"):
            exchange, client = None, exchange
        fields = dict(config or {})
        name = exchange or _taken_name(fields, client)
        if not isinstance(name, str) or not name:
            raise ConfigError('which exchange? Give its CCXT id, as in CCXTStore("binance")')
        name = name if client is not None else require_exchange_id(name)
        if settings is not None:
            if config is not None:
                raise ConfigError("config= and settings= say the same; give one")
            return cls(exchange=name, settings=settings, account=account, client=client)
        own = ExchangeSettings.from_ccxt(fields.get(name, fields))
        if client is not None:
            _require_heard(own)
        return cls(exchange=name, settings=own, account=account, client=client).with_own_account()

    def chosen(self, *, sandbox: bool, instrument_type: str | None) -> Self:
        """Return the same with what the store's own arguments say.

        A client that was given is used as it is, so it must be in the sandbox itself.

        Raises:
            ConfigError: if there is no such instrument type, or a client that was given is
                not in the sandbox that is asked for.
        """
        kind = instrument_type or self.settings.instrument_type
        if kind not in INSTRUMENT_TYPES:
            raise ConfigError(
                f'instrument_type was "{kind}"; possible: {", ".join(INSTRUMENT_TYPES)}.'
                f"{did_you_mean(kind, INSTRUMENT_TYPES)}"
            )
        is_inside = self.client is not None and is_in_sandbox(self.client)
        wants_sandbox = sandbox or self.settings.sandbox
        if wants_sandbox and self.client is not None and not is_inside:
            raise ConfigError(
                f"sandbox: the given {type(self.client).__name__} is not in sandbox mode and is "
                "used as it is; call its set_sandbox_mode(True) first"
            )
        said = {"sandbox": wants_sandbox or is_inside, "instrument_type": kind}
        return replace(self, settings=self.settings.model_copy(update=said))

    def with_own_account(self) -> Self:
        """Return the same under an account name that follows from the credentials.

        Two configs with different keys are two accounts, though neither has a name.
        """
        credentials = self.settings.credentials()
        if self.account != DEFAULT_ACCOUNT or not credentials or self.client is not None:
            return self
        text = repr([(n, resolve(ref).get_secret_value()) for n, ref in credentials.items()])
        name = f"key-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
        accounts = {**self.settings.accounts, name: AccountSettings(**credentials)}
        settings = self.settings.model_copy(update={"accounts": accounts})
        return replace(self, settings=settings, account=name)

    def without_credentials(self) -> Self:
        """Return the same exchange for whoever only looks."""
        nothing: dict[str, Any] = dict.fromkeys(CREDENTIALS)
        settings = self.settings.model_copy(update={**nothing, "accounts": {}})
        return replace(self, settings=settings, account=DEFAULT_ACCOUNT)

    @property
    def archive_name(self) -> str:
        """Under which name the archive keeps what this exchange says."""
        settings = self.settings
        if self.client is not None:
            # Where it leads, it knows itself.
            urls = {"urls": getattr(self.client, "urls", None) or {}}
            settings = settings.model_copy(update=urls)
        return settings.archive_name(self.exchange)

    def key(self) -> ConnectionKey:
        """Return what tells this account's connection from others."""
        return ConnectionKey(
            exchange=self.exchange,
            account=self.account,
            mode="sandbox" if self.settings.sandbox else "live",
            instrument_type=self.settings.instrument_type,
        )


def _require_heard(settings: ExchangeSettings) -> None:
    unheard = settings.model_fields_set - {"instrument_type", "sandbox", "options"}
    if set(settings.options) - {"defaultType"}:
        unheard |= {"options"}
    if unheard:
        raise ConfigError(
            f"config= is not laid over a client that was given: {', '.join(sorted(unheard))}; "
            "set that on the client itself"
        )


def _taken_name(fields: dict[str, Any], client: Any) -> Any:
    """Return the exchange that a config or a client names, and take it out of the config."""
    for key in _NAMING_KEYS:
        if isinstance(fields.get(key), str):
            return fields.pop(key)
    if len(fields) == 1 and isinstance(next(iter(fields.values())), Mapping):
        return next(iter(fields))
    return None if client is None else str(getattr(client, "id", None) or "injected")
