"""What nft makes of elements of a set that merges: one of those that overlap or are neighbours."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address

from kvmplan_nftables.blocks.elements import VERSIONS, parse_element
from kvmplan_nftables.parts import parse_network

_MERGED = (*VERSIONS, "inet_service")


def merged(elements: Iterable[str], type_: str) -> list[str]:
    """The elements as nft lists them then. Those of several parts, and of other types, as they are."""
    if type_ not in _MERGED:
        return list(elements)
    result: list[tuple[int, int]] = []
    for low, high in sorted(_bounds(element, type_) for element in elements):
        if result and low <= result[-1][1] + 1:
            result[-1] = result[-1][0], max(high, result[-1][1])
        else:
            result.append((low, high))
    return [parse_element(_range(low, high, type_), type_) for low, high in result]


def _bounds(element: str, type_: str) -> tuple[int, int]:
    first, dash, last = element.partition("-")
    if type_ == "inet_service":
        return int(first), int(last or first)
    if dash:
        return int(ip_address(first)), int(ip_address(last))
    net = parse_network(element)
    return int(net.network_address), int(net.broadcast_address)


def _range(low: int, high: int, type_: str) -> str:
    if type_ == "inet_service":
        return f"{low}-{high}"
    address = type(parse_network("0.0.0.0/0" if VERSIONS[type_] == 4 else "::/0").network_address)
    return f"{address(low)}-{address(high)}"
