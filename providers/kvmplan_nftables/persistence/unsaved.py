"""What of the tables would not come back as it is: where what is saved says something else, whose that is.

Lines of tables as nft prints them are compared. What a resource's tag is on is its own, and so is what is said of an
object of its own; what a section of a skeleton is made of concerns all that is in it. What other people have only in
the table concerns nobody. What they have only in the file does where it is in an object of a resource's own; elsewhere
it is told apart, as strangers in the table are.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from kvmplan_nftables.persistence.printed import Line
from kvmplan_nftables.table.pieces import Element, Named, Piece, Rule, TableName
from kvmplan_nftables.table.skeleton import SECTIONS
from kvmplan_nftables.table.skeleton import TAG as SKELETON_TAG
from kvmplan_nftables.table.wish import Sorted

Places = frozenset[tuple[TableName, str]]
"""Chains, sets and maps."""
Objects = frozenset[tuple[TableName, str, str]]
"""By kind and name."""


@dataclass(frozen=True, slots=True)
class Unsaved:
    """``tags``: of resources whose rules or elements are otherwise; ``objects``: those that are otherwise themselves,
    or hold other people's beside, which are ``strange``; ``tables`` and ``places``: where all is lost.
    """

    everything: bool = False
    tables: frozenset[TableName] = frozenset()
    places: Places = frozenset()
    objects: Objects = frozenset()
    tags: frozenset[str] = frozenset()
    strange: tuple[Line, ...] = ()

    def has(self, pieces: Sorted, tag: str) -> bool:
        """Whether it is about the resource of ``pieces``, which are there as they are wanted."""
        if self.everything or tag in self.tags or not self.tables.isdisjoint(pieces):
            return True
        if self.objects and any(
            (table, piece.kind, piece.name) in self.objects for table, parts in pieces.items() for piece in parts.named
        ):
            return True
        return bool(self.places) and any(
            (table, name) in self.places
            for table, parts in pieces.items()
            for name in (*parts.holders, *(piece.name for piece in parts.named))
        )

    def with_all_of(self, places: Iterable[tuple[TableName, str]]) -> Unsaved:
        """Likewise, and of all that is in ``places``, or in tables, where there is no name."""
        more = frozenset(places)
        return replace(
            self, tables=self.tables | {table for table, name in more if not name}, places=self.places | more
        )


EVERYTHING = Unsaved(everything=True)


def unsaved(there: Sequence[Line], kept: Sequence[Line], tags: Collection[str]) -> Unsaved:
    """``there``: what is in tables; ``kept``: what is saved of them. ``tags``: those of the resources that are there or
    shall be. What is saved of another one of the same state would come back though it is gone: all must be saved anew.
    """
    lost, stale = (Counter(there) - Counter(kept)).keys(), (Counter(kept) - Counter(there)).keys()
    moved = _moved(there, kept, lost | stale)
    whose = {line: line.whose for line in lost | stale | moved}
    lineages = {tag.partition(" ")[0] for tag in tags}
    gone = {whose[line][0] for line in stale}.difference(tags)
    if any(tag.partition(" ")[0] in lineages for tag in gone):
        return EVERYTHING
    said = frozenset(_object(line) for line in whose if line.said)
    shared = {line: digest for line, (tag, digest) in whose.items() if tag == SKELETON_TAG}
    strange = tuple(line for line in stale if not line.said and not whose[line][0])
    return Unsaved(
        tables=frozenset(table for table, kind, _ in said if kind == "table" and table in SECTIONS),
        places=frozenset[tuple[TableName, str]]().union(*_concerned(said, shared)),
        objects=said.union(map(_object, strange)),
        tags=frozenset(tag for tag, _ in whose.values()),
        strange=strange,
    )


def _object(line: Line) -> tuple[TableName, str, str]:
    return line.table, line.kind, line.name


def _moved(there: Sequence[Line], kept: Sequence[Line], otherwise: set[Line]) -> set[Line]:
    """The rules that both have, in another order among the same resource's."""
    others = _ordered(kept, otherwise)
    pairs = (pair for key, rules in _ordered(there, otherwise).items() for pair in zip(rules, others[key], strict=True))
    return {rule for rule, other in pairs if rule != other}


def _ordered(lines: Sequence[Line], but: Collection[Line]) -> Mapping[tuple[TableName, str, str], Sequence[Line]]:
    found = defaultdict(list)
    for line in lines:
        if line.kind == "chain" and not line.said and line not in but:
            found[line.table, line.name, line.whose[0]].append(line)
    return found


def _concerned(said: Objects, shared: Mapping[Line, str]) -> Iterator[Places]:
    """What is in the sections that are made of what is ``said`` otherwise, or of ``shared`` rules and elements."""
    rules = {(line.table, line.name, digest) for line, digest in shared.items()}
    objects = said.union(_object(line) for line in shared if line.kind != "chain")
    for table, sections in SECTIONS.items():
        for section in sections:
            if any(_is_in(piece, rules, objects) for piece in section.pieces):
                yield frozenset((table, name) for name in section.names)


def _is_in(piece: Piece, rules: Collection[tuple[TableName, str, str]], objects: Objects) -> bool:
    match piece:
        case Rule():
            return (piece.table, piece.chain, piece.digest) in rules
        case Named():
            return (piece.table, piece.kind, piece.name) in objects
        case Element():
            return False
