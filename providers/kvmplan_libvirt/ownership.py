"""Tags that say what is ours: the state's lineage and the resource's address, in libvirt's own ``<metadata>``.

A network carries one tag. An interface has no metadata, so its domain lists a tag for each NIC of ours, with its MAC;
likewise a network a tag for each single entry of ours, in a namespace of its own: libvirt wants one element of each.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from xml.etree import ElementTree as ET

URI = "urn:kvmplan:owner:1"
KEY = "kvmplan"
_OWNER = f"{{{URI}}}owner"
_INTERFACES = f"{{{URI}}}interfaces"

ENTRIES_URI = "urn:kvmplan:entries:1"
_ENTRIES = f"{{{ENTRIES_URI}}}entries"
_ENTRY = f"{{{ENTRIES_URI}}}entry"

ET.register_namespace(KEY, URI)
ET.register_namespace("kvmplan-entries", ENTRIES_URI)


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
    metadata = _metadata(network)
    for old in metadata.findall(_OWNER):
        metadata.remove(old)
    metadata.append(_tag(owner))


def entry_owners(network: ET.Element) -> dict[str, Owner]:
    """The tags of single entries in the document of a network, by the entry's key."""
    return {tag.get("key", ""): _owner(tag) for tag in network.iterfind(f"metadata/{_ENTRIES}/{_ENTRY}")}


def tag_entries(network: ET.Element, owners: Mapping[str, Owner]) -> None:
    """Make the document of a network list ``owners``, by key, and leave other people's metadata alone."""
    metadata = _metadata(network)
    for old in metadata.findall(_ENTRIES):
        metadata.remove(old)
    if owners:
        listed = ET.SubElement(metadata, _ENTRIES)
        for key, owner in sorted(owners.items()):
            ET.SubElement(listed, _ENTRY, {"key": key, "lineage": owner.lineage, "address": owner.address})
    if not len(metadata):
        network.remove(metadata)


def _metadata(network: ET.Element) -> ET.Element:
    metadata = network.find("metadata")
    return ET.SubElement(network, "metadata") if metadata is None else metadata


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
