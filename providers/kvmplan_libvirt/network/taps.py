"""Running guests on a network that is stopped and started: libvirt lets go of their taps and takes none back.

Each gets its port of the network again, under the UUID that libvirt's record of the guest has, and its tap is put on
the new bridge; then the kernel is asked whether it is there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from kvmplan_libvirt.api import Code, Network
from kvmplan_libvirt.errors import supported
from kvmplan_libvirt.inventory import NetworkRecord, Nic
from kvmplan_libvirt.network.bridge_ports import Ports, attach, ports_of
from kvmplan_libvirt.reach import Reach
from kvmplan_sdk import DiagnosticError, Host, error


@dataclass(frozen=True, slots=True)
class Attached:
    """``ports`` are documents of libvirt's network ports, ``nics`` those with a tap, ``before`` their state then."""

    ports: tuple[str, ...]
    nics: tuple[Nic, ...]
    before: Ports

    @property
    def taps(self) -> frozenset[str]:
        return frozenset(str(nic.target) for nic in self.nics)


def attached_to(reach: Reach, network: Network, record: NetworkRecord) -> Attached:
    """What running guests have on the network, or had when it was stopped."""
    ports = list(_ports(network)) if record.live is not None else []
    if record.live is not None:
        _doubt_guests(reach, record, ports)
    nics = tuple(nic for nic in reach.inventory.running_nics_on(record.name, record.bridges) if nic.target)
    if record.live is None:
        on_network = (nic for nic in nics if nic.network == record.name)
        ports = [_lost_port(nic, reach.inventory.domains[nic.domain].uuid) for nic in on_network]
    return Attached(tuple(ET.tostring(port, encoding="unicode") for port in ports), nics, _before(reach, record, nics))


def _before(reach: Reach, record: NetworkRecord, nics: Sequence[Nic]) -> Ports:
    bridge = record.live.find("bridge") if record.live is not None and nics else None
    if bridge is None or record.live is None or reach.kernel is None:
        return Ports()
    return ports_of(reach.kernel, record.live, bridge.get("name", ""))


def _doubt_guests(reach: Reach, record: NetworkRecord, ports: Sequence[ET.Element]) -> None:
    """Have guests looked at again that came to the network or left it since they were listed, as its ports tell."""
    there = {(port.findtext("owner/name", ""), _mac(port)) for port in ports}
    listed = {(nic.domain, nic.mac) for nic in reach.inventory.running_nics_on(record.name)}
    for guest, _ in there ^ listed:
        reach.inventory.domains.doubt(guest)


def _mac(port: ET.Element) -> str:
    mac = port.find("mac")
    return "" if mac is None else mac.get("address", "").lower()


def _ports(network: Network) -> Iterator[ET.Element]:
    """libvirt's record of each port, but where it is plugged in, which a new port is told."""
    for port in supported(network.listAllPorts) or ():
        document = ET.fromstring(port.XMLDesc())  # noqa: S314 - libvirt's own document
        for plug in document.findall("plug"):
            document.remove(plug)
        yield document


def _lost_port(nic: Nic, domain: str) -> ET.Element:
    """The port that a stopped network has forgotten, from what the guest remembers of it."""
    source = nic.element.find("source")
    port = ET.Element("networkport")
    ET.SubElement(port, "uuid").text = None if source is None else source.get("portid")
    owner = ET.SubElement(port, "owner")
    ET.SubElement(owner, "name").text = nic.domain
    ET.SubElement(owner, "uuid").text = domain
    ET.SubElement(port, "mac", {"address": nic.mac})
    return port


def attach_again(reach: Reach, network: Network, record: NetworkRecord, attached: Attached) -> None:
    """Raises `DiagnosticError` naming the guests whose tap is not on the bridge afterwards."""
    bridge = next(iter(record.bridges), None)
    if bridge is not None and attached.nics and reach.kernel is not None:
        _put_on(reach, reach.kernel, record, bridge, attached)
    for port in attached.ports:
        _plug_in(network, port)


def _plug_in(network: Network, port: str) -> None:
    """A libvirt that was restarted meanwhile may have done it of itself."""
    import libvirt

    try:
        network.portCreateXML(port)
    except libvirt.libvirtError as problem:
        if problem.get_error_code() != Code.NETWORK_PORT_EXIST:
            raise


def _put_on(reach: Reach, kernel: Host, record: NetworkRecord, bridge: str, attached: Attached) -> None:
    attach(kernel, record.any, bridge, attached.nics, attached.before)
    there = ports_of(kernel, record.any, bridge).names
    lost = _still_there(reach, record, [nic for nic in attached.nics if nic.target not in there])
    if lost:
        told = ", ".join(f"{nic.domain} ({nic.target})" for nic in lost)
        raise DiagnosticError(
            error(
                f"Guests are off network {record.name}",
                f"After its restart these could not be attached to {bridge} again: {told}. Attach each with "
                f"`ip link set dev TAP master {bridge}`.",
            )
        )


def _still_there(reach: Reach, record: NetworkRecord, nics: Sequence[Nic]) -> Sequence[Nic]:
    """``nics`` without those of guests that ended meanwhile, and took their taps with them."""
    for nic in nics:
        reach.inventory.domains.doubt(nic.domain)
    targets = {nic.target for nic in reach.inventory.running_nics_on(record.name, record.bridges)} if nics else set()
    return [nic for nic in nics if nic.target in targets]
