"""The running guests on a network that is restarted: libvirt lets go of their taps, and does not take them back.

Each gets its port of the network again, under the UUID that libvirt's record of the guest has, and its tap is put on
the new bridge; then the kernel is asked whether it is there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
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
    """What running guests have on the network."""
    nics = Inventory(reach.connection).running_nics()
    return Attached(
        ports=tuple(_ports(network)),
        nics=tuple(nic for nic in nics if nic.target and (nic.network == record.name or nic.bridge in record.bridges)),
    )


def _ports(network: Network) -> Iterator[str]:
    for port in supported(network.listAllPorts) or ():
        document = ET.fromstring(port.XMLDesc())  # noqa: S314 - libvirt's own document
        for plug in document.findall("plug"):
            document.remove(plug)
        yield ET.tostring(document, encoding="unicode")


def attach_again(reach: Reach, network: Network, record: NetworkRecord, attached: Attached) -> None:
    """Raises `DiagnosticError` naming the guests whose tap is not on the bridge afterwards."""
    for port in attached.ports:
        network.portCreateXML(port)
    bridge = next(iter(record.bridges), None)
    if bridge is None or not attached.nics:
        return
    for nic in attached.nics:
        reach.host.run(["ip", "link", "set", "dev", str(nic.target), "master", bridge, "up"])
    shown = check(reach.host.run(["ip", "-j", "link", "show", "master", bridge]), f"Listing the ports of {bridge}")
    there = {port.get("ifname") for port in json.loads(shown or b"[]")}
    lost = [nic for nic in attached.nics if nic.target not in there]
    if lost:
        told = ", ".join(f"{nic.domain} ({nic.target})" for nic in lost)
        raise DiagnosticError(
            error(
                f"Guests are off network {record.name}",
                f"After its restart these could not be attached to {bridge} again: {told}. Attach each with "
                f"`ip link set dev TAP master {bridge}`.",
            )
        )
