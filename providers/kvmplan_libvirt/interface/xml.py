"""Between a NIC's values and its element in a domain's document."""

from __future__ import annotations

from copy import deepcopy
from typing import Any
from xml.etree import ElementTree as ET

from kvmplan_libvirt.document import read, write
from kvmplan_libvirt.interface.model import INTERFACE
from kvmplan_libvirt.inventory import Nic
from kvmplan_sdk import Object


def values_of(nic: Nic) -> dict[str, Any]:
    """A NIC on a network also shows the network's bridge while it runs, which is not an attribute of its own."""
    return {**read(INTERFACE, nic.element), "domain": nic.domain, "bridge": nic.bridge}


def document(values: Object, existing: ET.Element | None = None) -> str:
    """The element that defines the NIC: ``existing`` edited where there is one, so that the rest of it stays."""
    element = ET.Element("interface") if existing is None else deepcopy(existing)
    element.set("type", "network" if values.get("network") is not None else "bridge")
    source = element.find("source")
    if source is not None:
        source.attrib.pop("portid", None)
    return ET.tostring(write(INTERFACE, element, values), encoding="unicode")
