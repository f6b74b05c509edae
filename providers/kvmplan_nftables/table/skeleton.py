"""The fixed part of our tables: four maps for forwards, those of firewalls, and the chains that look them up.

A packet costs the same however many forwards there are. Maps are looked up where a connection begins: ``prerouting``
for what comes in, ``output`` for the host's own. What turns back through the interface it came from (a guest that asks
for another guest by the host's address) is marked in ``hairpin`` and takes the host's address in ``postrouting``, or
the answer would go past the host. Nobody else's packets change: clients' addresses are preserved.

Loopback addresses stay the host's own: the kernel refuses to route them to a guest.

A packet passes the firewalls that hold its sender (``fw_from_`` maps), then those that hold its receiver (``fw_to_``).
``inet`` sees what the host routes, takes and sends. ``bridge`` looks at what senders may do as a frame comes in, after
connections are known (nf_conntrack_bridge, priority -200), and before that at whether it is sent in its sender's own
name (``fw_spoof_``); at what receivers may be sent as it goes out, the host's own frames included.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from kvmplan_nftables.table.pieces import BRIDGE, OURS, Named, Piece, Rule, TableName

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


def base_chain(name: str, type_: str, hook: str, priority: int, table: TableName = OURS) -> Named:
    shape = {"type": type_, "hook": hook, "prio": priority, "policy": "accept"}
    return Named("chain", name, f"type {type_} hook {hook} priority {priority} ; policy accept ;", shape, table)


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


def _firewalls(table: TableName) -> Iterator[Piece]:
    for way, kinds in _KINDS[table].items():
        for kind in kinds:
            type_, _, flags = _BY[kind]
            shape = {"type": type_, "map": "verdict", **({"flags": ["interval"]} if flags else {})}
            yield Named("map", f"fw_{way}_{kind}", f"type {type_} : verdict ; {flags}", shape, table)
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


SKELETON: Mapping[TableName, tuple[Piece, ...]] = {
    OURS: (*_maps(), *(base_chain(name, *hook) for name, hook in _HOOKS.items()), *_rules(), *_firewalls(OURS)),
    BRIDGE: tuple(_firewalls(BRIDGE)),
}
"""By table; a table of ours without anything but this is removed."""
