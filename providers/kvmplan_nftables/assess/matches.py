"""Whether a packet meets a match of an nft rule, as libnftables-json(5) writes it: true, false, or None: no telling.

What only the kernel knows (marks, limits, sets that packets fill) cannot be told.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_network,
)
from typing import Any

FEW = 8
Json = Mapping[str, Any]
Spread = tuple[list[int], list[tuple[int, int, int]], bool]
"""The first numbers of disjoint keys in order; these with the last, and which key it is; whether some have none."""
Test = Callable[[Any], "bool | None"]
Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """The first packet of a connection, as far as it is known: "", None and 0 are unknown.

    ``incoming``: the interfaces that it comes in by; ``perhaps``: others that it may come in by. ``translated``: its
    destination was rewritten; ``kind``: of its destination, ``local`` where that is the host itself; ``bridged``: a
    bridge passes it on, and br_netfilter shows it to the IP firewall; ``answer``: it answers such a first packet;
    ``inward``: it goes to guests without a translation.
    """

    version: int = 4
    protocol: str = ""
    source: Network | None = None
    target: Address | Network | None = None
    port: int = 0
    incoming: tuple[str, ...] = ()
    perhaps: tuple[str, ...] = ()
    outgoing: str = ""
    translated: bool = False
    kind: str = "unicast"
    bridged: bool = False
    answer: bool = False
    inward: bool = False

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
    _spread: dict[int, Spread] = field(default_factory=dict, compare=False)

    def spread(self, owner: Any, keys: Iterable[Any], version: int) -> Spread:
        """``keys`` of ``owner``, a part of the ruleset that stays, in order of their numbers; made once."""
        if id(owner) not in self._spread:
            spans = [(place, bounds(bare(key), version)) for place, key in enumerate(keys)]
            numbers = sorted((*span, place) for place, span in spans if span is not None)
            self._spread[id(owner)] = [one[0] for one in numbers], numbers, len(numbers) < len(spans)
        return self._spread[id(owner)]


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
            if protocol != packet.family:
                return lambda one: False
            return (
                (lambda one: _any_address(one, packet.version)) if told is None else Number(*ends(told), packet.version)
            )
        case {"payload": {"protocol": "tcp" | "udp" | "th" as protocol, "field": "dport"}}:
            also = protocol == "th" or _protocol(protocol, packet)
            return Number(packet.port, packet.port, also=also) if packet.port else lambda one: _both(also, None)
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
    if isinstance(test, Number) and isinstance(items, list) and len(items) > FEW:
        return any_number(test, sets.spread(items, items, test.version))
    results = [test(bare(item)) for item in (items if isinstance(items, (list, tuple)) else [items])]
    return True if True in results else (None if None in results else False)


def any_number(test: Number, spread: Spread) -> bool | None:
    place = place_of(test, spread)
    met = None if place is None else place >= 0
    return _both(test.also, None if met is False and spread[2] else met)


def place_of(test: Number, spread: Spread) -> int | None:
    """Which of the keys has the number, -1 for none; None where only a part of its range is in some."""
    lows, spans, _ = spread
    before = bisect_right(lows, test.low) - 1
    if before >= 0 and spans[before][1] >= test.high:
        return spans[before][2]
    touched = (before >= 0 and spans[before][1] >= test.low) or bisect_right(lows, test.high) - 1 > before
    return None if touched else -1


def bare(item: Any) -> Any:
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


@dataclass(frozen=True, slots=True)
class Number:
    """Whether a number, or every one from ``low`` to ``high``, is in what is on the right. ``also``: what else must be
    true for that.
    """

    low: int
    high: int
    version: int = 0
    also: bool | None = True

    def __call__(self, one: Any) -> bool | None:
        span = bounds(one, self.version)
        return _both(self.also, None if span is None else self.lies(span))

    def lies(self, span: tuple[int, int]) -> bool | None:
        if span[0] <= self.low and self.high <= span[1]:
            return True
        return None if span[0] <= self.high and self.low <= span[1] else False


def ends(told: Address | Network) -> tuple[int, int]:
    if isinstance(told, (IPv4Address, IPv6Address)):
        return int(told), int(told)
    return int(told.network_address), int(told.broadcast_address)


def _any_address(one: Any, version: int) -> bool | None:
    """Of an address that is not known."""
    return True if bounds(one, version) == (0, (1 << (32 if version == 4 else 128)) - 1) else None


def bounds(right: Any, version: int) -> tuple[int, int] | None:
    """The first and the last number of one value on the right of a match; None where it is something else. ``version``:
    of addresses, 0 of ports.
    """
    match right:
        case {"prefix": {"addr": str(address), "len": int(length)}}:
            return _net(f"{address}/{length}")
        case {"range": [low, high]}:
            first, last = bounds(low, version), bounds(high, version)
            return None if first is None or last is None else (first[0], last[1])
        case int():
            return right, right
        case str() if version:
            return _net(right)
    return None


@lru_cache(1 << 17)
def _net(text: str) -> tuple[int, int] | None:
    try:
        net = ip_network(text, strict=False)
    except ValueError:
        return None
    return int(net.network_address), int(net.broadcast_address)
