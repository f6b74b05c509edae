"""Judging what guests are promised by masquerades, snat and what acts in bridges, against the host as it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address

from kvmplan_nftables.assess.matches import Network, Packet
from kvmplan_nftables.assess.spans import Nets
from kvmplan_nftables.assess.traffic import Traffic, judged
from kvmplan_nftables.assess.view import View
from kvmplan_nftables.parts import parse_network
from kvmplan_sdk import Change, Diagnostic, Object, SubnetClaim
from kvmplan_sdk.values import is_known

_BROADCAST = IPv4Address("255.255.255.255")
_WAYS = ("nftables_masquerade", "nftables_snat")
_CALLS = {4: "net.bridge.bridge-nf-call-iptables", 6: "net.bridge.bridge-nf-call-ip6tables"}


@dataclass(frozen=True, slots=True)
class Way:
    """The way out of a subnet. ``interface``: that its guests are behind; ``claimed``: a resource makes it."""

    address: str
    network: Network
    interface: str
    claimed: bool
    out: str | None
    changed: bool


def ways_out(view: View, changes: Sequence[Change], subnets: Sequence[SubnetClaim]) -> Iterator[Way]:
    """The masquerades and source translations after the plan whose guests' interface is there, or will be."""
    claims = Nets((claim.network, claim.interface) for claim in subnets)
    for change in changes:
        if change.type not in _WAYS or change.after is None or not is_known(change.after):
            continue
        if change.after.get("destinations") is not None and change.after.get("out_interface") is None:
            continue  # routes say which way each of them goes
        network = _source(change.after)
        if network is None:
            continue
        claimed = next((interface for _, interface in claims.touching(network)), None)
        interface = claimed or view.interface_of(network)
        if interface is not None:
            out = change.after.get("out_interface")
            told = None if out is None else str(out)
            yield Way(change.address, network, interface, claimed is not None, told, change.verb is not None)


def _source(values: Object) -> Network | None:
    try:
        return parse_network(values["source"])
    except (KeyError, ValueError):
        return None


def judge_ways_out(view: View, ways: Sequence[Way]) -> Iterator[Diagnostic]:
    yield from judged((one for way in ways for one in _out(way, view)), view)
    first = {(way.interface, way.network.version): way for way in reversed(ways)}
    yield from judged((one for way in first.values() for one in _services(way, view)), view)


def _out(way: Way, view: View) -> Iterator[Traffic]:
    version = way.network.version
    for out in [way.out] if way.out else view.outside(version):
        # Of connections: who lets ping alone pass lets nobody work.
        packet = Packet(version=version, protocol="tcp", source=way.network, incoming=(way.interface,), outgoing=out)
        yield Traffic(
            address=way.address,
            path=("source",),
            what=f"what guests of {way.network} on {way.interface} send out by {out}",
            packet=packet,
            vital=way.changed,
            known=way.claimed,
            sort=f"{way.interface} {out}",
        )


def _services(way: Way, view: View) -> Iterator[Traffic]:
    """DHCP and DNS, as far as the host gives them; libvirt opens no port for networks of mode open."""
    serves = {port for protocol, _, port in view.sockets if protocol == "udp"}
    for what, port in (("DHCP", 67 if way.network.version == 4 else 547), ("DNS", 53)):
        if not way.claimed and port not in serves:
            continue
        dhcp = what == "DHCP"
        packet = Packet(
            version=way.network.version,
            protocol="udp",
            source=None if dhcp else way.network,
            target=_BROADCAST if port == 67 else None,
            port=port,
            incoming=(way.interface,),
            kind="broadcast" if port == 67 else "multicast" if dhcp else "local",
        )
        yield Traffic(
            address=way.address,
            path=("source",),
            what=f"{what} requests of guests of {way.network} on {way.interface} (udp port {port})",
            packet=packet,
            hook="input",
            sort=what,
        )


def judge_bridged(view: View, changes: Sequence[Change]) -> Iterator[Diagnostic]:
    """Where br_netfilter shows bridged frames to the IP firewall, its forward chains stop guests of a bridge too."""
    asked = [change for change in changes if change.after is not None and change.verb is not None and _acts(change)]
    if not asked:
        return
    for version, name in _CALLS.items():
        if view.sysctl(name) == "1":
            yield from judged((_bridged(view, change, version, name) for change in asked), view)


def _bridged(view: View, change: Change, version: int, name: str) -> Traffic:
    bridge = view.bridge_of(_taps(change.after or {}))
    packet = Packet(
        version=version,
        incoming=(bridge,) if bridge else (),
        perhaps=() if bridge else view.bridges,
        outgoing=bridge or "",
        bridged=True,
    )
    what = f"what guests send each other through their bridge over IPv{version} ({name} is 1)"
    return Traffic(address=change.address, path=(), what=what, packet=packet, sort=name)


def _taps(values: Object) -> Sequence[str]:
    guests = values.get("guests")
    named = guests if isinstance(guests, (list, tuple)) else [values.get("interface")]
    return [str(name) for name in named if name is not None]


def _acts(change: Change) -> bool:
    """Whether it acts on what bridges pass on."""
    values = change.after or {}
    if change.type == "nftables_firewall":
        return values.get("family") == "bridge"
    return change.type == "nftables_isolation" and values.get("guests") is not None
