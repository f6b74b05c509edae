"""Rules and elements of nobody's in chains and sets that are a resource's alone: they could undo what it is for."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from kvmplan_nftables.table.listing import FoundElement, FoundRule, Listing
from kvmplan_nftables.table.pieces import TableName
from kvmplan_nftables.table.skeleton import SKELETON, TAG
from kvmplan_nftables.table.wish import Parts


def intruders(table: TableName, listing: Listing, parts: Parts, tags: Collection[str]) -> Sequence[FoundRule]:
    """The rules in chains of ``parts`` that carry none of ``tags``. Into chains of the user's tables, and into those
    that all resources share, others may write.
    """
    if table not in SKELETON or TAG in tags:
        return ()
    chains = (piece.name for piece in parts.named if piece.kind == "chain")
    return [rule for chain in chains for rule in listing.in_chain(chain) if rule.tag not in tags]


def stowaways(table: TableName, listing: Listing, parts: Parts, tags: Collection[str]) -> Sequence[FoundElement]:
    """Likewise, the elements in sets and maps of ``parts`` that carry no tag."""
    if table not in SKELETON or TAG in tags or not listing.elements_of(""):
        return ()
    names = {piece.name for piece in parts.named if piece.kind in ("set", "map")}
    return [element for element in listing.elements_of("") if element.holder in names]
