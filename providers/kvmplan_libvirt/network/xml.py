"""Between a network's values and libvirt's document, where the table alone does not say it."""

from __future__ import annotations

from copy import deepcopy
from ipaddress import IPv4Interface, ip_interface
from typing import Any
from xml.etree import ElementTree as ET

from kvmplan_libvirt.document import read, write
from kvmplan_libvirt.network.model import ISOLATED, NETWORK
from kvmplan_libvirt.ownership import Owner, tag_network
from kvmplan_libvirt.plain import thawed
from kvmplan_sdk import UNKNOWN, Object


def values_of(network: ET.Element) -> dict[str, Any]:
    """What a network's document says. ``autostart`` and ``active`` are not in it, and null."""
    values: dict[str, Any] = read(NETWORK, network)
    values["mode"] = values["mode"] or _implied_mode(network)
    for ip in values["ip"]:
        fill_ip(ip)
    return values


def _implied_mode(network: ET.Element) -> str:
    """``<forward/>`` without a mode is nat; without the element, the network is isolated."""
    return ISOLATED if network.find("forward") is None else "nat"


def fill_ip(ip: dict[str, Any]) -> None:
    """Complete an ``ip`` block: prefix, mask and family follow from each other, where what they need is known."""
    length = next((ip[name] for name in ("prefix", "netmask") if ip[name] not in (None, UNKNOWN)), None)
    if length is None or ip["address"] in (None, UNKNOWN):
        return
    try:
        interface = ip_interface(f"{ip['address']}/{length}")
    except ValueError:
        return
    derived = {
        "prefix": interface.network.prefixlen,
        "netmask": str(interface.netmask) if isinstance(interface, IPv4Interface) else None,
        "family": f"ipv{interface.version}",
    }
    for name, value in derived.items():
        if ip[name] in (None, UNKNOWN):
            ip[name] = value


def document(values: Object, owner: Owner, existing: ET.Element | None = None) -> str:
    """The document that defines the network: ``existing`` edited where there is one, so that the rest of it stays."""
    element = ET.Element("network") if existing is None else deepcopy(existing)
    wanted: dict[str, Any] = thawed(values)
    if wanted["mode"] == ISOLATED:
        wanted["mode"] = None
    for ip in wanted["ip"]:
        ip["netmask"] = None
        ip["family"] = None if ip["family"] == "ipv4" else ip["family"]
    write(NETWORK, element, wanted)
    tag_network(element, owner)
    element.attrib.pop("connections", None)
    return ET.tostring(element, encoding="unicode")
