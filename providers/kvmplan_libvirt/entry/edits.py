"""From the entries in a network's document to those that shall be there: what to do about each, and how. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from kvmplan_libvirt.api import Command
from kvmplan_libvirt.document import render, write
from kvmplan_libvirt.entry.entries import Entry, parent_of, put_in, subnets, take_out
from kvmplan_libvirt.entry.tables import DHCP_HOST, DNS_HOST, EntryKind
from kvmplan_libvirt.network.changes import identified
from kvmplan_libvirt.spelling import canonical, same
from kvmplan_sdk import Object


@dataclass(frozen=True, slots=True)
class Wish:
    kind: EntryKind
    values: Object


@dataclass(frozen=True, slots=True)
class Edit:
    """``old`` is the entry that goes or is changed in its place, None for a new one; ``values``: what comes."""

    kind: EntryKind
    parent: int
    old: Entry | None
    values: Object | None


def edits(
    there: Mapping[str, Entry], network: ET.Element, gone: Collection[str], wishes: Mapping[str, Wish]
) -> tuple[Edit, ...]:
    """Deletes, then changes, then adds: an entry is refused while another one has its MAC, name or address."""
    places = subnets(network)
    parents = {key: parent_of(wish.kind, wish.values, places) for key, wish in wishes.items()}
    right = {key for key, wish in wishes.items() if key in there and _as_wished(there[key], wish, parents[key])}
    users = _users(there)
    changed = {
        key
        for key, wish in wishes.items()
        if key in there and key not in right and _can_change(there[key], wish, parents[key], users)
    }
    leaving = [key for key in {**dict.fromkeys(gone), **wishes} if key in there and key not in right | changed]
    return (
        *(Edit(there[key].kind, there[key].parent, there[key], None) for key in leaving),
        *(_edit(wishes[key], parents[key], there[key]) for key in wishes if key in changed),
        *(_edit(wishes[key], parents[key], None) for key in wishes if key not in right | changed),
    )


def _edit(wish: Wish, parent: int, old: Entry | None) -> Edit:
    return Edit(wish.kind, parent, old, wish.values)


def _as_wished(entry: Entry, wish: Wish, parent: int) -> bool:
    return entry.parent == parent and same(entry.values, {name: wish.values.get(name) for name in entry.values})


def _users(there: Mapping[str, Entry]) -> dict[tuple[int, str, object], set[str]]:
    """Which reservations have a name or an address."""
    users: dict[tuple[int, str, object], set[str]] = {}
    for entry in there.values():
        for name in ("name", "ip") if entry.kind is DHCP_HOST else ():
            users.setdefault((entry.parent, name, canonical(entry.values.get(name))), set()).add(entry.key)
    return users


def _can_change(entry: Entry, wish: Wish, parent: int, users: Mapping[tuple[int, str, object], set[str]]) -> bool:
    """libvirt changes the first reservation that has the MAC, the name or the address; so no other may have one."""
    if entry.kind is DNS_HOST or entry.parent != parent or not wish.values.get("mac"):
        return False
    news = [(parent, name, canonical(wish.values.get(name))) for name in ("name", "ip") if wish.values.get(name)]
    return all(users.get(new, set()) <= {entry.key} for new in news)


def perform(network: ET.Element, todo: Sequence[Edit]) -> None:
    """Do it to the document that the entries are from."""
    take_out(edit.old for edit in todo if edit.old is not None and edit.values is None)
    for edit in todo:
        if edit.values is not None and edit.old is not None:
            write(edit.kind.element, edit.old.element, edit.values)
        elif edit.values is not None:
            put_in(network, edit.kind, edit.values, edit.parent)


Call = tuple[int, int, int, str]
"""What ``virNetworkUpdate`` takes, but for the flags."""


def calls(edit: Edit) -> tuple[Call, Call]:
    """The call, and the one that undoes it."""
    old = None if edit.old is None else edit.old.values
    return _call(edit, old, edit.values), _call(edit, edit.values, old)


def _call(edit: Edit, old: Object | None, new: Object | None) -> Call:
    section = edit.kind.element.change.section
    assert section is not None
    if new is not None:
        command, said = (Command.ADD_LAST if old is None else Command.MODIFY), new
    else:
        command, said = Command.DELETE, identified(section, old or {})
    return command, section, edit.parent, render(edit.kind.element, said)
