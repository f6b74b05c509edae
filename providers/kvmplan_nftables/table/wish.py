"""What a resource shall be made of and was made of, sorted once, by table and by what each step of a batch compares."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from kvmplan_nftables.table.pieces import Element, Named, Piece, Rule, TableName


@dataclass(frozen=True, slots=True)
class Parts:
    """The pieces of a resource in one table."""

    named: list[Named] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    elements: list[Element] = field(default_factory=list)

    @property
    def holders(self) -> set[str]:
        """The chains, sets and maps that they are in."""
        found = {element.holder for element in self.elements}
        return found | {rule.chain for rule in self.rules} if self.rules else found


NOTHING = Parts()
Sorted = Mapping[TableName, Parts]


def by_table(pieces: Iterable[Piece]) -> Sorted:
    found: dict[TableName, Parts] = {}
    for piece in pieces:
        if (parts := found.get(piece.table)) is None:
            parts = found[piece.table] = Parts()
        match piece:
            case Element():
                parts.elements.append(piece)
            case Rule():
                parts.rules.append(piece)
            case Named():
                parts.named.append(piece)
    return found


@dataclass(frozen=True, slots=True)
class Wish:
    """What a resource shall be made of: ``pieces``, marked with ``tag``. ``former``: the tag that it carries before;
    ``before``: the pieces it was made of, for the names of those that have one. ``takes``: it carries none before, and
    what is there of ``before`` becomes its own; a rule is found by its ``handle``.
    """

    address: str
    tag: str
    pieces: Sorted = field(default_factory=dict)
    former: str = ""
    before: Sorted = field(default_factory=dict)
    takes: bool = False
    handle: int = 0

    @property
    def tags(self) -> Sequence[str]:
        """Those that mark what it is made of now."""
        return (self.tag, self.former) if self.former not in ("", self.tag) else (self.tag,) if self.tag else ()

    @property
    def tables(self) -> Iterable[TableName]:
        return self.pieces.keys() | self.before.keys()
