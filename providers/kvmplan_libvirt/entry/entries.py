"""The single entries in a network's document: found, taken out and put in, and the rest left as it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from kvmplan_libvirt.document import read, write
from kvmplan_libvirt.entry.tables import ENTRY_KINDS, EntryKind, key_of
from kvmplan_libvirt.plain import Address, Interface, parse_address, parse_interface
from kvmplan_sdk import Object


@dataclass(frozen=True, slots=True)
class Entry:
    """``holder`` is the element that it is in; ``parent`` the index of the ``ip`` element around that, or -1."""

    key: str
    kind: EntryKind
    values: Object
    element: ET.Element
    holder: ET.Element
    parent: int


def entries(network: ET.Element) -> dict[str, Entry]:
    """By key; the first of those that have the same one."""
    found: dict[str, Entry] = {}
    for entry in _entries(network):
        found.setdefault(entry.key, entry)
    return found


def _entries(network: ET.Element) -> Iterator[Entry]:
    for kind in ENTRY_KINDS.values():
        for parent, holder in _holders(network, kind):
            for element in holder.findall(kind.element.tag):
                values = read(kind.element, element)
                yield Entry(key_of(kind, values), kind, values, element, holder, parent)


def _holders(network: ET.Element, kind: EntryKind) -> Iterator[tuple[int, ET.Element]]:
    outer, _, inner = kind.inside.rpartition("/")
    if not outer:
        yield from ((-1, holder) for holder in network.findall(inner))
    for index, element in enumerate(network.findall(outer) if outer else ()):
        yield from ((index, holder) for holder in element.findall(inner))


@dataclass(frozen=True, slots=True)
class Subnet:
    """An ``ip`` element; ``serves``: DHCP."""

    index: int
    interface: Interface
    serves: bool


def subnets(network: ET.Element) -> list[Subnet]:
    found = []
    for index, ip in enumerate(network.findall("ip")):
        interface = parse_interface(ip.get("address"), ip.get("prefix") or ip.get("netmask"))
        if interface is not None:
            found.append(Subnet(index, interface, ip.find("dhcp") is not None))
    return found


def subnet_of(candidates: Iterable[Subnet], address: Address | None) -> Subnet | None:
    """The one that holds ``address``: of several the one that serves DHCP."""
    holding = [subnet for subnet in candidates if address is not None and address in subnet.interface.network]
    return next((subnet for subnet in holding if subnet.serves), next(iter(holding), None))


def parent_of(kind: EntryKind, values: Object, candidates: Iterable[Subnet]) -> int:
    """The index of the ``ip`` element that the entry goes into; -1 for one that goes into none."""
    if "/" not in kind.inside:
        return -1
    subnet = subnet_of(candidates, parse_address(values.get("ip")))
    return -1 if subnet is None else subnet.index


def take_out(gone: Iterable[Entry]) -> None:
    """Remove entries from the document that they were found in."""
    by_holder: dict[int, tuple[ET.Element, set[int]]] = {}
    for entry in gone:
        by_holder.setdefault(id(entry.holder), (entry.holder, set()))[1].add(id(entry.element))
    for holder, elements in by_holder.values():
        holder[:] = [child for child in holder if id(child) not in elements]


def put_in(network: ET.Element, kind: EntryKind, values: Object, parent: int) -> None:
    """Add an entry at the end of those of its kind."""
    outer, _, inner = kind.inside.rpartition("/")
    around = network.findall(outer)[parent] if outer else network
    holder = around.find(inner)
    if holder is None:
        holder = ET.SubElement(around, inner)
    holder.append(write(kind.element, ET.Element(kind.element.tag), values))


def prune(network: ET.Element) -> None:
    """Remove what held entries and says nothing any more, as libvirt does."""
    for kind in ENTRY_KINDS.values():
        outer, _, inner = kind.inside.rpartition("/")
        for around in network.findall(outer) if outer else (network,):
            for holder in around.findall(inner):
                if not holder.attrib and not len(holder):
                    around.remove(holder)
