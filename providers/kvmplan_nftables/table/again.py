"""Rules that stay as they are, whoever's they are, and must go and come again in the same batch: the chain that they
are in, or a set that they look into, is made anew.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from kvmplan_nftables.table.listing import FoundRule, Listing
from kvmplan_nftables.table.pieces import TableName
from kvmplan_nftables.table.wish import NOTHING, Wish

HOLDERS = ("set", "map")
_NAMED = re.compile(r'\b(?:jump|goto) ([\w./-]+)|@([\w./-]+)|\b(\w+) name "([^"]+)"')


def coming(name: TableName, wishes: Sequence[Wish]) -> Mapping[tuple[str, str], str]:
    """The addresses of what is wanted in a table, by kind and name."""
    return {(piece.kind, piece.name): wish.address for wish in wishes for piece in wish.pieces.get(name, NOTHING).named}


def back_in_chains(
    listing: Listing, wishes: Sequence[Wish], chains: Collection[str], marked: Mapping[int, str]
) -> Iterator[tuple[FoundRule, str]]:
    """What is in ``chains``, which are made anew, and nobody changes, with its text. ``marked``: the texts of those
    that are taken over, by handle.
    """
    tags = {tag for wish in wishes for tag in wish.tags}
    for chain in sorted(chains):
        for rule in listing.in_chain(chain):
            if rule.tag not in tags and rule.handle in listing.texts:
                yield rule, marked.get(rule.handle) or listing.texts[rule.handle]


def looking_into(listing: Listing, again: Mapping[tuple[str, str], str]) -> Iterator[tuple[FoundRule, str]]:
    """The rules that name an object of ``again``, each with what ``again`` says of the first that it names. Without
    their texts, which were not asked for, there are none.
    """
    if not again:
        return
    for rule in listing.rules:
        named = _named(listing.texts.get(rule.handle, ""))
        whose = next((again[one] for one in named if one in again), None)
        if whose is not None:
            yield rule, whose


def _named(text: str) -> Iterator[tuple[str, str]]:
    """The objects that a rule names, by kind and name."""
    for chain, holder, kind, item in _NAMED.findall(text):
        if chain:
            yield "chain", chain
        elif holder:
            yield from ((kind, holder) for kind in HOLDERS)
        else:
            yield kind, item
