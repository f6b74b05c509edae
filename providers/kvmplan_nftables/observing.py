"""Whether a resource is there: its pieces beside the tables as nft lists them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from kvmplan_nftables.kind import Kind
from kvmplan_nftables.table.batch import fits
from kvmplan_nftables.table.listing import FoundElement, Listing, Listings
from kvmplan_nftables.table.pieces import MARKS, Element, Named, Piece, Rule, TableName
from kvmplan_nftables.table.section import Section, holders
from kvmplan_nftables.table.skeleton import SECTIONS, TAG
from kvmplan_sdk import Object, Observed

Broken = frozenset[tuple[TableName, str]]
"""Chains, sets and maps of skeletons that do not do their work."""


def observe(
    values: Object, kind: Kind, pieces: Sequence[Piece], tag: str, listings: Listings, damaged: Broken
) -> Observed | None:
    """The resource of ``pieces``; None where one is missing, or has changed in a way that values cannot say."""
    if not pieces or any(piece.table not in listings for piece in pieces):
        return None
    if damaged and any((piece.table, name) in damaged for piece in pieces for name in holders((piece,))):
        return None
    if any(_of_others(piece, tag, listings[piece.table]) for piece in pieces):
        return Observed(values=values, owned=False)
    wanted = {(piece.holder, piece.key): piece.data for piece in pieces if isinstance(piece, Element)}
    found = [element for listing in listings.values() for element in listing.elements_of(tag)]
    if not found and any(_at(piece, listings) for piece in pieces if isinstance(piece, Element)):
        return Observed(values=values, owned=False)
    if not _all_there([piece for piece in pieces if not isinstance(piece, Element)], tag, listings):
        return None
    same = {(element.holder, element.key): element.data for element in found} == wanted
    seen = values if same else kind.seen(values, found)
    return None if seen is None else Observed(values=seen)


def broken(listings: Listings) -> Broken:
    """What is in sections of skeletons that are not all there."""
    return frozenset(
        (name, held)
        for name, sections in SECTIONS.items()
        for section in sections
        if name in listings and not _works(section, listings[name])
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


def _of_others(piece: Piece, tag: str, listing: Listing) -> bool:
    """Whether it is there, without the rule that would say that it is ours."""
    return (
        isinstance(piece, Named)
        and piece.marked
        and (piece.kind, piece.name) in listing.named
        and not any(rule.chain == MARKS for rule in listing.rules_of(tag))
    )


def _all_there(pieces: Sequence[Piece], tag: str, listings: Listings) -> bool:
    rules: dict[tuple[TableName, str], list[tuple[str, int]]] = defaultdict(list)
    for piece in pieces:
        match piece:
            case Rule():
                rules[piece.table, piece.chain].append((piece.digest, piece.order))
            case Named():
                if not _named(piece, listings[piece.table]):
                    return False
    there: dict[tuple[TableName, str], list[tuple[str, int]]] = defaultdict(list)
    for table in listings:
        for rule in listings[table].rules_of(tag):
            there[table, rule.chain].append((rule.digest, rule.order))
    return there == rules


def _at(piece: Element, listings: Listings) -> FoundElement | None:
    return listings[piece.table].elements.get((piece.holder, piece.key))
