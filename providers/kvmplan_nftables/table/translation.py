"""The skeleton of address translation: maps of forwards, and the chains that look them up.

A packet costs the same however many forwards there are. Maps are looked up where a connection begins: ``prerouting``
for what comes in, ``output`` for the host's own; the rules of ``dnat_in`` and ``dnat_output`` come after. What turns
back through the interface it came from (a guest that asks for another guest by the host's address) is marked in
``hairpin`` and takes the host's address in ``postrouting``, or the answer would go past the host. Nobody else's packets
change: clients' addresses are preserved. ``snat_out`` comes before ``postrouting``: an address that was chosen wins.

Forwards are found by what they listen to, an address before an interface before any address of the host; and in maps of
three shapes, of which each host has those that it needs: of single ports, of ranges and client subnets, and of ranges
and client subnets whose ports stay as they are. The last two are interval maps, and no slower.

Loopback addresses stay the host's own: the kernel refuses to route them to a guest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import product
from typing import Literal

from kvmplan_nftables.table.pieces import Named, Rule, base_chain
from kvmplan_nftables.table.section import Section, section

Listens = Literal["addr", "if", ""]
"""To an address, to what comes in by an interface, or to any address of the host."""
Shape = Literal["", "range", "keep"]

_FAMILIES = {4: ("ip", "ipv4", "127.0.0.0/8"), 6: ("ip6", "ipv6", "::1")}
_LISTENS: tuple[Listens, ...] = ("addr", "if", "")
_SHAPES: tuple[Shape, ...] = ("", "range", "keep")
_LABEL = 120  # a bit of the connection's label; labels, unlike marks, take part in no routing decision


@cache
def map_name(version: int, listens: Listens, shape: Shape) -> str:
    return "_".join(part for part in (f"pf{version}", listens, shape) if part)


FORWARDS = frozenset(map_name(*one) for one in product(_FAMILIES, _LISTENS, _SHAPES))
"""The maps of forwards."""


def translation() -> Iterator[Section]:
    maps = [_maps(listens, shape) for listens in _LISTENS for shape in _SHAPES]
    forwards = frozenset().union(*(one.names for one in maps))
    destinations = section(
        base_chain("dnat_in", "nat", "prerouting", -99), base_chain("dnat_output", "nat", "output", -99)
    )
    into = forwards | destinations.names | {"prerouting", "output"}
    yield section(base_chain("postrouting", "nat", "postrouting", 100), also=into)
    yield section(
        base_chain("hairpin", "filter", "prerouting", -98),
        Rule("hairpin", f"ct state new ct status dnat fib daddr . iif oif exists ct label set {_LABEL}"),
        Rule("postrouting", f"ct label {_LABEL} masquerade"),
        also=into,
    )
    yield section(
        base_chain("prerouting", "nat", "prerouting", -100), base_chain("output", "nat", "output", -100), also=forwards
    )
    yield from maps
    yield destinations
    yield section(base_chain("snat_out", "nat", "postrouting", 99))


def _maps(listens: Listens, shape: Shape) -> Section:
    return section(
        *(_map(version, listens, shape) for version in _FAMILIES),
        *(_lookup(chain, version, listens, shape) for chain in _chains(listens) for version in _FAMILIES),
    )


def _chains(listens: Listens) -> Sequence[str]:
    """Nothing of the host's own comes in by an interface."""
    return ("prerouting",) if listens == "if" else ("prerouting", "output")


def _map(version: int, listens: Listens, shape: Shape) -> Named:
    address = f"{_FAMILIES[version][1]}_addr"
    listening = {"addr": [address], "if": ["ifname"], "": []}[listens]
    key = [*([address] if shape else []), *listening, "inet_proto", "inet_service"]
    data = [address] if shape == "keep" else [address, "inet_service"]
    kind = {"type": key, "map": data, **({"flags": ["interval"]} if shape else {})}
    flags = " flags interval ;" if shape else ""
    body = f"type {' . '.join(key)} : {' . '.join(data)} ;{flags}"
    return Named("map", map_name(version, listens, shape), body, kind)


def _lookup(chain: str, version: int, listens: Listens, shape: Shape) -> Rule:
    family, kernel, loopback = _FAMILIES[version]
    local = "" if listens == "addr" else f"{family} daddr != {loopback} fib daddr type local"
    listening = {"addr": f"{family} daddr", "if": "iifname", "": ""}[listens]
    parts = (f"{family} saddr" if shape else "", listening, "meta l4proto", "th dport")
    key = " . ".join(part for part in parts if part)
    match = f"meta nfproto {kernel} meta l4proto {{ tcp, udp, sctp }} {local}"
    text = f"{match} dnat {family} to {key} map @{map_name(version, listens, shape)}"
    return Rule(chain, " ".join(text.split()))
