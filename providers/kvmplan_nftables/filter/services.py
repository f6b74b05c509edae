"""What keeps working whatever the rules of a firewall say, because without it a guest has no network at all.

The sets of ICMP types are in `kvmplan_nftables.table.firewalls`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Service:
    """Matches of what the guest sends and is sent, and the families where they are seen."""

    egress: tuple[str, ...]
    ingress: tuple[str, ...]
    families: tuple[str, ...] = ("inet", "bridge")


SERVICES: Mapping[str, Service] = {
    "arp": Service(("ether type arp",), ("ether type arp",), ("bridge",)),
    "dhcp": Service(
        ("udp sport 68 udp dport 67", "udp sport 546 udp dport 547"),
        ("udp sport 67 udp dport 68", "udp sport 547 udp dport 546"),
    ),
    "dns": Service(
        ("udp dport 53 fib daddr type local", "tcp dport 53 fib daddr type local"),
        (),
        ("inet",),
    ),
    "nd": Service(("icmpv6 type @fw_nd_from",), ("icmpv6 type @fw_nd_to",)),
}

STATELESS = ("tcp flags & (syn | ack) != syn", "icmp type @fw_answers4", "icmpv6 type @fw_answers6")
"""What can only be an answer."""
REFUSALS = ("tcp flags & rst == rst", "icmp type destination-unreachable", "icmpv6 type destination-unreachable")
"""What a bridge rejects with. It belongs to no connection (Linux, nft_reject_bridge.c)."""


def in_family(family: str) -> list[str]:
    return [name for name, service in SERVICES.items() if family in service.families]


def matches(names: Sequence[str], direction: str) -> Iterator[str]:
    for name in sorted(names):
        service = SERVICES[name]
        yield from service.egress if direction == "egress" else service.ingress
