"""What is in a chain or a table of the user's that goes, or comes anew."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kvmplan_nftables.table.batch import compare_named
from kvmplan_nftables.table.difference import Difference
from kvmplan_nftables.table.listing import Listings
from kvmplan_nftables.table.pieces import TableName
from kvmplan_nftables.table.skeleton import SKELETON
from kvmplan_nftables.table.wish import Sorted, Wish
from kvmplan_sdk import Diagnostic, error


def remade(listings: Listings, wishes: Sequence[Wish]) -> frozenset[tuple[TableName, str, str]]:
    """What comes anew: chains must get back what is in them, and what looks into a set must look into the new one."""
    if not listings.keys() - SKELETON.keys():
        return frozenset()
    coming = {key for wish in wishes for key in _named(wish.pieces)}
    return frozenset(key for key in _going(listings, wishes) if key in coming)


def _named(pieces: Sorted) -> Iterator[tuple[TableName, str, str]]:
    return ((piece.table, piece.kind, piece.name) for parts in pieces.values() for piece in parts.named)


def _going(listings: Listings, wishes: Sequence[Wish]) -> Iterator[tuple[TableName, str, str]]:
    for name in {table for wish in wishes for table in wish.tables} & listings.keys() - SKELETON.keys():
        difference = Difference()
        for wish in wishes:
            compare_named(name, listings[name], wish, difference)
        yield from ((name, *key) for key in difference.gone)


def taken(listings: Listings, wishes: Sequence[Wish]) -> Iterator[Diagnostic]:
    """What would go with a chain or a table of the user's though nobody asked for it."""
    if not listings.keys() - SKELETON.keys():
        return
    tags = {tag for wish in wishes for tag in wish.tags}
    known = {key: wish.address for wish in wishes for key in _named(wish.before)}
    handles = {(table, wish.handle) for wish in wishes if wish.handle for table in wish.before}
    again = remade(listings, wishes)
    for name, kind, item in sorted(_going(listings, wishes)):
        if kind not in ("chain", "table") or (name, kind, item) in again:
            continue
        listing, whole = listings[name], kind == "table"
        rules = [
            rule
            for rule in listing.rules
            if (whole or rule.chain == item) and rule.tag not in tags and (name, rule.handle) not in handles
        ]
        left = [f"a rule of chain {rule.chain}" for rule in rules]
        left += [" ".join(key) for key in listing.named if whole and (name, *key) not in known]
        if left:
            more = f", and {len(left) - 3} more" if len(left) > 3 else ""
            listed = " ".join((kind, *name) if whole else (kind, *name, item))
            detail = (
                f"Nothing was done, for {listed} would go with {', '.join(left[:3])}{more}. Remove that first: see "
                f"`nft -a list {listed}`."
            )
            yield error(f"The {kind} holds what is not in this plan", detail, address=known[name, kind, item])
