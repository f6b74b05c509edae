"""Addresses, ports and names, parsed before they become a part of what nft is told: no text of the user's gets through.

Every function raises `ValueError` for what the schema's validators would have refused.
"""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from kvmplan_sdk import Value

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

FAMILIES = {4: "ip", 6: "ip6"}
_INTERFACE = re.compile(r"[A-Za-z0-9_.@-]{1,15}")
"""Interface names that nft takes as they are: no quotes, wildcards or backslashes."""


def parse_port(value: Value) -> int:
    number = int(str(value))
    if not 1 <= number <= 65535:
        raise ValueError(f"{number} is no port")
    return number


def parse_address(value: object) -> Address:
    address = ip_address(str(value))
    if "%" in str(address):
        raise ValueError(f"{address} has a zone, which nft does not take")
    return address


def parse_network(value: object) -> Network:
    return _network(str(value))


@lru_cache(1 << 17)  # one of a set is parsed where it is checked, and as it was and will be; sets are large
def _network(text: str) -> Network:
    network = ip_network(text)
    if "%" in text:
        raise ValueError(f"{text} has a zone, which nft does not take")
    return network


def parse_interface(value: object) -> str:
    if not _INTERFACE.fullmatch(str(value)):
        raise ValueError(f"{value!r} is no interface name that nft takes as it is: letters, digits and . _ - @")
    return str(value)


def interface_name(value: Value) -> str | None:
    """The validator of a schema."""
    try:
        parse_interface(value)
    except ValueError as problem:
        return f"{problem}, at most 15."
    return None
