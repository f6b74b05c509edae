"""Networks of other people that are in the way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from kvmplan_libvirt.assess.scene import Scene
from kvmplan_libvirt.inventory import NetworkRecord
from kvmplan_libvirt.network.model import BRIDGE
from kvmplan_libvirt.plain import block, text
from kvmplan_sdk import Change, Diagnostic, Object, Path, error


def check_networks(scene: Scene) -> Iterator[Diagnostic]:
    foreign = _Foreign.of(scene.foreign_networks)
    devices = scene.devices - scene.network_bridges
    for change, after in scene.planned("libvirt_network"):
        clash = _clash(after, foreign)
        if clash is not None:
            yield clash.about(change.address)
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
    if bridge not in scene.interfaces_to_be:
        yield error(
            f"There is no bridge {bridge}",
            f"The host has no interface {bridge} and nothing planned makes one. Make it with `netplan_bridge`, or name "
            "one that is there.",
            address=change.address,
            path=path,
        )


@dataclass(frozen=True, slots=True)
class _Foreign:
    """The networks that are not of this plan, by each of the things that only one can have."""

    names: Mapping[str, NetworkRecord]
    uuids: Mapping[str, NetworkRecord]
    bridges: Mapping[str, NetworkRecord]
    macs: Mapping[str, NetworkRecord]

    @classmethod
    def of(cls, records: Sequence[NetworkRecord]) -> _Foreign:
        return cls(
            {record.name: record for record in records},
            {record.uuid: record for record in records},
            {bridge: record for record in records for bridge in record.bridges},
            {mac: record for record in records for mac in record.macs},
        )


def _clash(after: Object, foreign: _Foreign) -> Diagnostic | None:
    bridge, mac = text(block(after, "bridge") or {}, "name") or "", (text(after, "mac") or "").lower()
    name, uuid = text(after, "name") or "", (text(after, "uuid") or "").lower()
    if name in foreign.names:
        return error(
            f"There is already a network {name}",
            "It was not made by this state. Choose another `name`; or take it in with an `import` block whose `id` is "
            f"{name}; or remove it on the host (`virsh net-destroy {name}; virsh net-undefine {name}`).",
            path=("name",),
        )
    if uuid in foreign.uuids:
        return error(
            f"Network {foreign.uuids[uuid].name} already has the UUID {uuid}",
            "It was not made by this state. Choose another `uuid`, or remove it on the host.",
            path=("uuid",),
        )
    if bridge in foreign.bridges and after.get("mode") != BRIDGE:
        return error(
            f"Network {foreign.bridges[bridge].name} already uses the bridge {bridge}",
            "Give this network's bridge another name with `bridge { name = ... }`.",
            path=("bridge", "name"),
        )
    if mac in foreign.macs:
        return error(
            f"The bridge of network {foreign.macs[mac].name} already has the MAC address {mac}",
            "Leave `mac` out to get one of its own, or choose another.",
            path=("mac",),
        )
    return None


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
