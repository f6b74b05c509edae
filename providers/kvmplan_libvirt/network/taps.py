"""Running guests on a network that is stopped and started: libvirt lets go of their taps and takes none back.

Each gets its port of the network again, under the UUID that libvirt's record of the guest has, and its tap is put on
the new bridge; then the kernel is asked whether it is there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from kvmplan_libvirt.api import Network
from kvmplan_libvirt.errors import supported
from kvmplan_libvirt.inventory import Inventory, NetworkRecord, Nic
from kvmplan_libvirt.reach import Reach
from kvmplan_sdk import DiagnosticError, error
from kvmplan_sdk.host import check


@dataclass(frozen=True, slots=True)
class Attached:
    """``ports`` are documents of libvirt's network ports, ``nics`` those with a tap."""

    ports: tuple[str, ...]
    nics: tuple[Nic, ...]


def attached_to(reach: Reach, network: Network, record: NetworkRecord) -> Attached:
    """What running guests have on the network, or had when it was stopped."""
    inventory = Inventory(reach.connection)
    nics = tuple(
        nic
        for nic in inventory.running_nics()
        if nic.target and (nic.network == record.name or nic.bridge in record.bridges)
    )
    if record.live is not None:
        return Attached(tuple(_ports(network)), nics)
    on_network = [nic for nic in nics if nic.network == record.name]
    return Attached(tuple(_lost_port(nic, inventory.domains[nic.domain].uuid) for nic in on_network), nics)


def _ports(network: Network) -> Iterator[str]:
    """libvirt's record of each port, but where it is plugged in, which a new port is told."""
    for port in supported(network.listAllPorts) or ():
        document = ET.fromstring(port.XMLDesc())  # noqa: S314 - libvirt's own document
        for plug in document.findall("plug"):
            document.remove(plug)
        yield ET.tostring(document, encoding="unicode")


def _lost_port(nic: Nic, domain: str) -> str:
    """The port that a stopped network has forgotten, from what the guest remembers of it."""
    source = nic.element.find("source")
    port = ET.Element("networkport")
    ET.SubElement(port, "uuid").text = None if source is None else source.get("portid")
    owner = ET.SubElement(port, "owner")
    ET.SubElement(owner, "name").text = nic.domain
    ET.SubElement(owner, "uuid").text = domain
    ET.SubElement(port, "mac", {"address": nic.mac})
    return ET.tostring(port, encoding="unicode")


def attach_again(reach: Reach, network: Network, record: NetworkRecord, attached: Attached) -> None:
    """Raises `DiagnosticError` naming the guests whose tap is not on the bridge afterwards."""
    bridge = next(iter(record.bridges), None)
    if bridge is not None and attached.nics:
        _put_on(reach, record.name, bridge, attached.nics)
    for port in attached.ports:
        network.portCreateXML(port)


def _put_on(reach: Reach, name: str, bridge: str, nics: Sequence[Nic]) -> None:
    for nic in nics:
        reach.host.run(["ip", "link", "set", "dev", str(nic.target), "master", bridge, "up"])
    shown = check(reach.host.run(["ip", "-j", "link", "show", "master", bridge]), f"Listing the ports of {bridge}")
    there = {port.get("ifname") for port in json.loads(shown or b"[]")}
    lost = [nic for nic in nics if nic.target not in there]
    if lost:
        told = ", ".join(f"{nic.domain} ({nic.target})" for nic in lost)
        raise DiagnosticError(
            error(
                f"Guests are off network {name}",
                f"After its restart these could not be attached to {bridge} again: {told}. Attach each with "
                f"`ip link set dev TAP master {bridge}`.",
            )
        )
