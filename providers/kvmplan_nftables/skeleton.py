"""The fixed part of the table: four maps for forwards, and the chains that look them up.

A packet costs the same however many forwards there are. Maps are looked up where a connection begins: ``prerouting``
for what comes in, ``output`` for the host's own. What turns back through the interface it came from (a guest that asks
for another guest by the host's address) is marked in ``hairpin`` and takes the host's address in ``postrouting``, or
the answer would go past the host. Nobody else's packets change: clients' addresses are preserved.

Loopback addresses stay the host's own: the kernel refuses to route them to a guest.
"""

from __future__ import annotations

FAMILIES = {4: ("ip", "ipv4", "127.0.0.0/8"), 6: ("ip6", "ipv6", "::1")}
_LABEL = 120  # a bit of the connection's label; labels, unlike marks, take part in no routing decision
_PREFIX = "kvmplan"

CHAINS = {
    "prerouting": ("nat", "prerouting", -100),
    "hairpin": ("filter", "prerouting", -99),
    "output": ("nat", "output", -100),
    "postrouting": ("nat", "postrouting", 100),
}
"""Type, hook and priority of each chain, as nft lists them."""

MAPS = {f"pf{version}{kind}": (version, kind) for version in FAMILIES for kind in ("", "_addr")}


def rules() -> list[tuple[str, str, str]]:
    """Chain, comment and text of every fixed rule, in order. Exact listen addresses come before any address."""
    lines = []
    for chain in ("prerouting", "output"):
        for name, (version, kind) in sorted(MAPS.items(), key=lambda item: (item[1][0], item[1][1] == "")):
            family, kernel, loopback = FAMILIES[version]
            local = f"{family} daddr != {loopback} fib daddr type local" if not kind else ""
            key = f"{family} daddr . " if kind else ""
            text = f"meta nfproto {kernel} {local} dnat {family} to {key}meta l4proto . th dport map @{name}"
            lines.append((chain, f"{_PREFIX} {name}", " ".join(text.split())))
    marks = f"ct state new ct status dnat fib daddr . iif oif exists ct label set {_LABEL}"
    lines.append(("hairpin", f"{_PREFIX} hairpin", marks))
    lines.append(("postrouting", f"{_PREFIX} hairpin", f"ct label {_LABEL} masquerade"))
    return lines


def lines() -> list[str]:
    """The commands that make the table anew, one a line."""
    text = ["add table inet kvmplan"]
    for name, (version, kind) in MAPS.items():
        address = FAMILIES[version][1] + "_addr"
        key = f"{address} . inet_proto . inet_service" if kind else "inet_proto . inet_service"
        text.append(f"add map inet kvmplan {name} {{ type {key} : {address} . inet_service ; }}")
    for name, (type_, hook, priority) in CHAINS.items():
        hooked = f"type {type_} hook {hook} priority {priority} ; policy accept ;"
        text.append(f"add chain inet kvmplan {name} {{ {hooked} }}")
    text += [f'add rule inet kvmplan {chain} {rule} comment "{comment}"' for chain, comment, rule in rules()]
    return text
