"""NICs that do not fit where they go: what the host, the guest or the network lacks for them."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree as ET

from kvmplan_libvirt.assess.scene import Scene
from kvmplan_libvirt.interface.source import DIRECT, USER, VHOSTUSER
from kvmplan_libvirt.inventory import DomainRecord
from kvmplan_libvirt.network.model import BRIDGE, OWN_BRIDGE
from kvmplan_libvirt.plain import block, blocks, text
from kvmplan_libvirt.versions import VLAN_ON_BRIDGE, spelled
from kvmplan_sdk import Change, Diagnostic, Object, error, warning


def check_fitting(scene: Scene, change: Change, after: Object, record: DomainRecord | None) -> Iterator[Diagnostic]:
    """``record``: the domain of the NIC, if it is there."""
    yield from _check_devices(scene, change, after)
    yield from _check_vlan(scene, change, after)
    if record is not None:
        yield from _check_boot_order(change, after, record)
        yield from _check_memory(change, after, record)


def _check_devices(scene: Scene, change: Change, after: Object) -> Iterator[Diagnostic]:
    """Devices of the host that a NIC names and that nobody makes."""
    if not scene.reach.on_host:
        return
    for source in (DIRECT, USER):
        name = text(block(after, source) or {}, "dev")
        if name is not None and name not in scene.interfaces_to_be:
            yield error(
                f"There is no device {name}",
                f"The host has no interface {name} and nothing planned makes one. Name one that is there.",
                address=change.address,
                path=(source, "dev"),
            )


def _check_boot_order(change: Change, after: Object, record: DomainRecord) -> Iterator[Diagnostic]:
    if after.get("boot_order") is None or _definition(record).find("os/boot") is None:
        return
    yield error(
        f"Domain {record.name} has a boot order of its own",
        "Its definition says what it boots from in `<os>`, and then devices cannot. Take `<boot>` out of `<os>` "
        f"(`virsh edit {record.name}`), or `boot_order` here.",
        address=change.address,
        path=("boot_order",),
    )


def _check_memory(change: Change, after: Object, record: DomainRecord) -> Iterator[Diagnostic]:
    definition = _definition(record)
    cells = definition.findall("cpu/numa/cell")
    access = definition.find("memoryBacking/access")
    shared = (access is not None and access.get("mode") == "shared") or any(
        cell.get("memAccess") == "shared" for cell in cells
    )
    if after.get(VHOSTUSER) is not None and not shared:
        yield warning(
            f"The memory of domain {record.name} is not shared",
            "A switch in userspace reaches the guest through its memory, so no packet will pass. Say "
            f"`<memoryBacking><access mode='shared'/></memoryBacking>` in its definition (`virsh edit {record.name}`).",
            address=change.address,
            path=(VHOSTUSER,),
        )


def _definition(record: DomainRecord) -> ET.Element:
    definition = record.config if record.config is not None else record.live
    assert definition is not None
    return definition


def _check_vlan(scene: Scene, change: Change, after: Object) -> Iterator[Diagnostic]:
    """Of a NIC with a bridge, its own check tells."""
    version, name = scene.reach.version, text(after, "network")
    if name is None or after.get("vlan") is None or after.get("virtualport") is not None or version >= VLAN_ON_BRIDGE:
        return
    network = scene.network_to_be(name)
    if network is not None and _is_linux_bridge(network, text(after, "portgroup")):
        yield error(
            "VLANs of a Linux bridge need libvirt 11.0",
            f"Network {name} is on one, and the host has {spelled(version)}. Use a network on an Open vSwitch bridge, "
            "or on a bridge that is made on a VLAN interface of the host.",
            address=change.address,
            path=("vlan",),
        )


def _is_linux_bridge(network: Object, portgroup: str | None) -> bool:
    groups = (item for item in blocks(network, "portgroup") if text(item, "name") == portgroup)
    ports = [network.get("virtualport"), *(group.get("virtualport") for group in groups)]
    return network.get("mode") in OWN_BRIDGE | {BRIDGE} and ports.count(None) == len(ports)
