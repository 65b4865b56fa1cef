"""Switches a CCXT client to the exchange's test network, and proves that it is one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from cracktrader.domain.market import InstrumentType
from cracktrader.errors import UnsupportedError
from cracktrader.exchange.loopback import is_loopback, strings_in

Permit = Callable[[str, str, Mapping[str, str]], None]
"""Raises if a request must not leave: its method, address and headers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Simulation:
    """A test network on the production host, chosen by a header on each signed request."""

    header: str
    signed_by: str
    value: str = "1"


_OKX: Final = _Simulation(header="x-simulated-trading", signed_by="OK-ACCESS-KEY")
_SIMULATIONS: Final = {
    "okx": _OKX,
    "okxus": _OKX,
    "myokx": _OKX,
    "bitget": _Simulation(header="PAPTRADING", signed_by="ACCESS-KEY"),
}
# Production hosts that the test network borrows and that can only be read.
_READ_ONLY: Final[dict[str, frozenset[str]]] = {
    "alpaca": frozenset({"data.alpaca.markets"}),
    "gemini": frozenset({"docs.gemini.com", "exchange.gemini.com"}),
}
# CCXT 4.5.90 lists another company's test network here; our keys have no business there.
_FOREIGN: Final = frozenset({"blockchaincom"})


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxGuard:
    """Lets no request through that could reach the production side of an exchange."""

    exchange: str
    production: frozenset[str]

    def permit(self, method: str, url: str, headers: Mapping[str, str]) -> None:
        """Look at one request just before it leaves.

        Raises:
            UnsupportedError: if it would reach production; it is not sent.
        """
        parts = urlsplit(url)
        host = parts.hostname or ""
        if host not in self.production or self._is_harmless(method, host, headers):
            return
        raise UnsupportedError(
            f"{self.exchange}: in sandbox mode, {method} {host}{parts.path} would have gone to "
            "production; not sent"
        )

    def _is_harmless(self, method: str, host: str, headers: Mapping[str, str]) -> bool:
        if method == "GET" and host in _READ_ONLY.get(self.exchange, ()):
            return True
        simulation = _SIMULATIONS.get(self.exchange)
        if simulation is None:
            return False
        if headers.get(simulation.header) == simulation.value:
            return True
        return method == "GET" and simulation.signed_by not in headers


def lay_urls(client: Any, urls: Mapping[str, Any]) -> Permit:
    """Lay *urls* over the client's, and return what may be called then.

    If all that *urls* names is on this machine, nothing else may be: an address that was
    forgotten would otherwise still be the real exchange's.
    """
    client.urls = client.deep_extend(client.urls, urls)
    named = frozenset(_hosts_in(client, urls.get("api")))
    return permit_loopback if named and all(map(is_loopback, named)) else permit_all


def permit_all(_method: str, _url: str, _headers: Mapping[str, str]) -> None:
    """Let every request through: live mode."""


def permit_loopback(method: str, url: str, _headers: Mapping[str, str]) -> None:
    """Let through what stays on this machine: a rehearsal.

    Raises:
        UnsupportedError: if it does not; it is not sent.
    """
    parts = urlsplit(url)
    if not is_loopback(parts.hostname):
        raise UnsupportedError(
            f"{method} {parts.hostname}{parts.path} is not served by the local exchange that the "
            "`urls` point to; not sent"
        )


def enter_sandbox(
    client: Any, *, instrument_type: InstrumentType = "spot", urls: Mapping[str, Any] | None = None
) -> Permit:
    """Switch *client* to its test network, and prove the result; *urls* stay on top.

    Raises:
        UnsupportedError: if CCXT knows no test network, or what it calls one shares a host
            with production.
    """
    pristine = type(client)()
    production = frozenset(_hosts_in(pristine, pristine.urls.get("api")))
    if lay_urls(client, urls or {}) is permit_loopback:
        return permit_loopback
    _switch(client, instrument_type)
    lay_urls(client, urls or {})
    shared = production & frozenset(_hosts_in(client, client.urls.get("api")))
    known = _READ_ONLY.get(client.id, frozenset())
    if shared - known and client.id not in _SIMULATIONS:
        raise UnsupportedError(
            f"{client.id}: what CCXT calls its sandbox is reached at {', '.join(sorted(shared))}, "
            "the production host; refusing to start"
        )
    return SandboxGuard(exchange=client.id, production=production).permit


def has_sandbox(client: Any) -> bool:
    """Whether CCXT knows a test network; only `enter_sandbox` proves it."""
    has_urls = any(client.urls.get(name) for name in ("test", "demo"))
    return client.id in _SIMULATIONS or (has_urls and client.id not in _FOREIGN)


def is_in_sandbox(client: Any) -> bool:
    """Whether *client*, made by somebody else, says that it was switched to its test network."""
    options = getattr(client, "options", None) or {}
    return bool(
        getattr(client, "isSandboxModeEnabled", False) or options.get("enableDemoTrading", False)
    )


def _switch(client: Any, instrument_type: InstrumentType) -> None:
    has_demo = bool(client.urls.get("demo")) and instrument_type in {"swap", "future"}
    if not has_sandbox(client):
        raise UnsupportedError(
            f"{client.id} has no sandbox that CCXT knows. Rehearse against the local exchange "
            "instead, or use paper mode."
        )
    try:
        if has_demo:
            # Binance closed its futures testnet; demo trading took its place.
            client.enable_demo_trading(enable=True)
        else:
            client.set_sandbox_mode(True)
    except Exception as exc:
        # CCXT fails here with TypeError and KeyError too, and may have switched by half.
        raise UnsupportedError(f"{client.id} cannot be switched to its sandbox: {exc}") from exc


def _hosts_in(client: Any, urls: Any) -> Iterator[str]:
    for text in strings_in(urls):
        host = urlsplit(client.implode_hostname(text)).hostname
        if host is not None:
            yield host
