"""The tables of single entries: those of the network's document, and the name of the network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from kvmplan_libvirt.document import Field, Node, value
from kvmplan_libvirt.mechanism import ENTRY_ELSEWHERE
from kvmplan_libvirt.network import dns_tables, ip_tables
from kvmplan_libvirt.plain import parse_address
from kvmplan_libvirt.spelling import canonical
from kvmplan_sdk import Object
from kvmplan_sdk.schema import STRING

_NETWORK: Mapping[str, Field] = {
    "network": value(
        "",
        STRING,
        "Name of the network, whoever it belongs to.",
        change=ENTRY_ELSEWHERE,
        required=True,
        replaces=True,
        refers_to="libvirt_network.name",
    )
}


@dataclass(frozen=True, slots=True)
class EntryKind:
    """``node`` is the resource's table, ``element`` that of its element, which is in the elements ``inside``; ``what``
    names one in a sentence.
    """

    node: Node
    element: Node
    inside: str
    what: str


def _kind(element: Node, inside: str, what: str, doc: str) -> EntryKind:
    return EntryKind(replace(element, doc=doc, fields={**_NETWORK, **element.fields}), element, inside, what)


DHCP_HOST = _kind(
    ip_tables.HOST,
    "ip/dhcp",
    "reservation",
    "A reservation in a network: the address, and the name, that a guest always gets. The subnet is the one that holds "
    "the address.",
)
DNS_HOST = _kind(dns_tables.HOST, "dns", "DNS record", "Names of an address that a network's own DNS service answers.")

ENTRY_KINDS: Mapping[str, EntryKind] = {"libvirt_dhcp_host": DHCP_HOST, "libvirt_dns_host": DNS_HOST}


def key_of(kind: EntryKind, values: Object) -> str:
    """What an entry is known by among those of its network: the guest that it is for, or the address that it names."""
    address = parse_address(values.get("ip"))
    if kind is DNS_HOST:
        return f"dns-host {address}"
    guest = next((f"{name} {canonical(values.get(name))}" for name in ("mac", "id", "name") if values.get(name)), "")
    return f"dhcp-host ipv{address.version if address else 4} {guest}"
