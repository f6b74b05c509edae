"""Whether a packet meets a match of an nft rule, as libnftables-json(5) writes it: true, false, or None: no telling.

iptables' own matches, named sets and what only the kernel knows (marks, limits, source addresses) cannot be told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

Json = Mapping[str, Any]
Test = Callable[[Any], "bool | None"]


@dataclass(frozen=True, slots=True)
class Packet:
    """The first packet of a forwarded connection, after its destination was rewritten. ``incoming``: the interfaces
    that an outside client may come in by.
    """

    protocol: str
    target: IPv4Address | IPv6Address
    port: int
    outgoing: str
    incoming: tuple[str, ...] = ()

    @property
    def family(self) -> str:
        return "ip" if self.target.version == 4 else "ip6"


def meets(packet: Packet, match: Json) -> bool | None:
    """Whether ``packet`` meets the body of a ``match`` statement."""
    test = _test(packet, match["left"])
    if test is None:
        return None
    found = _any(match["right"], test)
    return found if found is None or match["op"] in ("==", "in") else not found


def _test(packet: Packet, left: Any) -> Test | None:
    """What to ask of each value on the right of a match, None where its left is not something that we know."""
    match left:
        case {"meta": {"key": "oifname" | "oif"}}:
            return lambda one: _named(one, packet.outgoing)
        case {"meta": {"key": "iifname" | "iif"}}:
            return lambda one: _came_by(one, packet)
        case {"meta": {"key": "l4proto"}} | {"payload": {"protocol": "ip", "field": "protocol"}}:
            return lambda one: one == packet.protocol
        case {"meta": {"key": "nfproto"}}:
            return lambda one: one == f"ipv{packet.target.version}"
        case {"payload": {"protocol": "ip" | "ip6" as protocol, "field": "daddr"}}:
            return lambda one: protocol == packet.family and _holds(one, packet.target)
        case {"payload": {"protocol": "tcp" | "udp" | "th" as protocol, "field": "dport"}}:
            return lambda one: protocol in ("th", packet.protocol) and _in_range(one, packet.port)
        case {"ct": {"key": "state" | "status" | "direction" as key}}:
            return lambda one: one == {"state": "new", "status": "dnat", "direction": "original"}[key]
    return None


def _any(right: Any, test: Test) -> bool | None:
    """Whether ``test`` holds for the right side of a match, or one element of it; None where that is a named set."""
    if isinstance(right, str) and right.startswith("@"):
        return None
    items = right["set"] if isinstance(right, dict) and "set" in right else right
    results = [test(item) for item in (items if isinstance(items, list) else [items])]
    return True if True in results else (None if None in results else False)


def _came_by(pattern: Any, packet: Packet) -> bool | None:
    """Outside clients come in by no interface that guests are behind, and perhaps by another than ``incoming``."""
    if _named(pattern, packet.outgoing) and not str(pattern).endswith("*"):
        return False
    return any(_named(pattern, name) for name in packet.incoming) or None


def _named(pattern: Any, name: str) -> bool:
    text = str(pattern)
    return name.startswith(text[:-1]) if text.endswith("*") else text == name


def _holds(right: Any, address: IPv4Address | IPv6Address) -> bool | None:
    try:
        if isinstance(right, dict) and "prefix" in right:
            return address in ip_network(f"{right['prefix']['addr']}/{right['prefix']['len']}", strict=False)
        if isinstance(right, dict) and "range" in right:
            low, high = map(ip_address, right["range"])
            return int(low) <= int(address) <= int(high)
        return ip_address(str(right)) == address
    except (TypeError, ValueError):
        return None


def _in_range(right: Any, port: int) -> bool | None:
    if isinstance(right, dict):
        low, high = right.get("range", (None, None))
        return low <= port <= high if isinstance(low, int) and isinstance(high, int) else None
    return bool(right == port)
