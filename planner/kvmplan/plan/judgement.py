"""A plan judged as a whole, before anybody approves it: by its claims, the providers, the hosts' own validators."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from kvmplan.addresses import Address
from kvmplan.plan.conflicts import claims_by_host, conflicts
from kvmplan.plan.model import Action, Change, Lane, PlannedStep
from kvmplan.sessions import Sessions
from kvmplan_sdk import capabilities
from kvmplan_sdk.capabilities import Assesses, Findings, Rehearses
from kvmplan_sdk.diagnostics import Diagnostic, DiagnosticError
from kvmplan_sdk.impact import Impact
from kvmplan_sdk.provider import Operation, Step, Verb

_VERBS = {
    Action.CREATE: Verb.CREATE,
    Action.UPDATE: Verb.UPDATE,
    Action.REPLACE: Verb.CREATE,
    Action.DELETE: Verb.DELETE,
}


def assess(changes: Mapping[Address, Change], sessions: Sessions) -> Findings:
    """What contradicts itself, what is in the way on the hosts, and impacts that only the whole shows."""
    claims = claims_by_host(changes.values())
    diagnostics = list(conflicts(claims, changes))
    impacts: dict[str, Impact] = {}
    lanes: dict[Lane, list[Change]] = defaultdict(list)
    for change in changes.values():
        lanes[change.lane].append(change)
    for lane, members in sorted(lanes.items()):
        try:
            session = sessions.get(lane)
            if isinstance(session, Assesses):
                findings = session.assess([_for_provider(c) for c in members], claims.get(lane.host, ()))
                diagnostics += findings.diagnostics
                impacts.update(findings.impacts)
        except DiagnosticError as problem:
            diagnostics += problem.diagnostics
    return Findings(diagnostics=tuple(diagnostics), impacts=impacts)


def rehearse(
    steps: tuple[PlannedStep, ...], changes: Mapping[Address, Change], lineage: str, sessions: Sessions
) -> Iterator[Diagnostic]:
    """What the hosts' own validators say of every step."""
    for step in steps:
        session = sessions.get(step.lane)
        if isinstance(session, Rehearses):
            operations = tuple(_operation(changes[address], verb) for address, verb in step.operations)
            yield from session.dry_run(Step(operations=operations, lineage=lineage))


def _operation(change: Change, verb: Verb) -> Operation:
    return Operation(
        verb=verb,
        address=str(change.address),
        type=change.address.type,
        before=None if verb is Verb.CREATE else change.before,
        after=None if verb is Verb.DELETE else change.after,
        private=change.private,
    )


def _for_provider(change: Change) -> capabilities.Change:
    return capabilities.Change(
        verb=_VERBS.get(change.action),
        address=str(change.address),
        type=change.address.type,
        before=change.before,
        after=change.after,
        replaced=change.action is Action.REPLACE,
        impact=change.impact,
    )
