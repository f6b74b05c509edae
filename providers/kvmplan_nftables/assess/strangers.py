"""Rules and elements in the shared parts of our tables that no resource has made: left alone, but told, for they may
undo what resources are for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from kvmplan_nftables.persistence.printed import Line
from kvmplan_nftables.table.listing import FoundElement, FoundRule, Listings
from kvmplan_nftables.table.pieces import Named, TableName
from kvmplan_nftables.table.skeleton import SKELETON
from kvmplan_sdk import Diagnostic, warning

_TOLD = 3


@dataclass(frozen=True, slots=True)
class Stranger:
    table: TableName
    found: FoundRule | FoundElement


def strangers(listings: Listings) -> Sequence[Stranger]:
    """Those in chains, sets and maps of skeletons; what is in chains of somebody's own no packet of ours meets."""
    found: list[Stranger] = []
    for table, pieces in SKELETON.items():
        if table in listings:
            listing, names = listings[table], {piece.name for piece in pieces if isinstance(piece, Named)}
            found += [Stranger(table, one) for one in listing.rules_of("") if one.chain in names]
            found += [Stranger(table, one) for one in listing.elements_of("") if one.holder in names]
    return found


def judge_strangers(found: Sequence[Stranger], texts: Callable[[TableName], Mapping[int, str]]) -> Iterator[Diagnostic]:
    """``texts``: the rules of a table by handle, as nft prints them."""
    printed = {table: texts(table) for table in {one.table for one in found if isinstance(one.found, FoundRule)}}
    for one in found[:_TOLD]:
        table = " ".join(one.table)
        match one.found:
            case FoundRule(chain=chain, handle=handle):
                what = f"The rule `{printed[one.table].get(handle, '?')}` in chain {chain}"
                remedy = f"nft delete rule {table} {chain} handle {handle}"
            case FoundElement(holder=holder, key=key, data=data):
                what = f"The element `{key}{f' : {data}' if data else ''}` of {holder}"
                remedy = f"nft delete element {table} {holder} '{{ {key} }}'"
        more = f" There are {len(found) - _TOLD} more of that kind." if len(found) > _TOLD else ""
        yield warning(
            f"A stranger in table {table}",
            f"{what} is of no resource. It may undo what firewalls and forwards are for; kvmplan leaves it alone, and "
            f"the next apply saves it with the rest. Remove it: `{remedy}`.{more}",
        )


def judge_saved(found: Sequence[Line], file: str) -> Iterator[Diagnostic]:
    """Those that are only in what is saved: taken out of the table since, or written into the ``file``."""
    more = f" There are {len(found) - _TOLD} more of that kind." if len(found) > _TOLD else ""
    for one in found[:_TOLD]:
        where = f"{one.kind} {one.name} of table {' '.join(one.table)}"
        yield warning(
            f"A stranger in {file}",
            f"`{one.text.strip()}` in {where} is of no resource, and not in "
            "the table now: it would come with a reboot, and may undo what firewalls and forwards are for. Take it out "
            f"of the file; the next apply that changes something does so, too.{more}",
        )
