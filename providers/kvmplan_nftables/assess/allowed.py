"""What our firewalls allow guests to be asked, and foreign chains stop all the same.

Guests behind a translation are left out: what reaches them are forwards, which are judged by themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from kvmplan_nftables import parts
from kvmplan_nftables.assess.firewalls import Planned
from kvmplan_nftables.assess.matches import Packet
from kvmplan_nftables.assess.spans import Nets
from kvmplan_nftables.assess.traffic import Traffic, judged
from kvmplan_nftables.assess.view import View
from kvmplan_nftables.filter.whom import Key
from kvmplan_nftables.parts import Address, Network, parse_address, parse_network
from kvmplan_sdk import Diagnostic, Object, SubnetClaim, Value


@dataclass(frozen=True, slots=True)
class Guests:
    """Whom a firewall guards: in ``network`` on ``interface``; ``claimed``: a resource makes that."""

    network: Network
    interface: str
    claimed: bool
    target: Address | None = None


def judge_allowed(
    view: View,
    planned: Sequence[Planned],
    subnets: Sequence[SubnetClaim],
    translated: Sequence[Network],
    forwarded: frozenset[Address],
) -> Iterator[Diagnostic]:
    """``translated``: subnets whose guests leave with another address; ``forwarded``: guests that forwards lead to."""
    claims, hidden = Nets((claim.network, claim) for claim in subnets), Nets((net, None) for net in translated)
    several = (
        traffic
        for one in planned
        if not one.bridges
        for key in one.keys
        for guests in _guarded(key, view, claims, subnets)
        if not hidden.touching(guests.network) and guests.target not in forwarded
        for traffic in _allowed(one, guests, view)
    )
    yield from judged(several, view)


def _guarded(key: Key, view: View, claims: Nets[SubnetClaim], subnets: Sequence[SubnetClaim]) -> Iterator[Guests]:
    if key.kind == "if":
        made = [claim for claim in subnets if claim.interface == key.text]
        yield from (Guests(claim.network, key.text, True) for claim in made if not claim.filtered_by)
        if not made:
            near = (net for net, device in view.routes if device == key.text and net.prefixlen)
            yield from (Guests(net, key.text, False) for net in near if not net.is_link_local and not net.is_multicast)
        return
    network = parse_network(key.text)
    target = parse_address(key.text) if key.kind.startswith("ip") else None
    claimed = [claim for _, claim in claims.touching(network)]
    interface = claimed[0].interface if claimed else view.interface_of(network)
    if interface is not None and not any(claim.filtered_by for claim in claimed):
        yield Guests(network, interface, bool(claimed), target)


def _allowed(one: Planned, guests: Guests, view: View) -> Iterator[Traffic]:
    """The first port of each of the rules that allow something, from the first of its sources."""
    version = guests.network.version
    for rule in _blocks(one.values.get("ingress")):
        if rule["action"] != "allow" or rule["protocol"] == "icmp" or rule["protocol"] == "icmpv6":
            continue
        source = _source(rule.get("source"), version)
        comes = view.interface_of(source) if source else None
        if (rule.get("source") is not None and source is None) or comes == guests.interface:
            continue
        protocol = "" if rule["protocol"] == "all" else str(rule["protocol"])
        port = min((parts.parse_ports(item)[0] for item in _items(rule.get("ports"))), default=0)
        packet = Packet(
            version=version,
            protocol=protocol,
            source=source,
            target=guests.target or guests.network,
            port=port,
            incoming=(comes,) if comes else view.outside(version),
            perhaps=() if comes else view.sides_but(guests.interface),
            outgoing=guests.interface,
            inward=True,
        )
        yield Traffic(
            address=one.address,
            path=("ingress",),
            what=_told(guests, protocol, port),
            packet=packet,
            known=guests.claimed,
            sort=guests.interface,
        )


def _told(guests: Guests, protocol: str, port: int) -> str:
    asked = f" {protocol}" if protocol else ""
    return f"allowed{asked} connections to {parts.spelled(guests.network)}{f' port {port}' if port else ''}"


def _source(value: Value, version: int) -> Network | None:
    nets = (parts.parse_net(item) for item in _items(value) if not str(item).startswith("$"))
    return next((net for net in nets if net.version == version), None)


def _blocks(value: Value) -> Iterator[Object]:
    return (one for one in _items(value) if isinstance(one, Mapping))


def _items(value: Value) -> Sequence[Value]:
    return value if isinstance(value, (list, tuple)) else ()
