"""Whether a resource is there: its pieces beside the tables as nft lists them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from kvmplan_nftables.kind import Kind
from kvmplan_nftables.table.batch import fits
from kvmplan_nftables.table.listing import FoundElement, Listing, Listings
from kvmplan_nftables.table.pieces import Element, Named, Piece, Rule, TableName
from kvmplan_nftables.table.skeleton import SKELETON, TAG
from kvmplan_sdk import Object, Observed


def observe(values: Object, kind: Kind, pieces: Sequence[Piece], tag: str, listings: Listings) -> Observed | None:
    """The resource of ``pieces`` as it is: None where one is missing, or has changed in a way that values cannot say.
    ``listings``: the tables that can do their work.
    """
    if not pieces or any(piece.table not in listings for piece in pieces):
        return None
    wanted = {(piece.holder, piece.key): piece.data for piece in pieces if isinstance(piece, Element)}
    found = [element for listing in listings.values() for element in listing.elements_of(tag)]
    if not found and any(_at(piece, listings) for piece in pieces if isinstance(piece, Element)):
        return Observed(values=values, owned=False)
    if not _all_there([piece for piece in pieces if not isinstance(piece, Element)], tag, listings):
        return None
    same = {(element.holder, element.key): element.data for element in found} == wanted
    seen = values if same else kind.seen(values, found)
    return None if seen is None else Observed(values=seen)


def intact(name: TableName, listing: Listing) -> bool:
    """Whether the skeleton of a table of ours is all there, so that what is in it does its work."""
    return _all_there(SKELETON.get(name, ()), TAG, {name: listing})


def _all_there(pieces: Sequence[Piece], tag: str, listings: Listings) -> bool:
    rules: dict[tuple[TableName, str], list[str]] = defaultdict(list)
    for piece in pieces:
        match piece:
            case Rule():
                rules[piece.table, piece.chain].append(piece.digest)
            case Named():
                found = listings[piece.table].named.get((piece.kind, piece.name))
                if found is None or not fits(piece, found):
                    return False
    there: dict[tuple[TableName, str], list[str]] = defaultdict(list)
    for table in listings:
        for rule in listings[table].rules_of(tag):
            there[table, rule.chain].append(rule.digest)
    return there == rules


def _at(piece: Element, listings: Listings) -> FoundElement | None:
    return listings[piece.table].elements.get((piece.holder, piece.key))
