"""Tags that say what is ours: the state's lineage and the resource's address, in libvirt's own ``<metadata>``.

A network carries one tag. An interface has no metadata, so its domain lists a tag for each NIC of ours, with its MAC.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from xml.etree import ElementTree as ET

URI = "urn:kvmplan:owner:1"
KEY = "kvmplan"
_OWNER = f"{{{URI}}}owner"
_INTERFACES = f"{{{URI}}}interfaces"

ET.register_namespace(KEY, URI)


@dataclass(frozen=True, slots=True, order=True)
class Owner:
    """Who an object belongs to. ``mac`` names the NIC of a domain, and is empty for a network."""

    lineage: str
    address: str
    mac: str = ""


def network_owner(network: ET.Element) -> Owner | None:
    tag = network.find(f"metadata/{_OWNER}")
    return None if tag is None else _owner(tag)


def tag_network(network: ET.Element, owner: Owner) -> None:
    """Put ``owner`` into the document of a network, leaving other people's metadata alone."""
    metadata = network.find("metadata")
    if metadata is None:
        metadata = ET.SubElement(network, "metadata")
    for old in metadata.findall(_OWNER):
        metadata.remove(old)
    metadata.append(_tag(owner))


def interface_owners(domain: ET.Element) -> tuple[Owner, ...]:
    """The tags in the document of a domain."""
    return tuple(_owner(tag) for tag in domain.iterfind(f"metadata/{_INTERFACES}/{_OWNER}"))


def interfaces_metadata(owners: Iterable[Owner]) -> str | None:
    """What ``virDomainSetMetadata`` is given to list ``owners``, or None to remove the list.

    Without namespaces: libvirt puts `KEY` and `URI` on every element itself, and refuses a document that has them.
    """
    tags = [_tag(owner, "owner") for owner in sorted(set(owners))]
    if not tags:
        return None
    root = ET.Element("interfaces")
    root.extend(tags)
    return ET.tostring(root, encoding="unicode")


def _owner(tag: ET.Element) -> Owner:
    return Owner(tag.get("lineage", ""), tag.get("address", ""), tag.get("mac", "").lower())


def _tag(owner: Owner, name: str = _OWNER) -> ET.Element:
    tag = ET.Element(name, {"lineage": owner.lineage, "address": owner.address})
    if owner.mac:
        tag.set("mac", owner.mac.lower())
    return tag
