"""NICs to wait for that nobody could ever tell an address of, and guests that do not run to get one."""

from __future__ import annotations

from collections.abc import Iterator

from kvmplan_libvirt.addresses.book import Source
from kvmplan_libvirt.addresses.report import unasked
from kvmplan_libvirt.addresses.table import Wait, wait_of
from kvmplan_libvirt.assess.scene import Scene
from kvmplan_libvirt.inventory import AGENT_CHANNEL, DomainRecord
from kvmplan_libvirt.network.xml import values_of
from kvmplan_libvirt.plain import block, blocks, text
from kvmplan_sdk import UNKNOWN, Change, Diagnostic, Object, error

_SOURCE = ("wait_for_address", "source")


def check_waiting(scene: Scene) -> Iterator[Diagnostic]:
    for change, after in scene.planned("libvirt_interface"):
        wait = wait_of(after)
        if wait is None or change.verb is None or after.get("addresses") is not UNKNOWN:
            continue
        record = scene.inventory.domain(text(after, "domain") or "")
        if record is not None and not record.running:
            yield unasked(f"NIC {after['mac']} of domain {record.name}").about(change.address)
        elif wait.source is Source.AGENT and record is not None:
            yield from _check_agent(change, record)
        elif wait.source is Source.LEASE:
            yield from _check_lease(scene, change, after, wait)


def _check_agent(change: Change, record: DomainRecord) -> Iterator[Diagnostic]:
    if record.agent is None:
        yield error(
            f"Domain {record.name} has no channel for a guest agent",
            f"Nobody can be asked for addresses there. Give it a channel with the target {AGENT_CHANNEL}, or write "
            "another `source`.",
            address=change.address,
            path=_SOURCE,
        )


def _check_lease(scene: Scene, change: Change, after: Object, wait: Wait) -> Iterator[Diagnostic]:
    name = text(after, "network")
    network = None if name is None else _network(scene, name)
    if network is None or _serves(network, wait.family) or _has_hosts_of_its_own(scene, name):
        return
    yield error(
        f"Network {name} leases no addresses",
        f"No `ip` block{f' of {wait.family}' if wait.family else ''} has a `dhcp` block with a `range` or `host`, so "
        "the NIC gets no lease there. Add one, or write another `source`.",
        address=change.address,
        path=_SOURCE,
    )


def _network(scene: Scene, name: str) -> Object | None:
    """What the network will be; None where it is not there, which is told elsewhere."""
    planned = next((one for _, one in scene.planned("libvirt_network") if one.get("name") == name), None)
    record = scene.inventory.network_named(name)
    return planned or (None if record is None else values_of(record.any))


def _serves(network: Object, family: str | None) -> bool:
    if network.get("ip") is UNKNOWN:
        return True
    return any(_leases(ip) for ip in blocks(network, "ip") if family is None or ip.get("family") in {family, UNKNOWN})


def _leases(ip: Object) -> bool:
    dhcp = block(ip, "dhcp") or {}
    return UNKNOWN in (ip.get("dhcp"), dhcp.get("range"), dhcp.get("host")) or bool(
        blocks(dhcp, "range") or blocks(dhcp, "host")
    )


def _has_hosts_of_its_own(scene: Scene, name: str | None) -> bool:
    """Whether reservations are planned as resources of their own."""
    return any(host.get("network") in {name, UNKNOWN} for _, host in scene.planned("libvirt_dhcp_host"))
