"""Whether a resource is there: its pieces beside the tables as nft lists them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from kvmplan_nftables.kind import Kind
from kvmplan_nftables.table.batch import fits, sleeps
from kvmplan_nftables.table.intruders import intruders, stowaways
from kvmplan_nftables.table.listing import FoundRule, Listing, Listings
from kvmplan_nftables.table.pieces import MARKS, Named, Piece, Rule, TableName
from kvmplan_nftables.table.rewritten import LISTED, by_hand, listed
from kvmplan_nftables.table.section import Section
from kvmplan_nftables.table.skeleton import SECTIONS, TAG
from kvmplan_nftables.table.wish import NOTHING, Parts, Sorted
from kvmplan_sdk import Known, Observed

Broken = frozenset[tuple[TableName, str]]
"""Chains, sets and maps of skeletons that do not do their work."""


def observe(known: Known, kind: Kind, pieces: Sorted, tag: str, listings: Listings, damaged: Broken) -> Observed | None:
    """The resource of ``pieces``; None where one is missing, or has changed in a way that values cannot say."""
    values = known.values
    if not pieces or any(table not in listings for table in pieces):
        return None
    if damaged and any((table, name) in damaged for table, parts in pieces.items() for name in parts.holders):
        return None
    if any(_of_others(piece, tag, listings[table]) for table, parts in pieces.items() for piece in parts.named):
        return Observed(values=values, owned=False)
    wanted = {(piece.holder, piece.key): piece.data for parts in pieces.values() for piece in parts.elements}
    found = [element for listing in listings.values() for element in listing.elements_of(tag)]
    if not found and any(_at(parts, listings[table]) for table, parts in pieces.items()):
        return Observed(values=values, owned=False)
    if not _all_there(pieces, tag, listings):
        return None
    for table, parts in pieces.items():
        if intruders(table, listings[table], parts, (tag,)) or stowaways(table, listings[table], parts, (tag,)):
            return None
    told = _told(pieces, tag, listings)
    if told and by_hand(known.private.get(LISTED), told):
        return None
    same = {(element.holder, element.key): element.data for element in found} == wanted
    seen = values if same else kind.seen(values, found)
    return None if seen is None else Observed(values=seen, private={**known.private, LISTED: told} if told else {})


def broken(listings: Listings) -> Broken:
    """What is in sections of skeletons that are not all there, or sleep with their table."""
    return frozenset(
        (name, held)
        for name, sections in SECTIONS.items()
        for section in sections
        if name in listings and (sleeps(name, listings[name]) or not _works(section, listings[name]))
        for held in section.names
    )


def _works(section: Section, listing: Listing) -> bool:
    """All that a section is of is there, its rules in order; other sections' may be between them."""
    found: dict[str, list[str]] = defaultdict(list)
    for rule in listing.rules_of(TAG):
        found[rule.chain].append(rule.digest)
    left = {chain: iter(digests) for chain, digests in found.items()}
    return all(
        piece.digest in left.get(piece.chain, iter(())) if isinstance(piece, Rule) else _named(piece, listing)
        for piece in section.pieces
    )


def _named(piece: Piece, listing: Listing) -> bool:
    if not isinstance(piece, Named):
        return True
    found = listing.named.get((piece.kind, piece.name))
    return found is not None and fits(piece, found)


def _of_others(piece: Named, tag: str, listing: Listing) -> bool:
    """Whether it is there, without the rule that would say that it is ours."""
    return (
        piece.marked
        and (piece.kind, piece.name) in listing.named
        and not any(rule.chain == MARKS for rule in listing.rules_of(tag))
    )


def _all_there(pieces: Sorted, tag: str, listings: Listings) -> bool:
    """Whether chains and all else with a name are there, and just the rules that belong there."""
    if not all(_named(piece, listings[table]) for table, parts in pieces.items() for piece in parts.named):
        return False
    return all(
        _by_chain(pieces.get(table, NOTHING).rules) == _by_chain(listing.rules_of(tag))
        for table, listing in listings.items()
    )


def _told(pieces: Sorted, tag: str, listings: Listings) -> str:
    """What nft lists of the rules in tables of kvmplan's; in others' they are read as changed (`blocks.reading`)."""
    rules = [rule for table in sorted(pieces) if table in SECTIONS for rule in listings[table].rules_of(tag)]
    return listed(rules, listings[min(pieces)].version) if rules else ""


def _at(parts: Parts, listing: Listing) -> bool:
    """Whether somebody's elements are in the places of ours."""
    return any((piece.holder, piece.key) in listing.elements for piece in parts.elements)


def _by_chain(rules: Sequence[Rule] | Sequence[FoundRule]) -> Mapping[str, Sequence[tuple[str, int]]]:
    found: dict[str, list[tuple[str, int]]] = {}
    for rule in rules:
        found.setdefault(rule.chain, []).append((rule.digest, rule.order))
    return found
