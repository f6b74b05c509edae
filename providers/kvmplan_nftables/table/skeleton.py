"""The fixed part of our tables. Here that of forwards: four maps, and the chains that look them up.

A packet costs the same however many forwards there are. Maps are looked up where a connection begins: ``prerouting``
for what comes in, ``output`` for the host's own. What turns back through the interface it came from (a guest that asks
for another guest by the host's address) is marked in ``hairpin`` and takes the host's address in ``postrouting``, or
the answer would go past the host. Nobody else's packets change: clients' addresses are preserved.

Loopback addresses stay the host's own: the kernel refuses to route them to a guest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kvmplan_nftables.table.firewalls import firewalls, isolation
from kvmplan_nftables.table.pieces import BRIDGE, OURS, Named, Piece, Rule, TableName, base_chain
from kvmplan_nftables.table.section import Section, section

TAG = "kvmplan skeleton"
FAMILIES = {4: ("ip", "ipv4", "127.0.0.0/8"), 6: ("ip6", "ipv6", "::1")}
_LABEL = 120  # a bit of the connection's label; labels, unlike marks, take part in no routing decision
_HOOKS = {
    "prerouting": ("nat", "prerouting", -100),
    "hairpin": ("filter", "prerouting", -99),
    "output": ("nat", "output", -100),
    "postrouting": ("nat", "postrouting", 100),
}
"""Type, hook and priority of each chain."""


def _maps() -> Iterator[Named]:
    for version, (_, kernel, _) in FAMILIES.items():
        for kind in ("", "_addr"):
            address = f"{kernel}_addr"
            key = [address, "inet_proto", "inet_service"] if kind else ["inet_proto", "inet_service"]
            body = f"type {' . '.join(key)} : {address} . inet_service ;"
            shape = {"type": key, "map": [address, "inet_service"]}
            yield Named("map", f"pf{version}{kind}", body, shape)


def _rules() -> Iterator[Rule]:
    """Exact listen addresses come before any address."""
    for chain in ("prerouting", "output"):
        for version, (family, kernel, loopback) in FAMILIES.items():
            for kind in ("_addr", ""):
                local = f"{family} daddr != {loopback} fib daddr type local" if not kind else ""
                key = f"{family} daddr . " if kind else ""
                found = f"dnat {family} to {key}meta l4proto . th dport map @pf{version}{kind}"
                yield Rule(chain, " ".join(f"meta nfproto {kernel} {local} {found}".split()))
    yield Rule("hairpin", f"ct state new ct status dnat fib daddr . iif oif exists ct label set {_LABEL}")
    yield Rule("postrouting", f"ct label {_LABEL} masquerade")


SECTIONS: Mapping[TableName, tuple[Section, ...]] = {
    OURS: (
        section(*_maps(), *(base_chain(name, *hook) for name, hook in _HOOKS.items()), *_rules()),
        section(*firewalls(OURS)),
        section(isolation(OURS)),
    ),
    BRIDGE: (section(*firewalls(BRIDGE)), section(isolation(BRIDGE))),
}
SKELETON: Mapping[TableName, tuple[Piece, ...]] = {
    name: tuple(piece for one in sections for piece in one.pieces) for name, sections in SECTIONS.items()
}
"""By table; a table of ours without anything but this is removed."""
