"""Networks of other people that are in the way."""

from __future__ import annotations

import json
from collections.abc import Iterator

from kvmplan_libvirt.assess.scene import Scene
from kvmplan_libvirt.inventory import NetworkRecord
from kvmplan_libvirt.network.model import BRIDGE
from kvmplan_libvirt.plain import block, text
from kvmplan_sdk import Change, Diagnostic, Object, error
from kvmplan_sdk.host import check


def check_networks(scene: Scene) -> Iterator[Diagnostic]:
    foreign = scene.foreign_networks()
    devices = _host_devices(scene) - {name for record in scene.inventory.networks.values() for name in record.bridges}
    for change, after in scene.planned("libvirt_network"):
        for record in foreign:
            yield from _clashes(change, after, record)
        bridge = text(block(after, "bridge") or {}, "name")
        if bridge in devices and after.get("mode") != BRIDGE and not _had_bridge(change, bridge):
            yield error(
                f"The host already has an interface {bridge}",
                "It is not a bridge of a libvirt network. Give this network's bridge another name with "
                "`bridge { name = ... }`.",
                address=change.address,
                path=("bridge", "name"),
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


def _host_devices(scene: Scene) -> set[str]:
    if not scene.reach.on_host or not any(scene.planned("libvirt_network")):
        return set()
    shown = check(scene.reach.host.run(["ip", "-j", "link", "show"]), "Listing the host's interfaces")
    return {str(device["ifname"]) for device in json.loads(shown or b"[]")}
