"""What a NIC is attached to. libvirt says it with the type of the element and one ``<source>``, whose attributes mean
another thing for each type; the table has a block for each. Here is the way from one to the other.
"""

from __future__ import annotations

from copy import deepcopy
from ipaddress import ip_address
from xml.etree import ElementTree as ET

from kvmplan_libvirt.interface.source_tables import SOURCE_BLOCKS
from kvmplan_sdk import Object

NETWORK, BRIDGE = "network", "bridge"
DIRECT, HOSTDEV, VHOSTUSER, USER, VDPA = SOURCE_BLOCKS
KINDS = (NETWORK, BRIDGE, *SOURCE_BLOCKS)
ON_BRIDGE = frozenset({NETWORK, BRIDGE})
"""Kinds whose tap is a port of a bridge."""
_OWN = {NETWORK: {"network", "portgroup"}, BRIDGE: {"bridge"}}


def kinds(values: Object) -> list[str]:
    """The sources that ``values`` name; one in a NIC that is well formed. One that is unknown counts."""
    return [kind for kind in KINDS if values.get(kind) is not None]


def kind(values: Object) -> str | None:
    return next(iter(kinds(values)), None)


def unfolded(interface: ET.Element) -> ET.Element:
    """A copy of ``interface`` in the shape of the table: its ``<source>`` is called by the kind of the NIC.

    A running guest's document also shows what a network has chosen: the bridge, the device, the port.
    """
    element = deepcopy(interface)
    source = element.find("source")
    networked = source is not None and source.get("network") is not None
    type_ = NETWORK if networked else element.get("type", "")
    if type_ in SOURCE_BLOCKS:
        block = ET.SubElement(element, "source") if source is None else source
        block.tag = type_
        if (managed := element.attrib.pop("managed", None)) is not None:
            block.set("managed", managed)
    elif source is not None and type_ in _OWN:
        for name in set(source.attrib) - _OWN[type_]:
            del source.attrib[name]
    for ip in element.findall("ip"):
        ip.attrib.pop("family", None)
    return element


def folded(element: ET.Element, of: str | None) -> ET.Element:
    """``element`` as libvirt has it; the other way round."""
    if of is not None:
        element.set("type", of)
    block = element.find(of) if of is not None and of in SOURCE_BLOCKS else None
    if block is not None:
        block.tag = "source"
        if (managed := block.attrib.pop("managed", None)) is not None:
            element.set("managed", managed)
    for ip in element.findall("ip"):
        ip.set("family", f"ipv{ip_address(ip.get('address', '')).version}")
    return element
