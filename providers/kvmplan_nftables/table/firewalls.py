"""The skeleton of firewalls and isolation: verdict maps, and the chains that look them up.

A packet passes the firewalls that hold its sender (``fw_from_`` maps), then those that hold its receiver (``fw_to_``).
``inet`` sees what the host routes, takes and sends. ``bridge`` looks at what senders may do as a frame comes in, after
connections are known (nf_conntrack_bridge, priority -200), and before that at whether it is sent in its sender's own
name (``fw_spoof_``); at what receivers may be sent as it goes out, the host's own frames included.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from kvmplan_nftables.table.pieces import BRIDGE, OURS, Element, Named, Piece, Rule, TableName, base_chain

_ADDRESSES = {
    "ip4": ("ipv4_addr", "ip {}addr", ""),
    "ip6": ("ipv6_addr", "ip6 {}addr", ""),
    "net4": ("ipv4_addr", "ip {}addr", "flags interval ; "),
    "net6": ("ipv6_addr", "ip6 {}addr", "flags interval ; "),
}
_BY = {"if": ("ifname", "{}ifname", ""), "mac": ("ether_addr", "ether {}addr", ""), **_ADDRESSES}
"""Type, field and flags of the firewalls' maps, by kind of key."""
_INET = ("if", *_ADDRESSES)
_JUDGED: Mapping[TableName, Mapping[tuple[str, str, int], Collection[str]]] = {
    OURS: {
        ("fw_forward", "forward", 0): ("from", "to"),
        ("fw_input", "input", 0): ("from",),
        ("fw_output", "output", 0): ("to",),
    },
    BRIDGE: {
        ("fw_spoof", "prerouting", -300): ("spoof",),
        ("fw_egress", "prerouting", -100): ("from",),
        ("fw_ingress", "postrouting", -100): ("to",),
    },
}
"""Base chains of firewalls by table, with what each looks up."""
_KINDS: Mapping[TableName, Mapping[str, Collection[str]]] = {
    OURS: {"from": _INET, "to": _INET},
    BRIDGE: {"from": _BY, "to": _BY, "spoof": ("if", "mac")},
}
_NEIGHBOURS = ("nd-neighbor-solicit", "nd-neighbor-advert")
_FAILURES = ("destination-unreachable", "time-exceeded", "parameter-problem")
_TYPES: Mapping[str, tuple[str, tuple[str, ...], Collection[TableName]]] = {
    "fw_nd_from": (
        "icmpv6_type",
        ("nd-router-solicit", *_NEIGHBOURS, "mld-listener-report", "mld-listener-done", "mld2-listener-report"),
        (OURS, BRIDGE),
    ),
    "fw_nd_to": ("icmpv6_type", ("nd-router-advert", *_NEIGHBOURS, "mld-listener-query"), (OURS, BRIDGE)),
    "fw_nd_unspecified": (
        "icmpv6_type",
        ("nd-router-solicit", "nd-neighbor-solicit", "mld-listener-report", "mld2-listener-report"),
        (BRIDGE,),
    ),
    "fw_answers4": ("icmp_type", ("echo-reply", *_FAILURES), (BRIDGE,)),
    "fw_answers6": ("icmpv6_type", ("echo-reply", "packet-too-big", *_FAILURES), (BRIDGE,)),
}
"""Sets of ICMP types that all firewalls share, by name. The kernel looks sets up one by one when rules come: each
firewall with sets of its own would make ten thousand cost their square.
"""


def firewalls(table: TableName) -> Iterator[Piece]:
    for way, kinds in _KINDS[table].items():
        for kind in kinds:
            type_, _, flags = _BY[kind]
            shape = {"type": type_, "map": "verdict", **({"flags": ["interval"]} if flags else {})}
            yield Named("map", f"fw_{way}_{kind}", f"type {type_} : verdict ; {flags}", shape, table)
    for name, (type_, elements, tables) in _TYPES.items():
        if table in tables:
            yield Named("set", name, f"type {type_} ;", {"type": type_}, table)
            yield from (Element(name, element, table=table) for element in elements)
    for (name, hook, priority), ways in _JUDGED[table].items():
        yield base_chain(name, "filter", hook, priority, table)
        if table == OURS:
            yield Rule(name, "ct state established,related accept", table)
        for way in ways:
            for kind in _KINDS[table][way]:
                yield Rule(name, f"{_field(kind, way)} vmap @fw_{way}_{kind}", table)


def _field(kind: str, way: str) -> str:
    sides = ("o", "d") if way == "to" else ("i", "s")
    return _BY[kind][1].format(sides[0] if kind == "if" else sides[1])


def isolation(table: TableName) -> Named:
    """Where networks and guests that must not meet are parted."""
    return base_chain("isolation", "filter", "forward", 0, table)
