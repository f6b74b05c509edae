"""Plain values read with their types: null and unknown both come out as None, or as nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address, IPv4Interface, IPv6Address, IPv6Interface, ip_address, ip_interface
from typing import Any

from kvmplan_sdk import UNKNOWN, Object, Value

Interface = IPv4Interface | IPv6Interface
Address = IPv4Address | IPv6Address


def text(values: Object, name: str) -> str | None:
    value = values.get(name)
    return value if isinstance(value, str) else None


def block(values: Object, name: str) -> Object | None:
    value = values.get(name)
    return value if isinstance(value, Mapping) else None


def blocks(values: Object, name: str) -> list[Object]:
    value = values.get(name)
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, (list, tuple)) else []


def is_on(values: Object, name: str) -> bool:
    return values.get(name) is True


def thawed(value: Value) -> Any:
    """A copy with plain dicts and lists all the way down, to be filled in."""
    if isinstance(value, Mapping):
        return {name: thawed(item) for name, item in value.items()}
    return [thawed(item) for item in value] if isinstance(value, (list, tuple)) else value


def parse_address(value: Value) -> Address | None:
    try:
        return ip_address(value) if isinstance(value, str) else None
    except ValueError:
        return None


def parse_interface(address: Value, size: Value) -> Interface | None:
    """``size`` is the length of the prefix, or a mask."""
    if address in (None, UNKNOWN) or size in (None, UNKNOWN):
        return None
    try:
        return ip_interface(f"{address}/{size}")
    except ValueError:
        return None


def interfaces(network: Object) -> Iterator[tuple[int, Interface]]:
    """The index and the address with prefix length of every ``ip`` block of a network where both are known."""
    for index, item in enumerate(blocks(network, "ip")):
        interface = parse_interface(item.get("address"), item.get("prefix"))
        if interface is not None:
            yield index, interface
