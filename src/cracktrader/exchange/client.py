"""Makes a CCXT client that spends our budget, passes our wire and repeats nothing."""

from __future__ import annotations

from typing import Any, Final

from cracktrader.domain.market import InstrumentType
from cracktrader.errors import AuthenticationError, ConfigError, UnavailableError
from cracktrader.exchange.call import current_call
from cracktrader.exchange.ids import client_class
from cracktrader.exchange.key import DEFAULT_ACCOUNT, ConnectionKey
from cracktrader.exchange.limiter import RateLimiter
from cracktrader.exchange.sandbox import Permit, enter_sandbox, lay_urls
from cracktrader.exchange.settings import CREDENTIALS, ExchangeSettings
from cracktrader.observability.secrets import SecretRef, resolve

_MINUTE_MS: Final = 60_000
# The words exchanges use in CCXT's `fetchMarkets.types` for what we call a type.
_LISTED_AS: Final[dict[InstrumentType, frozenset[str]]] = {
    "spot": frozenset({"spot"}),
    "margin": frozenset({"spot"}),
    "swap": frozenset({"swap", "linear", "inverse", "contract", "hip3"}),
    "future": frozenset({"future", "swap", "linear", "inverse", "contract"}),
    "option": frozenset({"option"}),
}


def make_client(settings: ExchangeSettings, key: ConnectionKey) -> tuple[Any, Permit]:
    """Return a CCXT client for *key*, and what decides whether a request may leave.

    The client opens nothing; `plug_in` must give it a session first.

    Raises:
        ConfigError: if the exchange or account is unknown, or a secret cannot be read.
        UnsupportedError: if sandbox mode is asked for and cannot be proven.
    """
    credentials = settings.account(key.account).credentials()
    config: dict[str, Any] = {
        "enableRateLimit": True,
        "timeout": settings.timeout,
        "options": {"defaultType": key.instrument_type, **settings.options},
        **{CREDENTIALS[name]: resolve(ref).get_secret_value() for name, ref in credentials.items()},
        **_proxy(settings.proxy),
    }
    client = client_class(key.exchange)(config)
    _ask_only_for(client, key.instrument_type, settings)
    permit = lay_urls(client, settings.urls)
    if key.mode == "sandbox":
        permit = enter_sandbox(client, instrument_type=key.instrument_type, urls=settings.urls)
    _repeat_nothing(client)
    # CCXT waits this long after closing, for WebSockets; we open none here.
    client.timeout_on_exit = 0
    return client, permit


def rate_per_s(client: Any, settings: ExchangeSettings) -> float:
    """Return the cost one account may spend per second; ``inf`` if it is not limited."""
    if settings.rate_limit is not None:
        return settings.rate_limit / 60 if settings.rate_limit else float("inf")
    return 1000 / client.rateLimit if client.rateLimit > 0 else float("inf")


def plug_in(client: Any, limiter: RateLimiter) -> None:
    """Put our budget in place of CCXT's, and look at each reply before it is parsed."""
    inspect_reply = client.handle_errors

    async def throttle(cost: float | None = None) -> None:
        call = current_call.get()
        await limiter.acquire(1.0 if cost is None else float(cost), call.priority)
        call.arm()

    def handle_errors(status: int, *reply: Any) -> Any:
        payload = reply[5]
        call = current_call.get()
        call.answered(status, payload)
        result = inspect_reply(status, *reply)
        is_nonsense = payload is None and reply[4].strip() != ""
        if is_nonsense and call.must_be_json and str(status) not in client.httpExceptions:
            # CCXT would parse it: an HTML page as a balance is an empty balance.
            raise UnavailableError(f"HTTP {status} brought no JSON: {reply[4][:2000]}")
        return result

    client.throttle = throttle
    client.handle_errors = handle_errors


def missing_credentials(client: Any) -> list[str]:
    """Return our names of the credentials that the exchange wants and nobody set."""
    return [
        ours
        for ours, theirs in CREDENTIALS.items()
        if client.requiredCredentials.get(theirs) and not getattr(client, theirs, None)
    ]


def require_credentials(client: Any, key: ConnectionKey, *, what: str) -> None:
    """Refuse a private call that would be refused anyway.

    Raises:
        AuthenticationError: if a credential is missing; the message says what to set.
    """
    missing = missing_credentials(client)
    if not missing:
        return
    section = f"exchange.{key.exchange}"
    if key.account != DEFAULT_ACCOUNT:
        section += f".accounts.{key.account}"
    wanted = ", ".join(f'{name} = "env:{key.exchange.upper()}_{name.upper()}"' for name in missing)
    raise AuthenticationError(
        f"{what} needs {' and '.join(missing)} for {key.exchange}. Set them by reference in "
        f"[{section}]: {wanted}"
    )


def _proxy(proxy: SecretRef | str | None) -> dict[str, str]:
    if proxy is None:
        return {}
    address = resolve(proxy).get_secret_value() if isinstance(proxy, SecretRef) else proxy
    if not address.startswith(("http://", "https://")):
        # CCXT opens a session of its own for SOCKS, past everything that guards ours.
        raise ConfigError('"proxy" must begin with http:// or https://; SOCKS is not supported')
    return {"httpsProxy": address}


def _repeat_nothing(client: Any) -> None:
    # CCXT's own repetition sends orders again too.
    client.options["maxRetriesOnFailure"] = 0
    for value in client.options.values():
        if isinstance(value, dict):
            value.pop("maxRetriesOnFailure", None)


def _ask_only_for(client: Any, instrument_type: InstrumentType, settings: ExchangeSettings) -> None:
    # Two of Binance's: with a key, its list of markets costs three private calls more.
    needed = {"fetchCurrencies": False, "fetchMargins": instrument_type == "margin"}
    for name, is_needed in needed.items():
        if name not in settings.options and client.options.get(name) is True:
            client.options[name] = is_needed
    option = client.options.get("fetchMarkets")
    if "fetchMarkets" in settings.options or not isinstance(option, dict):
        return
    types = option.get("types")
    wanted = _LISTED_AS[instrument_type]
    if isinstance(types, list) and wanted & set(types):
        option["types"] = [name for name in types if name in wanted]
    elif isinstance(types, dict) and wanted & set(types):
        option["types"] = {name: value for name, value in types.items() if name in wanted}
