"""What is in tables of one host: reading, planning and applying it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kvmplan_nftables.assess.firewalls import firewalls, judge_firewalls
from kvmplan_nftables.assess.forwards import forwards
from kvmplan_nftables.assess.guarded import judge_guarded
from kvmplan_nftables.assess.host import judge
from kvmplan_nftables.assess.strangers import Stranger, judge_saved, judge_strangers, strangers
from kvmplan_nftables.blocks.existing.discovery import discovered
from kvmplan_nftables.blocks.existing.finding import RULE, Existing
from kvmplan_nftables.blocks.reading import Printed, rules_as_written
from kvmplan_nftables.compiling import Compiled, compiled
from kvmplan_nftables.fastpath.flowtable import TYPE, judge_flowtables
from kvmplan_nftables.kind import REROUTES, Kind
from kvmplan_nftables.kinds import BLOCKS, KINDS
from kvmplan_nftables.making import Making
from kvmplan_nftables.nat.ambiguous import judge_ambiguous
from kvmplan_nftables.nat.others import judge_others
from kvmplan_nftables.nat.same_source import judge_same_source
from kvmplan_nftables.nft import Tables
from kvmplan_nftables.observing import broken, observe
from kvmplan_nftables.persistence.boot import Boot
from kvmplan_nftables.persistence.keeper import Keeper
from kvmplan_nftables.persistence.printed import Line
from kvmplan_nftables.persistence.saved import FILE
from kvmplan_nftables.persistence.schema import IS_SAVED
from kvmplan_nftables.persistence.unsaved import EVERYTHING, Unsaved
from kvmplan_nftables.table.batch import ours, remaining
from kvmplan_nftables.table.identity import Owner
from kvmplan_nftables.table.pieces import OURS
from kvmplan_nftables.table.skeleton import SKELETON
from kvmplan_nftables.table.wish import Sorted
from kvmplan_sdk import (
    Change,
    ClaimedBy,
    Diagnostic,
    Discovered,
    Findings,
    Host,
    Impact,
    Known,
    Object,
    Observed,
    Planned,
    Proposal,
    Step,
    Verb,
    error,
    has_errors,
    worst,
)
from kvmplan_sdk.provider import UNTAGGED
from kvmplan_sdk.values import differences, is_known


class InTables:
    """Lists tables afresh to read and to apply: others may have changed them, and handles are only good for a moment.
    A rehearsal takes what was read, and its batch is told when it would be the same.
    """

    def __init__(self, host: Host, lineage: str, boot: Boot) -> None:
        self._host = host
        self._lineage = lineage
        self._keeper = Keeper(boot)
        self._strangers: Sequence[Stranger] = ()
        self._strangers_saved: Sequence[Line] = ()
        self._making = Making()
        self._tables = Tables(host)
        self._rehearsed: dict[str, Compiled] = {}
        self._existing = self._look()

    def read(self, objects: Sequence[Known]) -> Sequence[Observed | None]:
        """What was imported has no tag: it is looked for by its values."""
        existing = self._look()
        tagged = iter(self._tagged([known for known in objects if known.address != UNTAGGED]))
        return [self._as_saved(existing.now(known)) if known.address == UNTAGGED else next(tagged) for known in objects]

    def _as_saved(self, found: Observed | None) -> Observed | None:
        """What is imported is saved with the apply that marks it, so that this is no change."""
        return replace(found, values={**found.values, IS_SAVED: self._keeper.able}) if found else None

    def _tagged(self, objects: Sequence[Known]) -> Sequence[Observed | None]:
        owners = [Owner(self._lineage, known.address) for known in objects]
        pieces = [
            self._making.pieces(known.type, known.values, owner) for known, owner in zip(objects, owners, strict=True)
        ]
        self._tables.forget()
        listings = self._tables.kept(table for some in pieces for table in some)
        damaged = broken(listings)
        self._strangers = strangers(listings)
        found = [
            observe(known, KINDS[known.type], some, owner.tag, listings, damaged)
            for known, some, owner in zip(objects, pieces, owners, strict=True)
        ]
        rules = {place: known for place, known in enumerate(objects) if known.type == RULE}
        for place, one in rules_as_written(rules, found, self._lineage, listings, Printed(self._host)):
            found[place] = one
        tags = {owner.tag for owner in owners}
        others = {table for some in pieces for table in some} - SKELETON.keys()
        unsaved = {
            False: self._keeper.unsaved(ours(listings), tags),
            True: self._keeper.unsaved_others(others, tags) if others else EVERYTHING,
        }
        self._strangers_saved = unsaved[False].strange
        return [
            _judged(one, known, unsaved[known.type in BLOCKS], some, owner.tag)
            for known, one, some, owner in zip(objects, found, pieces, owners, strict=True)
        ]

    def plan(self, proposal: Proposal) -> Planned:
        kind = KINDS[proposal.type]
        values = kind.complete(proposal)
        values = {**values, IS_SAVED: self._keeper.able}
        impact = _impact(kind, proposal, values)
        if not is_known(values):
            return Planned(values=values, impact=impact)
        try:
            problems = tuple(problem.about(proposal.address) for problem in kind.check(values))
            if not has_errors(problems):
                self._making.pieces(proposal.type, values, Owner(self._lineage, proposal.address))
        except ValueError as problem:
            invalid = error(f"Invalid {proposal.type}", f"{problem}.", address=proposal.address)
            return Planned(values=values, impact=impact, diagnostics=(invalid,))
        return Planned(values=values, impact=impact, claims=tuple(kind.claims(values)), diagnostics=problems)

    def carry_out(self, step: Step) -> Sequence[Diagnostic]:
        self._tables.forget()
        self._existing = self._look()
        rehearsed = self._rehearsed.pop(_first(step), None)
        made = rehearsed if rehearsed and rehearsed.holds(step, self._tables) else self._compiled(step)
        listings, batch, others = made.listings, made.batch, made.others
        left, saved = remaining(listings, batch), self._keeper.others() if others else ()
        # First, or a run that is killed in between would leave a file that nobody remembers.
        going = {operation.type in BLOCKS for operation in step.operations if operation.verb is Verb.DELETE}
        if not left:
            self._keeper.forget()
        elif False in going:
            self._keeper.doubt()
        if others and going:
            self._keeper.forget_others()
        problems = self._tables.submit(batch)
        if kept := ours(listings) if problems else left:
            self._keeper.save(kept)
        if others:
            self._keeper.save_others({*others, *saved})
        return problems

    def dry_run(self, step: Step) -> Sequence[Diagnostic]:
        """What hooks an interface that an earlier step makes is left out. After a refusal, tables are read again."""
        there = [one for one in step.operations if one.type != TYPE or not self._missing(one.after)]
        made = self._compiled(replace(step, operations=tuple(there)))
        self._rehearsed[_first(step)] = made
        problems = self._tables.submit(made.batch, "-c")
        if problems:
            self._tables.forget()
        return problems

    def _compiled(self, step: Step) -> Compiled:
        return compiled(step, self._tables, self._look(), self._making)

    def _missing(self, values: Object | None) -> bool:
        """Whether an interface of a flowtable is not there (yet)."""
        devices = (values or {}).get("devices")
        known = devices if isinstance(devices, (list, tuple)) else []
        return not all(self._host.run(["ip", "link", "show", "dev", str(device)]).ok for device in known)

    def assess(self, changes: Sequence[Change], claims: Sequence[ClaimedBy]) -> Findings:
        removals = {
            change.address: KINDS[change.type].told(KINDS[change.type].removed, change.before)
            for change in changes
            if change.verb is Verb.DELETE and change.type in KINDS
        }
        forwarding, guarding, printed = forwards(changes), firewalls(changes), Printed(self._host, counted=True)
        table = self._tables.kept(()).get(OURS) if any(one.changed for one in forwarding) else None
        found = (
            *judge(self._host, changes, claims, self._lineage, guarding),
            *judge_firewalls(self._host, guarding),
            *judge_guarded(forwarding, guarding),
            *judge_flowtables(self._host, changes),
            *judge_ambiguous(changes),
            *judge_same_source(changes),
            *judge_others(changes, table, self._lineage),
            *judge_strangers(self._strangers, lambda table: printed.of(table).rules),
            *judge_saved(self._strangers_saved, FILE),
        )
        return Findings(diagnostics=found, impacts=removals)

    def import_state(self, type_: str, identifier: str) -> Observed:
        found = self._existing.imported(type_, identifier)
        return replace(found, values={**found.values, IS_SAVED: self._keeper.able})

    def discover_within(self, names: Sequence[str]) -> Sequence[Discovered]:
        self._existing = self._look()
        return discovered(self._existing, names)

    def _look(self) -> Existing:
        """What is there from now on; tables are listed once for all that is imported."""
        return Existing(self._host, self._lineage, BLOCKS)


def _first(step: Step) -> str:
    return next((one.address for one in step.operations), "")


def _judged(found: Observed | None, known: Known, unsaved: Unsaved, pieces: Sorted, tag: str) -> Observed | None:
    """With whether it is saved. Where it is not as known, that is told, and what is saved is still as known."""
    if found is None:
        return None
    lost = unsaved.has(pieces, tag) if found.values == known.values else unsaved.everything
    return replace(found, values={**found.values, IS_SAVED: not lost})


def _impact(kind: Kind, proposal: Proposal, values: Object) -> Impact:
    if proposal.prior is None:
        return kind.told(kind.created, values)
    changed = {str(path[0]) for path in differences(values, proposal.prior)} - {IS_SAVED}
    return kind.told(worst(kind.impacts.get(name, REROUTES) for name in sorted(changed)), values)
