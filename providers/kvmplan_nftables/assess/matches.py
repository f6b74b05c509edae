"""Whether a packet meets a match of an nft rule, as libnftables-json(5) writes it: true, false, or None: no telling.

What only the kernel knows (marks, limits, sets that packets fill) cannot be told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
    summarize_address_range,
)
from typing import Any

Json = Mapping[str, Any]
Test = Callable[[Any], "bool | None"]
Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """The first packet of a connection, as far as it is known: "", None and 0 are unknown.

    ``incoming``: the interfaces that it comes in by; ``perhaps``: others that it may come in by. ``translated``: its
    destination was rewritten; ``kind``: of its destination, ``local`` where that is the host itself; ``bridged``: a
    bridge passes it on, and br_netfilter shows it to the IP firewall; ``answer``: it answers such a first packet.
    """

    version: int = 4
    protocol: str = ""
    source: Network | None = None
    target: Address | None = None
    port: int = 0
    incoming: tuple[str, ...] = ()
    perhaps: tuple[str, ...] = ()
    outgoing: str = ""
    translated: bool = False
    kind: str = "unicast"
    bridged: bool = False
    answer: bool = False

    def answered(self) -> Packet:
        """The packet that answers, as far as it is certain."""
        return Packet(
            version=self.version,
            protocol=self.protocol,
            source=None if self.target is None else ip_network(self.target),
            incoming=(self.outgoing,) if self.outgoing else (),
            perhaps=() if self.outgoing else self.perhaps,
            outgoing=self.incoming[0] if len(self.incoming) == 1 else "",
            translated=self.translated,
            bridged=self.bridged,
            answer=True,
        )

    @property
    def connection(self) -> Mapping[str, str]:
        """What ``ct`` says of it, by key."""
        way = ("established", "reply") if self.answer else ("new", "original")
        return {"state": way[0], "direction": way[1], "status": "dnat" if self.translated else ""}

    @property
    def family(self) -> str:
        return "ip" if self.version == 4 else "ip6"


@dataclass(frozen=True, slots=True)
class Sets:
    """The elements of the named sets and maps of one table; None where packets or timeouts may change them."""

    elements: Mapping[str, Sequence[Any] | None] = field(default_factory=dict)


def meets(packet: Packet, match: Json, sets: Sets) -> bool | None:
    """Whether ``packet`` meets the body of a ``match`` statement."""
    test = test_of(packet, match["left"])
    if test is None:
        return None
    found = any_of(match["right"], test, sets)
    return found if found is None or match["op"] in ("==", "in") else not found


def test_of(packet: Packet, left: Any) -> Test | None:
    """What to ask of each value on the right of a match, None where its left is not something that we know."""
    match left:
        case {"concat": list(parts)}:
            return _all_of([test_of(packet, part) for part in parts])
        case {"meta": {"key": "oifname" | "oif"}}:
            return lambda one: named(one, packet.outgoing) if packet.outgoing else None
        case {"meta": {"key": "iifname" | "iif"}}:
            return lambda one: came_by(one, packet)
        case {"meta": {"key": "l4proto"}} | {"payload": {"protocol": "ip", "field": "protocol"}}:
            return lambda one: _protocol(one, packet)
        case {"meta": {"key": "nfproto"}}:
            return lambda one: one == f"ipv{packet.version}"
        case {"payload": {"protocol": "ip" | "ip6" as protocol, "field": "saddr" | "daddr" as side}}:
            told = packet.source if side == "saddr" else packet.target
            return lambda one: _holds(one, told) if protocol == packet.family else False
        case {"payload": {"protocol": "tcp" | "udp" | "th" as protocol, "field": "dport"}}:
            return lambda one: _both(protocol == "th" or _protocol(protocol, packet), _in_range(one, packet.port))
        case {"payload": {"protocol": "tcp" | "udp" | "sctp" | "icmp" | "icmpv6" as protocol}}:
            return lambda one: False if _protocol(protocol, packet) is False else None
        case {"ct": {"key": "state" | "direction" | "status" as key}}:
            return lambda one: one == packet.connection[key]
        case {"fib": {"result": "type", "flags": ["daddr"] | "daddr"}}:
            return lambda one: bool(one == packet.kind)
    return None


def any_of(right: Any, test: Test, sets: Sets) -> bool | None:
    """Whether ``test`` holds for the right side of a match, or one element of it."""
    if isinstance(right, str) and right.startswith("@"):
        right = sets.elements.get(right[1:])
        if right is None:
            return None
    items = right["set"] if isinstance(right, dict) and "set" in right else right
    results = [test(_bare(item)) for item in (items if isinstance(items, (list, tuple)) else [items])]
    return True if True in results else (None if None in results else False)


def _bare(item: Any) -> Any:
    """An element without its comment or counter."""
    return item["elem"]["val"] if isinstance(item, dict) and "elem" in item else item


def _all_of(tests: Sequence[Test | None]) -> Test:
    def ask(one: Any) -> bool | None:
        parts = one["concat"] if isinstance(one, dict) and "concat" in one else [one]
        if len(parts) != len(tests):
            return None
        results = [None if test is None else test(part) for test, part in zip(tests, parts, strict=True)]
        return False if False in results else (None if None in results else True)

    return ask


def _both(one: bool | None, other: bool | None) -> bool | None:
    return False if False in (one, other) else (None if None in (one, other) else True)


def came_by(pattern: Any, packet: Packet) -> bool | None:
    if any(named(pattern, name) for name in packet.incoming):
        return True
    return None if any(named(pattern, name) for name in packet.perhaps) else False


def named(pattern: Any, name: str) -> bool:
    text = str(pattern)
    return name.startswith(text[:-1]) if text.endswith("*") else text == name


def _protocol(one: Any, packet: Packet) -> bool | None:
    return one == packet.protocol if packet.protocol else None


def _holds(right: Any, told: Address | Network | None) -> bool | None:
    """Whether the address, or every address of the network, is in what is on the right."""
    try:
        spans = _spans(right)
    except (TypeError, ValueError):
        return None
    if told is None:
        return True if all(span.prefixlen == 0 for span in spans) else None
    net = ip_network(told) if isinstance(told, (IPv4Address, IPv6Address)) else told
    same = [span for span in spans if span.version == net.version]
    if any(int(span[0]) <= int(net[0]) and int(net[-1]) <= int(span[-1]) for span in same):
        return True
    return None if any(span.overlaps(net) for span in same) else False


def _spans(right: Any) -> list[Network]:
    if isinstance(right, dict) and "prefix" in right:
        return [ip_network(f"{right['prefix']['addr']}/{right['prefix']['len']}", strict=False)]
    if isinstance(right, dict) and "range" in right:
        low, high = map(ip_address, right["range"])
        return [*summarize_address_range(low, high)]
    return [ip_network(str(right), strict=False)]


def _in_range(right: Any, port: int) -> bool | None:
    if not port:
        return None
    if isinstance(right, dict):
        low, high = right.get("range", (None, None))
        return low <= port <= high if isinstance(low, int) and isinstance(high, int) else None
    return bool(right == port)
