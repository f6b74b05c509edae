"""Between a NIC's values and its element in a domain's document."""

from __future__ import annotations

from copy import deepcopy
from typing import Any
from xml.etree import ElementTree as ET

from kvmplan_libvirt.document import read, write
from kvmplan_libvirt.interface.model import INHERITED, INTERFACE
from kvmplan_libvirt.inventory import Nic
from kvmplan_libvirt.spelling import canonical
from kvmplan_sdk import Object


def values_of(nic: Nic, meant: Object) -> dict[str, Any]:
    """What the NIC is of itself. While the guest runs, its document also shows what the network gives: the name of its
    bridge, and settings that are not counted where ``meant``, the NIC as known or wished, has none.
    """
    values: dict[str, Any] = {**read(INTERFACE, nic.element), "domain": nic.domain, "bridge": nic.bridge}
    if nic.target is not None and nic.network is not None:
        values |= {name: meant.get(name) for name in INHERITED if canonical(meant.get(name)) is None}
    return values


def document(values: Object, existing: ET.Element | None = None) -> str:
    """The element that defines the NIC: ``existing`` edited where there is one, so that the rest of it stays."""
    element = ET.Element("interface") if existing is None else deepcopy(existing)
    element.set("type", "network" if values.get("network") is not None else "bridge")
    source = element.find("source")
    if source is not None:
        source.attrib.pop("portid", None)
    return ET.tostring(write(INTERFACE, element, values), encoding="unicode")
