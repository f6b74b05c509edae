"""Judging a lane's plan against the host: names and NICs that are taken, subnets that overlap, the way that we came."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_interface

from kvmplan_netplan.bridges import Netdef, netdef
from kvmplan_netplan.document import Document
from kvmplan_netplan.kernel import Link
from kvmplan_sdk import Change, ClaimedBy, Diagnostic, Impact, ImpactLevel, InterfaceClaim, Verb, error, warning
from kvmplan_sdk.values import is_known


@dataclass(frozen=True, slots=True)
class View:
    """The host as it is, and the interfaces that other resources of the plan will make."""

    links: Mapping[str, Link]
    document: Document
    default_devices: frozenset[str]
    promised: frozenset[str]


def promised(claims: Sequence[ClaimedBy]) -> frozenset[str]:
    return frozenset(claimed.claim.name for claimed in claims if isinstance(claimed.claim, InterfaceClaim))


def judge(view: View, changes: Sequence[Change]) -> Iterator[Diagnostic]:
    """Everything that would keep the bridges from being made, or cut the host off."""
    bridges = {change.address: change for change in changes if change.after is not None and is_known(change.after)}
    users = Counter(port for change in bridges.values() for port in netdef(change.after or {}).get("interfaces", ()))
    for address, change in bridges.items():
        if change.verb is None or change.after is None:
            continue
        name, definition = str(change.after["name"]), netdef(change.after)
        found = [*_name(view, change, name), *_overlaps(view, name, definition)]
        for port in definition.get("interfaces", ()):
            found += _port(view, name, port, users[port])
        yield from (diagnostic.about(address) for diagnostic in found)


def impacts(view: View, changes: Sequence[Change]) -> dict[str, Impact]:
    """Impact that only the host shows: deletions, and changes to what carries the host's own traffic."""
    result = {}
    for change in changes:
        names = {str(side["name"]) for side in (change.before, change.after) if side and is_known(side["name"])}
        if change.verb is None:
            continue
        carriers = _carriers(view, change) | (names & view.default_devices if change.verb is not Verb.CREATE else set())
        if carriers:
            why = f"{', '.join(sorted(carriers))} carries the host's own traffic, perhaps the way that you came"
            result[change.address] = Impact(ImpactLevel.HOST_CONNECTIVITY, why=why, steps=("netplan apply",))
        elif change.verb is Verb.DELETE:
            why = "the bridge goes, and with it what is reached by way of it"
            result[change.address] = Impact(ImpactLevel.LINK_FLAP, why=why, steps=("ip link delete", "netplan apply"))
    return result


def _carriers(view: View, change: Change) -> set[str]:
    """New ports of the bridge that the host itself uses now."""
    if change.after is None or not is_known(change.after):
        return set()
    ports = netdef(change.after).get("interfaces", ())
    old = set(netdef(change.before).get("interfaces", ())) if change.before else set()
    return {port for port in ports if port not in old and _in_use(view, port)}


def _in_use(view: View, port: str) -> bool:
    return port in view.default_devices or bool(port in view.links and view.links[port].addresses)


def _name(view: View, change: Change, name: str) -> Iterator[Diagnostic]:
    link = view.links.get(name)
    if link is None or change.verb is not Verb.CREATE or name in view.document.bridges:
        return
    what = f"a {link.kind}" if link.kind else "a NIC"
    yield error(
        "Interface exists",
        f"{name} is {what} that kvmplan did not make. Choose another name, or remove it first.",
        path=("name",),
    )


def _port(view: View, bridge: str, port: str, users: int) -> Iterator[Diagnostic]:
    link = view.links.get(port)
    if link is None and port not in view.promised:
        kinds = ("", "bond", "veth", "vlan")
        nics = sorted(link.name for link in view.links.values() if link.kind in kinds and link.name != "lo")
        detail = f"The host has no interface {port}. It has: {', '.join(nics) or 'none'}."
        yield error("Port does not exist", detail, path=("interfaces",))
    if users > 1:
        detail = f"{port} is a port of {users} bridges, and can be of one."
        yield error("Port of several bridges", detail, path=("interfaces",))
    elif link and link.master not in (None, bridge) and link.master not in view.document.bridges:
        detail = f"{port} is a port of {link.master} now, which kvmplan did not make. Take it off there first."
        yield error("Port is taken", detail, path=("interfaces",))
    elif link and link.master is None and _in_use(view, port):
        addresses = ", ".join(map(str, link.addresses)) or "the default route"
        yield warning(
            "Port carries the host's own traffic",
            f"{port} has {addresses}. As a port of {bridge} it gives that up: the bridge needs the addresses and "
            f"routes instead, and the netplan file that has them for {port} must drop them.",
            path=("interfaces",),
        )


def _overlaps(view: View, name: str, definition: Netdef) -> Iterator[Diagnostic]:
    own = {name, *definition.get("interfaces", ())}
    for address in definition.get("addresses", ()):
        network = ip_interface(address).network
        for link in view.links.values():
            for other in link.addresses:
                if link.name not in own and other.version == network.version and _overlap(network, other.network):
                    yield error(
                        "Overlapping subnets",
                        f"{address} is in {network}, and {link.name} has {other} already; replies would go astray. "
                        "Choose another subnet.",
                        path=("addresses",),
                    )


def _overlap(one: object, other: object) -> bool:
    return bool(one.overlaps(other))  # type: ignore[attr-defined]
