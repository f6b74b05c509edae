"""A network as its single entries have it: what runs, what is defined, and whose each entry is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from kvmplan_libvirt.entry.entries import Entry, entries
from kvmplan_libvirt.inventory import NetworkRecord
from kvmplan_libvirt.ownership import Owner


@dataclass(frozen=True, slots=True)
class Book:
    """``parts``: the entries of the definition, then those of what runs, where there is such a thing, each by key;
    ``owners``: the tags by key; ``keys``: the other way round.
    """

    parts: tuple[Mapping[str, Entry], ...]
    owners: Mapping[str, Owner]
    keys: Mapping[Owner, tuple[str, ...]]

    def has(self, key: str) -> bool:
        return any(key in part for part in self.parts)


_BOOKS: WeakKeyDictionary[NetworkRecord, Book] = WeakKeyDictionary()


def book_of(record: NetworkRecord) -> Book:
    """Made once for each look at a network, however many entries are asked for."""
    book = _BOOKS.get(record)
    if book is None:
        book = _BOOKS[record] = _book(record)
    return book


def _book(record: NetworkRecord) -> Book:
    owners = record.entry_owners
    keys: dict[Owner, list[str]] = defaultdict(list)
    for key, owner in owners.items():
        keys[owner].append(key)
    parts = tuple(entries(element) for element in (record.config, record.live) if element is not None)
    return Book(parts, owners, {owner: tuple(found) for owner, found in keys.items()})
