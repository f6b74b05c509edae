"""NICs that cannot be where they are planned: no such domain, no such network, a MAC address that is taken."""

from __future__ import annotations

from collections.abc import Iterator

from kvmplan_libvirt.assess.fitting import check_fitting
from kvmplan_libvirt.assess.networks import check_bridge, missing_network
from kvmplan_libvirt.assess.scene import Scene
from kvmplan_libvirt.data.told import missing
from kvmplan_libvirt.network.read import is_adrift
from kvmplan_libvirt.plain import text
from kvmplan_sdk import Change, Diagnostic, Object, error


def check_interfaces(scene: Scene) -> Iterator[Diagnostic]:
    for change, after in scene.planned("libvirt_interface"):
        domain = text(after, "domain")
        record = scene.domain(after)
        if domain is not None and record is None:
            yield missing("domain", scene.inventory.domains.values(), domain, ("domain",)).about(change.address)
        yield from _check_network(scene, change, after)
        bridge = text(after, "bridge")
        if bridge is not None:
            yield from check_bridge(scene, change, bridge, ("bridge",))
        yield from check_fitting(scene, change, after, record)
        yield from _check_mac(scene, change, after)


def _check_network(scene: Scene, change: Change, after: Object) -> Iterator[Diagnostic]:
    name = text(after, "network")
    if name is None:
        return
    record = scene.inventory.network_named(name)
    domain = scene.domain(after)
    if (
        name not in scene.networks_planned
        and record is not None
        and record.live is None
        and domain is not None
        and domain.running
    ):
        yield error(
            f"Network {name} is not running",
            f"Guest {domain.name} is, and its NIC cannot be attached. Start it: `virsh net-start {name}`.",
            address=change.address,
            path=("network",),
        )
    if name not in scene.networks_planned and record is not None and is_adrift(scene.inventory, record):
        yield error(
            f"Network {name} has lost its bridge",
            "libvirt takes it to run, but somebody has removed the bridge, so no NIC can be attached. Start it anew: "
            f"`virsh net-destroy {name}; virsh net-start {name}`.",
            address=change.address,
            path=("network",),
        )
    nowhere = missing_network(scene, name)
    if nowhere is not None:
        yield nowhere.about(change.address)


def _check_mac(scene: Scene, change: Change, after: Object) -> Iterator[Diagnostic]:
    mac = (text(after, "mac") or "").lower()
    if not mac:
        return
    own = _nic_before(scene, change)
    for record in scene.guests_with.get(mac, ()):
        tags = record.owners_of(mac)
        if own == (record.name, mac) and scene.reach.owns(tags, change.tagged, mac):
            continue
        if scene.reach.owner(change.tagged, mac) not in tags and not scene.goes(record.name, mac):
            yield error(
                f"The MAC address {mac} is taken",
                f"A NIC of domain {record.name} that this resource did not make has it. Leave `mac` out to get one of "
                "its own, choose another, or take that NIC in with an `import` block whose `id` is "
                f"{record.name}/{mac}.",
                address=change.address,
                path=("mac",),
            )


def _nic_before(scene: Scene, change: Change) -> tuple[str, str] | None:
    """The name of the domain, and the MAC address, of the NIC as it is."""
    record = scene.domain(change.before) if change.before is not None else None
    if change.before is None or record is None:
        return None
    return record.name, (text(change.before, "mac") or "").lower()
