"""What may be set for an exchange: account, secrets, sandbox, limits, addresses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from cracktrader.domain.market import InstrumentType
from cracktrader.errors import ConfigError, did_you_mean
from cracktrader.exchange.ccxt_config import from_ccxt_names
from cracktrader.exchange.key import DEFAULT_ACCOUNT
from cracktrader.exchange.loopback import leads_to_loopback
from cracktrader.observability.secrets import PrivateUrl, SecretRef

CREDENTIALS: Final = {
    "api_key": "apiKey",
    "secret": "secret",
    "password": "password",
    "uid": "uid",
    "login": "login",
    "twofa": "twofa",
    "private_key": "privateKey",
    "wallet_address": "walletAddress",
    "token": "token",
    "account_id": "accountId",
}
"""Our field for each credential → CCXT's name; a contract test compares it with CCXT."""


class AccountSettings(BaseModel):
    """The credentials of one account; each is a reference to a secret, never the secret."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    api_key: SecretRef | None = Field(None, description="API key")
    secret: SecretRef | None = Field(None, description="API secret")
    password: SecretRef | None = Field(None, description="API passphrase (OKX, KuCoin, ...)")
    uid: SecretRef | None = Field(None, description="user id, where the exchange wants one")
    login: SecretRef | None = Field(None, description="login name, where the exchange wants one")
    twofa: SecretRef | None = Field(None, description="seed of the two-factor code")
    private_key: SecretRef | None = Field(None, description="private key of a wallet")
    wallet_address: SecretRef | None = Field(None, description="address of a wallet")
    token: SecretRef | None = Field(None, description="access token")
    account_id: SecretRef | None = Field(None, description="sub-account id")

    def credentials(self) -> dict[str, SecretRef]:
        """Return what is set, under our names."""
        fields = {name: getattr(self, name) for name in CREDENTIALS}
        return {name: ref for name, ref in fields.items() if ref is not None}


class ExchangeSettings(AccountSettings):
    """One exchange: how to reach it, how fast, and the credentials of its accounts."""

    sandbox: bool = Field(default=False, description="use the exchange's test network")
    rate_limit: float | None = Field(
        None,
        ge=0,
        allow_inf_nan=False,
        description="requests per minute of one account, weighted by CCXT's cost of each; "
        "unset = CCXT's figure for the exchange, 0 = no limit of our own",
    )
    timeout: int = Field(10_000, ge=1, description="milliseconds one request may take")
    read_attempts: int = Field(
        5, ge=1, le=20, description="how often a read is tried in all; orders are sent once"
    )
    instrument_type: InstrumentType = Field(
        "spot", description="spot, margin, swap, future, option"
    )
    urls: dict[str, Any] = Field(
        default_factory=dict, description="CCXT's `urls`, laid over those of the exchange"
    )
    options: dict[str, Any] = Field(
        default_factory=dict, description="CCXT's `options`, laid over those of the exchange"
    )
    proxy: PrivateUrl | None = Field(
        None,
        description="address of a proxy, http:// or https://; with a password in it only by "
        "reference",
    )
    accounts: dict[str, AccountSettings] = Field(
        default_factory=dict, description="further accounts by name, each with its credentials"
    )

    @classmethod
    def from_ccxt(cls, config: Mapping[str, Any]) -> Self:
        """Read CCXT's spellings (``apiKey``, ``rateLimit`` in ms, ``enableRateLimit`` ...) or ours.

        Secrets may be given in plain, since this is Python code; they are wrapped at once.

        Raises:
            ConfigError: if a key is unknown or a value makes no sense.
        """
        return cls.parse(from_ccxt_names(config, credentials=CREDENTIALS))

    @classmethod
    def parse(cls, fields: Mapping[str, Any]) -> Self:
        """Check *fields*, named as ours.

        Raises:
            ConfigError: if a key is unknown or a value makes no sense.
        """
        try:
            return cls.model_validate(dict(fields))
        except ValidationError as exc:
            # pydantic's own error repeats the input, which may be a secret.
            details = exc.errors(include_url=False, include_input=False, include_context=False)
        raise ConfigError("; ".join(_complaint(cls, item) for item in details))

    @property
    def is_local(self) -> bool:
        """Whether the `urls` lead to an exchange on this machine."""
        used = ("api", "test", "demo") if self.sandbox else ("api",)
        return any(leads_to_loopback(self.urls.get(name)) for name in used)

    def archive_name(self, exchange: str) -> str:
        """Return under which name the archive keeps what *exchange*, so reached, says.

        A local exchange may make its prices up and a test network has its own: neither may
        ever be taken for the real one's.
        """
        if self.is_local:
            return f"{exchange}-local"
        return f"{exchange}-sandbox" if self.sandbox else exchange

    def account(self, name: str = DEFAULT_ACCOUNT) -> AccountSettings:
        """Return the credentials of the account called *name*.

        Raises:
            ConfigError: if there is no such account.
        """
        if name in self.accounts:
            return self.accounts[name]
        if name == DEFAULT_ACCOUNT:
            return self
        raise ConfigError(
            f'account was "{name}"; configured: '
            f"{', '.join([DEFAULT_ACCOUNT, *self.accounts])}."
            f"{did_you_mean(name, self.accounts)}"
        )


def _complaint(model: type[BaseModel], item: ErrorDetails) -> str:
    place = ".".join(str(part) for part in item["loc"])
    if item["type"] != "extra_forbidden":
        return f'"{place}": {item["msg"]}'
    return f'unknown setting "{place}".{did_you_mean(str(item["loc"][-1]), model.model_fields)}'
