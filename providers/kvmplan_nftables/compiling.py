"""From the operations of a step to the batch for nft."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from kvmplan_nftables.blocks.existing.finding import RULE, Existing
from kvmplan_nftables.blocks.reading import Printed
from kvmplan_nftables.making import Making
from kvmplan_nftables.nft import Tables
from kvmplan_nftables.table.batch import compile_batch
from kvmplan_nftables.table.difference import Line
from kvmplan_nftables.table.going import remade, taken
from kvmplan_nftables.table.identity import Owner
from kvmplan_nftables.table.listing import Listings
from kvmplan_nftables.table.pieces import TableName
from kvmplan_nftables.table.replaced import merged
from kvmplan_nftables.table.skeleton import SKELETON
from kvmplan_nftables.table.wish import Wish
from kvmplan_sdk import DiagnosticError, Operation, Step
from kvmplan_sdk.provider import UNTAGGED
from kvmplan_sdk.values import is_known


class Compiled(NamedTuple):
    """``step``: what was asked for. ``listings``: the tables as they are. ``about``: those that change, ``others`` the
    ones that are not kvmplan's. ``retold``: whether rules are told again as nft prints them, which is in no listing.
    """

    step: Step
    listings: Listings
    batch: Sequence[Line]
    about: Sequence[TableName]
    retold: bool

    @property
    def others(self) -> frozenset[TableName]:
        return frozenset(self.about) - SKELETON.keys()

    def holds(self, step: Step, tables: Tables) -> bool:
        """Whether the same would come of ``step`` now: while the tables are as they were."""
        if self.retold or step.lineage != self.step.lineage or step.operations != self.step.operations:
            return False
        now = tables.kept(self.about)
        return now.keys() == self.listings.keys() and all(now[name] is there for name, there in self.listings.items())


def compiled(step: Step, tables: Tables, existing: Existing, making: Making) -> Compiled:
    """What cannot be told yet, as values are unknown, is left out. Raises `DiagnosticError` where somebody else's is
    in the place.
    """
    operations = list(merged(step.operations))
    wishes = [wish for one in operations if (wish := _wish(one, step.lineage, making)) is not None]
    about = sorted({table for wish in wishes for table in wish.tables})
    listings = tables.listings(about)
    wishes = _with_handles(wishes, operations, existing)
    printed = Printed(tables.host, counted=True)
    anew = {table for table, *_ in remade(listings, wishes)}
    printed_of = anew | {table for wish in wishes if wish.handle for table in wish.before}
    for table in printed_of:
        listings[table].texts.update(printed.of(table).rules)
    problems = tuple(taken(listings, wishes))
    if problems:
        raise DiagnosticError(*problems)
    return Compiled(step, listings, compile_batch(listings, wishes), about, bool(printed_of))


def _wish(operation: Operation, lineage: str, making: Making) -> Wish | None:
    owner = Owner(lineage, operation.address)
    wanted = making.pieces(operation.type, operation.after, owner)
    if not wanted and operation.after is not None and not is_known(operation.after):
        return None
    former = owner if operation.tagged == operation.address else Owner(lineage, operation.tagged)
    tag = owner.tag
    return Wish(
        operation.address,
        tag,
        wanted,
        tag if former is owner else former.tag,
        making.pieces(operation.type, operation.before, former),
        takes=operation.tagged == UNTAGGED,
    )


def _with_handles(wishes: Sequence[Wish], operations: Sequence[Operation], existing: Existing) -> list[Wish]:
    """Rules that are taken over are found by their values, as they were when they were read."""
    handles = {
        one.address: rule.handle
        for one in operations
        if one.type == RULE and one.tagged == UNTAGGED and one.before is not None
        if (rule := existing.rule(one.before, one.private)) is not None
    }
    return [replace(wish, handle=handles.get(wish.address, 0)) if wish.takes else wish for wish in wishes]
