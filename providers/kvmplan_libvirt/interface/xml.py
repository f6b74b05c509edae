"""Between a NIC's values and its element in a domain's document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree as ET

from kvmplan_libvirt.addresses.table import BESIDE
from kvmplan_libvirt.document import read, write
from kvmplan_libvirt.interface.device_tables import GENERATED
from kvmplan_libvirt.interface.model import INHERITED, INTERFACE, PORT_IDS, left_to_libvirt
from kvmplan_libvirt.interface.source import USER, folded, kind, unfolded
from kvmplan_libvirt.inventory import Nic
from kvmplan_libvirt.nwfilter.meaning import ordered_as
from kvmplan_libvirt.plain import block, text
from kvmplan_libvirt.spelling import canonical
from kvmplan_sdk import Object, Value


def values_of(nic: Nic, meant: Object) -> dict[str, Any]:
    """What the NIC is of itself. While the guest runs, its document also shows what the network gives and what libvirt
    chose; that is not counted where ``meant``, the NIC as known or wished, has nothing.
    """
    values: dict[str, Any] = {**read(INTERFACE, unfolded(nic.element)), "domain": meant.get("domain") or nic.domain}
    values |= {name: meant.get(name) for name in BESIDE}
    source = kind(values)
    chosen = [*left_to_libvirt(source)]
    if nic.target is not None and nic.network is not None:
        chosen += INHERITED
    if source == USER and text(block(values, "backend") or {}, "type") != "passt":
        chosen.append("backend")
    values |= {name: meant.get(name) for name in chosen if canonical(meant.get(name)) is None}
    return values | {
        "virtualport": _without_chosen_ids(values["virtualport"], meant.get("virtualport")),
        "filterref": ordered_as(values["filterref"], meant.get("filterref")),
    }


def _without_chosen_ids(port: Value, meant: Value) -> Value:
    if not isinstance(port, Mapping) or not isinstance(meant, Mapping):
        return port
    return {name: None if name in PORT_IDS and meant.get(name) is None else said for name, said in port.items()}


def document(values: Object, existing: ET.Element | None = None) -> str:
    """The element that defines the NIC: ``existing`` edited where there is one, so that the rest of it stays."""
    return _written(values, ET.Element("interface") if existing is None else unfolded(existing))


def document_anew(values: Object, taken_out: Nic) -> str:
    """The element that plugs a NIC in again: without the names that libvirt gave the one that was taken out, on the
    same place of the PCI bus where it is still the same kind of device.
    """
    element = unfolded(taken_out.element)
    for tag, attribute, given in (("alias", "name", ("net", "hostdev")), ("target", "dev", GENERATED)):
        holder = element.find(tag)
        if holder is not None and (holder.get(attribute) or "").startswith(given):
            element.remove(holder)
    address = element.find("address")
    if address is not None and taken_out.model != values.get("model"):
        element.remove(address)
    return _written(values, element)


def _written(values: Object, element: ET.Element) -> str:
    kept = read(INTERFACE, element)
    wanted = {**values, **{name: kept[name] for name in left_to_libvirt(kind(values)) if values.get(name) is None}}
    old, new = kept["virtualport"], values.get("virtualport")
    if isinstance(old, Mapping) and isinstance(new, Mapping) and old["type"] == new.get("type"):
        wanted["virtualport"] = {**new, **{name: old[name] for name in PORT_IDS if new.get(name) is None}}
    return ET.tostring(folded(write(INTERFACE, element, wanted), kind(values)), encoding="unicode")
