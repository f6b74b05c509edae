"""Carrying out all changes of the single entries of one network that come one after the other.

The network is read once. What runs is changed entry by entry, as libvirt wants it, deletes before adds; the definition
is made anew once, with all entries and their tags. It is all or nothing: what fails is put back as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, field
from functools import partial
from xml.etree import ElementTree as ET

from kvmplan_libvirt.api import Affect, Network
from kvmplan_libvirt.entry.book import Book, book_of
from kvmplan_libvirt.entry.edits import Edit, Wish, calls, edits, perform
from kvmplan_libvirt.entry.entries import entries, prune
from kvmplan_libvirt.entry.tables import ENTRY_KINDS, key_of
from kvmplan_libvirt.errors import DisconnectedError, calling
from kvmplan_libvirt.inventory import NetworkRecord
from kvmplan_libvirt.ownership import Owner, tag_entries
from kvmplan_libvirt.reach import Reach
from kvmplan_sdk import UNTAGGED, Diagnostic, DiagnosticError, Operation, Outcome, Verb, error


def network_of(operation: Operation) -> str:
    """The network of an operation, by name. A change of it is another operation: it replaces the entry."""
    return str((operation.after or operation.before or {})["network"])


def carry_out(reach: Reach, operations: Sequence[Operation]) -> Iterator[Outcome]:
    """``operations`` are of one network. The first that cannot be has an outcome with errors, and is the last."""
    name = network_of(operations[0])
    with calling(f"Looking at network {name}"):
        record = reach.inventory.network_named(name)
        taken = None if record is None else reach.inventory.networks.take(record.uuid)
    if taken is None or taken[1].config is None:
        yield from _without_definition(name, taken is not None, operations)
        return
    network, record = taken
    own = record.owner is not None and record.owner.lineage == reach.lineage
    ledger, failed = _ledger(reach, book_of(record), operations, own)
    try:
        with calling(f"Changing the entries of network {name}"):
            _change(reach, network, record, ledger)
    except DisconnectedError:
        raise
    except DiagnosticError as problem:
        yield _failure(operations[0], problem.diagnostics)
        return
    for operation in ledger.accepted:
        yield Outcome(address=operation.address, verb=operation.verb, values=operation.after)
    if failed is not None:
        yield failed


def _without_definition(name: str, there: bool, operations: Sequence[Operation]) -> Iterator[Outcome]:
    for operation in operations:
        if operation.verb is Verb.DELETE:
            yield Outcome(address=operation.address, verb=operation.verb, values=None)
        else:
            yield _failure(operation, (transient(name) if there else _gone(name),))
            return


def transient(name: str) -> Diagnostic:
    return error(
        f"Network {name} is only running",
        "It has no persistent definition and is gone once it is stopped, so nothing can be kept in it. Define it "
        f"first: `virsh net-dumpxml {name} > {name}.xml; virsh net-define {name}.xml`.",
        path=("network",),
    )


def _gone(name: str) -> Diagnostic:
    return error(f"There is no network {name}", "It was removed since the plan was made. Plan again.")


def _failure(operation: Operation, diagnostics: Sequence[Diagnostic]) -> Outcome:
    told = tuple(diagnostic.about(operation.address) for diagnostic in diagnostics)
    return Outcome(address=operation.address, verb=operation.verb, values=operation.before, diagnostics=told)


@dataclass(frozen=True, slots=True)
class _Ledger:
    """What all operations come to: the tags as they shall be, the entries that go or change, and those wished for."""

    owners: dict[str, Owner]
    gone: dict[str, None] = field(default_factory=dict)
    wishes: dict[str, Wish] = field(default_factory=dict)
    accepted: list[Operation] = field(default_factory=list)


def _ledger(reach: Reach, book: Book, operations: Sequence[Operation], own: bool) -> tuple[_Ledger, Outcome | None]:
    """The operations up to the first that cannot be, whose outcome comes second.

    ``own``: the network is of this state. An entry that its plan no longer has inside may become one of these first.
    """
    ours = {key: owner for key, owner in book.owners.items() if owner.lineage != reach.lineage or book.has(key)}
    ledger = _Ledger(ours)
    for operation in operations:
        former = _former_keys(reach, book, operation)
        values = operation.after or operation.before or {}
        key = key_of(ENTRY_KINDS[operation.type], values)
        taken = key in ledger.wishes or (book.has(key) and key not in ledger.gone)
        if taken and own and key not in ledger.owners and operation.after is not None:
            former = (*former, key)
        if taken and key not in former:
            return ledger, _failure(operation, (_foreign(network_of(operation), key, operation),))
        for old in former:
            ledger.owners.pop(old, None)
            ledger.gone[old] = None
        if operation.after is not None:
            ledger.owners[key] = reach.owner(operation.address)
            ledger.wishes[key] = Wish(ENTRY_KINDS[operation.type], operation.after)
        ledger.accepted.append(operation)
    return ledger, None


def _former_keys(reach: Reach, book: Book, operation: Operation) -> tuple[str, ...]:
    """The entries that are the operation's own: those with its tag; an imported one is known by its values."""
    tagged = {reach.owner(operation.address), reach.owner(operation.tagged)}
    found = [key for owner in sorted(tagged) for key in book.keys.get(owner, ())]
    if operation.tagged == UNTAGGED and operation.before is not None:
        key = key_of(ENTRY_KINDS[operation.type], operation.before)
        owner = book.owners.get(key)
        found += [key] if owner is None or owner.lineage == reach.lineage else []
    return tuple(found)


def _foreign(network: str, key: str, operation: Operation) -> Diagnostic:
    return error(
        f"Network {network} has an entry {key} that is not ours",
        f"It does not carry the tag of {operation.tagged} in this state, so it is neither changed nor removed. Import "
        "it, or take it out of the network.",
    )


def _change(reach: Reach, network: Network, record: NetworkRecord, ledger: _Ledger) -> None:
    """In the order in which a run that is cut short leaves nothing without a tag. What fails is undone too: it may have
    been done all the same, and what was not done cannot be undone.
    """
    assert record.config is not None
    definition = deepcopy(record.config)
    perform(definition, edits(entries(definition), definition, ledger.gone, ledger.wishes))
    prune(definition)
    tag_entries(definition, ledger.owners)
    live = record.live
    todo = () if live is None else edits(book_of(record).parts[-1], live, ledger.gone, ledger.wishes)
    goes, comes = (tuple(edit for edit in todo if (edit.values is None) is gone) for gone in (True, False))
    undo: list[Callable[[], object]] = []
    try:
        _update(network, goes, undo)
        _define(reach, record.config, definition, undo)
        _update(network, comes, undo)
    except BaseException:
        for step in reversed(undo):
            with suppress(Exception):
                step()
        raise


def _update(network: Network, todo: Sequence[Edit], undo: list[Callable[[], object]]) -> None:
    for edit in todo:
        there, back = calls(edit)
        undo.append(partial(network.update, *back, Affect.LIVE))
        network.update(*there, Affect.LIVE)


def _define(reach: Reach, old: ET.Element, new: ET.Element, undo: list[Callable[[], object]]) -> None:
    before, after = (ET.tostring(element, encoding="unicode") for element in (old, new))
    if before != after:
        undo.append(partial(reach.connection.networkDefineXML, before))
        reach.connection.networkDefineXML(after)
