"""Which exchanges the installed CCXT knows, and its class for each."""

from __future__ import annotations

from typing import Any

from cracktrader.errors import ConfigError, did_you_mean


def exchange_ids() -> tuple[str, ...]:
    """Return every exchange id of the installed CCXT, sorted.

    CCXT adds and drops exchanges with every release, so nothing here is a fixed list.
    """
    import ccxt  # noqa: PLC0415  (half a second; whoever only needs settings must not pay)

    return tuple(sorted(ccxt.exchanges))


def require_exchange_id(text: str) -> str:
    """Return the id that *text* names, whatever its case.

    Raises:
        ConfigError: if the installed CCXT has no such exchange.
    """
    known = exchange_ids()
    wanted = str(text).strip().lower()
    if wanted in known:
        return wanted
    import ccxt  # noqa: PLC0415

    raise ConfigError(
        f'exchange was "{text}", which CCXT {ccxt.__version__} does not have.'
        f"{did_you_mean(wanted, known)} `cracktrader exchanges` lists all {len(known)}."
    )


def client_class(exchange_id: str, *, streaming: bool = False) -> Any:
    """Return CCXT's asynchronous class for *exchange_id*; with *streaming*, the one that watches.

    Raises:
        ConfigError: if there is no such exchange.
    """
    name = require_exchange_id(exchange_id)
    import ccxt.async_support  # noqa: PLC0415  (0.8 s)

    if not streaming:
        return getattr(ccxt.async_support, name)
    import ccxt.pro  # noqa: PLC0415

    # A quarter of the exchanges have no streams; their REST class is all there is.
    return getattr(ccxt.pro if name in ccxt.pro.exchanges else ccxt.async_support, name)
