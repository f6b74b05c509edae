"""Filters that are there already, whoever made them: taken in by name or UUID, and found; but libvirt's own."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree as ET

from kvmplan_libvirt.inventory import Inventory
from kvmplan_libvirt.nwfilter.xml import values_of
from kvmplan_libvirt.reach import Reach
from kvmplan_sdk import DiagnosticError, Discovered, Observed, error

SHIPPED = frozenset(
    {
        "allow-arp",
        "allow-dhcp",
        "allow-dhcp-server",
        "allow-dhcpv6",
        "allow-dhcpv6-server",
        "allow-incoming-ipv4",
        "allow-incoming-ipv6",
        "allow-ipv4",
        "allow-ipv6",
        "clean-traffic",
        "clean-traffic-gateway",
        "no-arp-ip-spoofing",
        "no-arp-mac-spoofing",
        "no-arp-spoofing",
        "no-ip-multicast",
        "no-ip-spoofing",
        "no-ipv6-multicast",
        "no-ipv6-spoofing",
        "no-mac-broadcast",
        "no-mac-spoofing",
        "no-other-l2-traffic",
        "no-other-rarp-traffic",
        "qemu-announce-self",
        "qemu-announce-self-rarp",
    }
)
"""Filters that libvirt brings along."""


def imported(inventory: Inventory, _reach: Reach, identifier: str) -> Observed:
    record = inventory.filters.get(identifier.lower()) or inventory.filters.named(identifier)
    if record is None:
        there = ", ".join(sorted({one.name for one in inventory.filters.values()} - SHIPPED)) or "none"
        raise DiagnosticError(
            error(
                f"There is no filter {identifier}",
                f"Give a name or a UUID. Filters on this host, besides libvirt's own: {there}.",
            )
        )
    if record.name in SHIPPED:
        raise DiagnosticError(
            error(
                f"Filter {record.name} is one of libvirt's own",
                "An update of libvirt may bring another version of it. Write a filter of your own that includes it: "
                f'`filterref {{ filter = "{record.name}" }}`.',
            )
        )
    return Observed(values=values_of(record.element))


def discovered(inventory: Inventory, _reach: Reach) -> Iterator[Discovered]:
    """Whose a filter is cannot be seen: only the state that has its UUID knows."""
    for record in sorted(inventory.filters.values(), key=lambda record: record.name):
        if record.name not in SHIPPED:
            yield Discovered(
                type="libvirt_nwfilter",
                identifier=record.uuid,
                name=record.name,
                identity={"uuid": record.uuid},
                note=_note(record.element),
            )


def _note(element: ET.Element) -> str:
    entries = [child.tag for child in element if child.tag in {"filterref", "rule"}]
    if entries == sorted(entries):
        return ""
    return "It includes filters after rules of its own; they stay there, but would come before them in one made anew."
