"""Single entries that are there already, whoever wrote them: taken in by the guest or the address they are for.

Only those with a tag are found: all others are found as part of their network.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kvmplan_libvirt.entry.book import Book, book_of
from kvmplan_libvirt.entry.entries import Entry
from kvmplan_libvirt.entry.tables import DHCP_HOST, ENTRY_KINDS, EntryKind
from kvmplan_libvirt.inventory import Inventory, NetworkRecord
from kvmplan_libvirt.reach import Reach
from kvmplan_libvirt.spelling import canonical
from kvmplan_libvirt.taking_over import refuse_anothers
from kvmplan_sdk import Diagnostic, DiagnosticError, Discovered, Observed, error


def imported(type_: str, inventory: Inventory, reach: Reach, identifier: str) -> Observed:
    """``identifier`` is NETWORK/MAC, NETWORK/ID, NETWORK/NAME or NETWORK/IP; of a DNS record, NETWORK/IP."""
    kind = ENTRY_KINDS[type_]
    name, _, sought = identifier.partition("/")
    record = inventory.network_named(name)
    if record is None:
        raise DiagnosticError(_no_network(name, inventory))
    book = book_of(record)
    entry = _entry(kind, record, book, sought)
    owner = book.owners.get(entry.key)
    untag = f"`virsh net-edit {name}` and remove its element kvmplan-entries:entry"
    refuse_anothers(reach, () if owner is None else (owner,), f"The {kind.what} {identifier}", untag)
    return Observed(values=_values(name, entry))


def _values(network: str, entry: Entry) -> dict[str, Any]:
    return {**entry.values, "network": network}


def _no_network(name: str, inventory: Inventory) -> Diagnostic:
    there = ", ".join(sorted(record.name for record in inventory.networks.values())) or "none"
    return error(f"There is no network {name}", f"Give NETWORK/MAC or NETWORK/IP. Networks on this host: {there}.")


def _entry(kind: EntryKind, record: NetworkRecord, book: Book, sought: str) -> Entry:
    """Raises `DiagnosticError` where there is none, or several."""
    found = {entry.key: entry for part in book.parts for entry in part.values() if _is(kind, entry, sought)}
    if len(found) == 1:
        return next(iter(found.values()))
    there = sorted({_name(entry) for part in book.parts for entry in part.values() if entry.kind is kind})
    raise DiagnosticError(
        error(
            f"Network {record.name} has {'several' if found else 'no'} {kind.what}s {sought}".rstrip(),
            f"{'Give the address instead. ' if found else ''}It has: {', '.join(there) or 'none'}.",
        )
    )


def _is(kind: EntryKind, entry: Entry, sought: str) -> bool:
    names = ("mac", "id", "name", "ip") if kind is DHCP_HOST else ("ip",)
    return entry.kind is kind and canonical(sought) in [canonical(entry.values.get(name)) for name in names]


def _name(entry: Entry) -> str:
    return str(next(entry.values[name] for name in ("mac", "ip") if entry.values.get(name)))


def discovered(type_: str, inventory: Inventory, _reach: Reach) -> Iterator[Discovered]:
    kind = ENTRY_KINDS[type_]
    for record in sorted(inventory.networks.values(), key=lambda record: record.name):
        book = book_of(record)
        there: Mapping[str, Entry] = {} if record.config is None else book.parts[0]
        for key, owner in sorted(book.owners.items()):
            entry = there.get(key)
            if entry is not None and entry.kind is kind:
                yield Discovered(
                    type=type_,
                    identifier=f"{record.name}/{_name(entry)}",
                    name=f"{record.name}_{_name(entry)}",
                    identity={"network": record.name, "ip": entry.values["ip"]},
                    lineage=owner.lineage,
                    address=owner.address,
                )
