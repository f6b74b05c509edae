"""Networks of other people that are in the way."""

from __future__ import annotations

from collections.abc import Iterator

from kvmplan_libvirt.assess.scene import Scene
from kvmplan_libvirt.inventory import NetworkRecord
from kvmplan_libvirt.network.model import BRIDGE
from kvmplan_libvirt.plain import block, text
from kvmplan_sdk import Change, Diagnostic, Object, Path, error


def check_networks(scene: Scene) -> Iterator[Diagnostic]:
    foreign = scene.foreign_networks()
    devices = scene.devices - scene.network_bridges
    for change, after in scene.planned("libvirt_network"):
        for record in foreign:
            yield from _clashes(change, after, record)
        bridge = text(block(after, "bridge") or {}, "name")
        if bridge is not None and after.get("mode") == BRIDGE:
            yield from check_bridge(scene, change, bridge, ("bridge", "name"))
        if bridge in devices and after.get("mode") != BRIDGE and not _had_bridge(change, bridge):
            yield error(
                f"The host already has an interface {bridge}",
                "It is not a bridge of a libvirt network. Give this network's bridge another name with "
                "`bridge { name = ... }`.",
                address=change.address,
                path=("bridge", "name"),
            )


def check_bridge(scene: Scene, change: Change, bridge: str, path: Path) -> Iterator[Diagnostic]:
    """Whether the bridge is on the host, or anybody's plan makes it."""
    if not scene.reach.on_host:
        return
    there = scene.devices | scene.network_bridges | scene.claimed_interfaces
    if bridge not in there:
        yield error(
            f"There is no bridge {bridge}",
            f"The host has no interface {bridge} and nothing planned makes one. Make it with `netplan_bridge`, or name "
            "one that is there.",
            address=change.address,
            path=path,
        )


def _clashes(change: Change, after: Object, record: NetworkRecord) -> Iterator[Diagnostic]:
    bridge = text(block(after, "bridge") or {}, "name")
    if text(after, "name") == record.name:
        yield error(
            f"There is already a network {record.name}",
            "It was not made by this state. Choose another `name`, or remove it on the host "
            f"(`virsh net-destroy {record.name}; virsh net-undefine {record.name}`).",
            address=change.address,
            path=("name",),
        )
    elif text(after, "uuid") == record.uuid:
        yield error(
            f"Network {record.name} already has the UUID {record.uuid}",
            "It was not made by this state. Choose another `uuid`, or remove it on the host.",
            address=change.address,
            path=("uuid",),
        )
    elif bridge in record.bridges and after.get("mode") != BRIDGE:
        yield error(
            f"Network {record.name} already uses the bridge {bridge}",
            "Give this network's bridge another name with `bridge { name = ... }`.",
            address=change.address,
            path=("bridge", "name"),
        )


def _had_bridge(change: Change, bridge: str | None) -> bool:
    return change.before is not None and text(block(change.before, "bridge") or {}, "name") == bridge


def missing_network(scene: Scene, name: str) -> Diagnostic | None:
    """That a network which something is to be in is neither there nor planned."""
    if name in scene.networks_to_be:
        return None
    stays = " to stay" if scene.inventory.network_named(name) is not None else ""
    return error(
        f"There is no network {name}",
        f"It is neither on the host nor planned{stays}. Networks: {', '.join(sorted(scene.networks_to_be)) or 'none'}.",
        path=("network",),
    )
