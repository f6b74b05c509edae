"""A step as one batch for ``nft -f -``: one object a line, so that nft's errors lead back to the resource.

nft takes a batch whole or not at all, so the order inside it is free: everything goes before anything comes, and
forwards may swap their ports. What is there as it is wanted stays: a change of one element touches one element.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from kvmplan_nftables.table.listing import FoundElement, FoundRule, Json, Listing, Listings
from kvmplan_nftables.table.pieces import Element, Named, Piece, Rule, TableName
from kvmplan_nftables.table.section import holders
from kvmplan_nftables.table.skeleton import SECTIONS, SKELETON
from kvmplan_nftables.table.skeleton import TAG as SKELETON_TAG

_NOTHING = Listing()


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the batch; ``address`` is the resource it is for, empty for the tables' own parts."""

    text: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a resource shall be made of: ``pieces``, marked with ``tag``. ``former``: the tag that it carries before;
    ``before``: the pieces it was made of, for the names of those that have one.
    """

    address: str
    tag: str
    pieces: Sequence[Piece] = ()
    former: str = ""
    before: Sequence[Piece] = ()


@dataclass(slots=True)
class _Difference:
    """By kind of command, in the order of the batch. Each line with its address.

    ``fresh``: the sets and maps of intervals that come. nft 1.0.6 tells the kernel the elements of these twice, first
    with the set: ``create`` would find them there, ``add`` does not mind; chains that they jump to must come before.
    """

    flushed: list[Line] = field(default_factory=list)
    rules_gone: list[Line] = field(default_factory=list)
    elements_gone: dict[str, list[Line]] = field(default_factory=lambda: defaultdict(list))
    named_gone: list[Line] = field(default_factory=list)
    named_come: list[Line] = field(default_factory=list)
    rules_come: list[Line] = field(default_factory=list)
    elements_come: dict[str, list[Line]] = field(default_factory=lambda: defaultdict(list))
    fresh: set[str] = field(default_factory=set)

    def lines(self) -> Iterator[Line]:
        yield from self.flushed
        yield from self.rules_gone
        yield from _grouped(self.elements_gone)
        yield from sorted(self.named_gone, key=lambda line: not line.text.startswith("delete chain"))
        yield from sorted(self.named_come, key=lambda line: not line.text.startswith("add chain"))
        yield from self.rules_come
        yield from _grouped(self.elements_come)


def compile_batch(listings: Listings, wishes: Sequence[Wish]) -> tuple[Line, ...]:
    """What nft must do so that the tables in ``listings`` become as ``wishes`` say. A table of ours goes with the last
    that is in it.
    """
    tables = {piece.table for wish in wishes for piece in (*wish.pieces, *wish.before)}
    lines: list[Line] = []
    for name in sorted(tables | (listings.keys() & SKELETON.keys())):
        lines += _table(name, listings.get(name), wishes)
    return tuple(lines)


def _table(name: TableName, listing: Listing | None, wishes: Sequence[Wish]) -> Iterator[Line]:
    comes = any(piece.table == name for wish in wishes for piece in wish.pieces)
    if name in SKELETON:
        if not comes and (listing is None or not _stays(name, listing, wishes)):
            if listing is not None:
                yield Line(f"delete table {' '.join(name)}")
            return
        needed = tuple(_needed(name, listing or _NOTHING, wishes))
        wishes = (Wish("", SKELETON_TAG, needed, before=SKELETON[name]), *wishes)
    difference = _Difference()
    for wish in wishes:
        _compare(name, listing or _NOTHING, wish, difference)
    if listing is None and comes:
        yield Line(f"add table {' '.join(name)}")
    yield from difference.lines()


def _needed(name: TableName, listing: Listing, wishes: Sequence[Wish]) -> Iterator[Piece]:
    """The sections that something comes into, or that hold what ``wishes`` leave."""
    tags = {SKELETON_TAG, *(tag for wish in wishes for tag in (wish.tag, wish.former))}
    used = holders(piece for wish in wishes for piece in wish.pieces if piece.table == name)
    used |= {rule.chain for rule in listing.rules if rule.tag not in tags}
    used |= {element.holder for element in listing.elements.values() if element.tag not in tags}
    for section in SECTIONS.get(name, ()):
        if used & section.names:
            yield from section.pieces


def _stays(name: TableName, listing: Listing, wishes: Sequence[Wish]) -> bool:
    """Whether a table of ours holds anything that ``wishes`` leave: of other resources, or of other people."""
    tags = {SKELETON_TAG, *(tag for wish in wishes for tag in (wish.tag, wish.former))}
    named = {
        (piece.kind, piece.name)
        for piece in (*SKELETON[name], *(piece for wish in wishes for piece in wish.before))
        if isinstance(piece, Named)
    }
    return (
        any(key not in named for key in listing.named)
        or any(rule.tag not in tags for rule in listing.rules)
        or any(element.tag not in tags for element in listing.elements.values())
    )


def _compare(name: TableName, listing: Listing, wish: Wish, into: _Difference) -> None:
    pieces = [piece for piece in wish.pieces if piece.table == name]
    gone = _compare_named(name, listing, wish, [piece for piece in pieces if isinstance(piece, Named)], into)
    rules = [piece for piece in pieces if isinstance(piece, Rule)]
    _compare_rules(name, [rule for tag in _tags(wish) for rule in listing.rules_of(tag)], wish, rules, gone, into)
    elements = {(piece.holder, piece.key): piece for piece in pieces if isinstance(piece, Element)}
    _compare_elements(name, listing, wish, elements, gone, into)


def _tags(wish: Wish) -> Iterable[str]:
    return dict.fromkeys(tag for tag in (wish.tag, wish.former) if tag)


def _compare_named(
    name: TableName, listing: Listing, wish: Wish, wanted: Sequence[Named], into: _Difference
) -> frozenset[str]:
    """The names of those that go, with all that is in them."""
    table = " ".join(name)
    wished = {(piece.kind, piece.name): piece for piece in wanted}
    before = {(piece.kind, piece.name) for piece in wish.before if isinstance(piece, Named) and piece.table == name}
    gone = {
        key
        for key in (before | wished.keys()) & listing.named.keys()
        if key not in wished or not fits(wished[key], listing.named[key])
    }
    for kind, item in sorted(gone):
        if kind == "chain":
            into.flushed.append(Line(f"flush chain {table} {item}", wish.address))
        into.named_gone.append(Line(f"delete {kind} {table} {item}", wish.address))
    for key, piece in wished.items():
        if key in gone or key not in listing.named:
            body = f" {{ {piece.body} }}" if piece.body else ""
            if "interval" in piece.body:
                into.fresh.add(piece.name)
            into.named_come.append(Line(f"add {piece.kind} {table} {piece.name}{body}", wish.address))
    return frozenset(item for _, item in gone)


def fits(wanted: Named, found: Json) -> bool:
    """Whether what nft lists is what is wanted. Types of several parts it lists as text or as a list."""
    return all(_flat(found.get(key)) == _flat(value) for key, value in wanted.shape.items())


def _flat(value: object) -> object:
    return " . ".join(map(str, value)) if isinstance(value, list) else value


def _compare_rules(
    name: TableName,
    found: Sequence[FoundRule],
    wish: Wish,
    wanted: Sequence[Rule],
    gone: frozenset[str],
    into: _Difference,
) -> None:
    """The rules of one chain stay if they are all there, in order; else all are made anew."""
    table = " ".join(name)
    there: dict[str, list[FoundRule]] = defaultdict(list)
    for rule in found:
        if rule.chain not in gone:
            there[rule.chain].append(rule)
    wished: dict[str, list[Rule]] = defaultdict(list)
    for piece in wanted:
        wished[piece.chain].append(piece)
    for chain in dict.fromkeys((*there, *wished)):
        rules = there.get(chain, [])
        if [(rule.tag, rule.digest) for rule in rules] == [(wish.tag, p.digest) for p in wished.get(chain, [])]:
            continue
        into.rules_gone += [Line(f"delete rule {table} {chain} handle {rule.handle}", wish.address) for rule in rules]
        into.rules_come += [
            Line(f'add rule {table} {chain} {piece.text} comment "{wish.tag} ~{piece.digest}"', wish.address)
            for piece in wished.get(chain, [])
        ]


def _compare_elements(
    name: TableName,
    listing: Listing,
    wish: Wish,
    wanted: dict[tuple[str, str], Element],
    gone: frozenset[str],
    into: _Difference,
) -> None:
    table = " ".join(name)
    there = {
        (element.holder, element.key): element
        for tag in _tags(wish)
        for element in listing.elements_of(tag)
        if element.holder not in gone
    }
    for key, element in there.items():
        if key not in wanted or not alike(element, wanted[key], wish.tag):
            head = f"delete element {table} {element.holder}"
            into.elements_gone[head].append(Line(element.key, wish.address))
    for key, piece in wanted.items():
        if key not in there or not alike(there[key], piece, wish.tag):
            data = f" : {piece.data}" if piece.data else ""
            head = f"{'add' if piece.holder in into.fresh else 'create'} element {table} {piece.holder}"
            into.elements_come[head].append(Line(f'{piece.key} comment "{wish.tag}"{data}', wish.address))


def alike(found: FoundElement, wanted: Element, tag: str) -> bool:
    return found.tag == tag and found.data == wanted.data


def _grouped(groups: dict[str, list[Line]]) -> Iterator[Line]:
    """Those on the elements of one holder are one command."""
    for head, lines in groups.items():
        yield Line(f"{head} {{")
        yield from (Line(f"{line.text},", line.address) for line in lines)
        yield Line("}")
