"""Tells addresses on this machine from those of an exchange. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit


def is_loopback(host: str | None) -> bool:
    """Whether *host* is this machine."""
    if host is None or host.lower() == "localhost":
        return host is not None
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def strings_in(node: Any) -> Iterator[str]:
    """Yield every text in a tree of mappings, as CCXT's `urls` are."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, Mapping):
        for value in node.values():
            yield from strings_in(value)


def leads_to_loopback(urls: Any) -> bool:
    """Whether one of *urls* is on this machine: what comes from there may be made up."""
    return any(is_loopback(_host_of(text)) for text in strings_in(urls))


def _host_of(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
