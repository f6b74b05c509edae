"""Reading a single entry: in what runs and in the definition, told as one."""

from __future__ import annotations

from kvmplan_libvirt.entry.book import Book, book_of
from kvmplan_libvirt.entry.tables import ENTRY_KINDS, EntryKind, key_of
from kvmplan_libvirt.inventory import Inventory
from kvmplan_libvirt.reach import Reach
from kvmplan_libvirt.reconcile import Told, telling
from kvmplan_sdk import Known, Object, Observed


def read(inventory: Inventory, reach: Reach, known: Known) -> Observed | None:
    record = inventory.network_named(str(known.values["network"]))
    if record is None:
        return None
    kind, book = ENTRY_KINDS[known.type], book_of(record)
    key = next(iter(book.keys.get(reach.owner(known.address), ())), key_of(kind, known.values))
    if not book.has(key):
        return None
    owner = book.owners.get(key)
    owned = reach.owns(() if owner is None else (owner,), known.address)
    told = _told(kind, book, key, known.values)
    values = {**told.values, "network": known.values["network"]}
    return Observed(values=values, private=told.private, owned=owned)


def _told(kind: EntryKind, book: Book, key: str, known: Object) -> Told:
    """The entry, spelled as ``known``; where it is only in one of the two, null as in the other."""
    nothing: Object = dict.fromkeys((*kind.element.fields, *kind.element.nodes))
    parts = [part[key].values if key in part else nothing for part in book.parts]
    return telling(kind.element, parts, known)
