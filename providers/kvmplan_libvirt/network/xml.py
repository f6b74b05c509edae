"""Between a network's values and libvirt's document, where the table alone does not say it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from copy import deepcopy
from ipaddress import IPv4Interface, ip_interface
from typing import Any
from xml.etree import ElementTree as ET

from kvmplan_libvirt.document import read, write
from kvmplan_libvirt.entry.entries import Entry, entries, parent_of, prune, put_in, subnets, take_out
from kvmplan_libvirt.entry.tables import DNS_HOST
from kvmplan_libvirt.network.model import ISOLATED, NETWORK
from kvmplan_libvirt.ownership import Owner, entry_owners, tag_network
from kvmplan_libvirt.plain import parse_address, thawed
from kvmplan_sdk import UNKNOWN, Object


def values_of(network: ET.Element, singles: Collection[str] = ()) -> dict[str, Any]:
    """What a network's document says. ``autostart`` and ``active`` are not in it, and null.

    ``singles``: the keys of entries that other resources stand for, which are not the network's own.
    """
    values: dict[str, Any] = read(NETWORK, _without(network, singles))
    values["mode"] = values["mode"] or _implied_mode(network)
    for subnet in (*values["ip"], *values["route"]):
        if subnet["prefix"] is None and subnet["netmask"] is None:
            subnet["prefix"] = _implied_prefix(subnet["address"])
        fill_subnet(subnet)
    return values


def _implied_prefix(address: str | None) -> int | None:
    """What libvirt takes where a document says neither: that of the address's class, as before there were prefixes.

    Source: ``virSocketAddrGetIPPrefix``.
    """
    parsed = parse_address(address)
    if parsed is None or int(parsed) == 0:
        return None if parsed is None else 0
    if parsed.version == 6:
        return 64
    first = int(parsed) >> 24
    return next((prefix for bound, prefix in ((128, 8), (192, 16), (224, 24)) if first < bound), None)


def _without(network: ET.Element, singles: Collection[str]) -> ET.Element:
    if not singles:
        return network
    rest = deepcopy(network)
    take_out(entry for key, entry in entries(rest).items() if key in singles)
    prune(rest)
    return rest


def _implied_mode(network: ET.Element) -> str:
    """``<forward/>`` without a mode is nat; without the element, the network is isolated."""
    return ISOLATED if network.find("forward") is None else "nat"


def fill_subnet(subnet: dict[str, Any]) -> None:
    """Complete an ``ip`` or ``route`` block: prefix, mask and family follow from each other, where they are known."""
    length = next((subnet[name] for name in ("prefix", "netmask") if subnet[name] not in (None, UNKNOWN)), None)
    if length is None or subnet["address"] in (None, UNKNOWN):
        return
    try:
        interface = ip_interface(f"{subnet['address']}/{length}")
    except ValueError:
        return
    derived = {
        "prefix": interface.network.prefixlen,
        "netmask": str(interface.netmask) if isinstance(interface, IPv4Interface) else None,
        "family": f"ipv{interface.version}",
    }
    for name, value in derived.items():
        if subnet[name] in (None, UNKNOWN):
            subnet[name] = value


def document(values: Object, owner: Owner, existing: ET.Element | None = None) -> str:
    """The document that defines the network: ``existing`` edited where there is one, so that the rest of it stays."""
    element = ET.Element("network") if existing is None else deepcopy(existing)
    wanted: dict[str, Any] = thawed(values)
    if wanted["mode"] == ISOLATED:
        wanted["mode"] = None
    for subnet in (*wanted["ip"], *wanted["route"]):
        subnet["netmask"] = None
        subnet["family"] = None if subnet["family"] == "ipv4" else subnet["family"]
    singles = [] if existing is None else _singles(element)
    write(NETWORK, element, wanted)
    _put_back(element, singles)
    tag_network(element, owner)
    element.attrib.pop("connections", None)
    return ET.tostring(element, encoding="unicode")


def _singles(network: ET.Element) -> list[Entry]:
    tagged = entry_owners(network)
    return [entry for key, entry in entries(network).items() if key in tagged] if tagged else []


def _put_back(network: ET.Element, singles: Iterable[Entry]) -> None:
    """Entries that other resources stand for stay, in the subnet that now holds their address."""
    there, places = entries(network), subnets(network)
    for entry in singles:
        parent = parent_of(entry.kind, entry.values, places)
        if entry.key not in there and (parent >= 0 or entry.kind is DNS_HOST):
            put_in(network, entry.kind, entry.values, parent)
