"""A plan judged as a whole, before anybody approves it: by its claims, the providers, the hosts' own validators."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from kvmplan.addresses import Address
from kvmplan.blame import blamed
from kvmplan.lane import Lane
from kvmplan.plan.conflicts import claims_by_host, conflicts
from kvmplan.plan.model import Action, Change, Plan
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
    Action.CREATE_THEN_DELETE: Verb.CREATE,
    Action.FORGET_THEN_CREATE: Verb.CREATE,
    Action.DELETE: Verb.DELETE,
}


def assess(changes: Mapping[Address, Change], sessions: Sessions) -> Findings:
    """What contradicts itself, what is in the way on the hosts, and impacts that only the whole shows."""
    claims = claims_by_host(changes.values())
    diagnostics = list(conflicts(claims, changes))
    impacts: dict[str, Impact] = {}
    lanes: dict[Lane, list[capabilities.Change]] = defaultdict(list)
    for change in changes.values():
        if change.action is Action.READ:
            continue
        lanes[change.lane].append(_for_provider(change))
        if change.left is not None and change.action.replaces:
            lanes[change.left].append(_leaving(change))
    for lane, members in sorted(lanes.items()):
        try:
            session = sessions.get(lane)
            if isinstance(session, Assesses):
                with blamed(lane.provider):
                    findings = session.assess(members, claims.get(lane.host, ()))
                diagnostics += findings.diagnostics
                impacts.update(findings.impacts)
        except DiagnosticError as problem:
            diagnostics += problem.diagnostics
    return Findings(diagnostics=tuple(diagnostics), impacts=impacts)


def rehearse(plan: Plan, sessions: Sessions) -> Iterator[Diagnostic]:
    """What the hosts' own validators say of every step."""
    for step in plan.steps:
        operations = tuple(
            _operation(plan.change(address), verb) for address, verb in step.operations if verb is not Verb.READ
        )
        if not operations:
            continue
        try:
            session = sessions.get(step.lane)
            if isinstance(session, Rehearses):
                with blamed(step.lane.provider):
                    yield from session.dry_run(Step(operations=operations, lineage=plan.prior.lineage))
        except DiagnosticError as problem:
            yield from problem.diagnostics


def _operation(change: Change, verb: Verb) -> Operation:
    return Operation(
        verb=verb,
        address=str(change.address.current),
        type=change.address.type,
        before=None if verb is Verb.CREATE else change.before,
        after=None if verb is Verb.DELETE else change.after,
        private={} if verb is Verb.CREATE else change.private,
        former="" if verb is Verb.CREATE else change.tag,
    )


def _for_provider(change: Change) -> capabilities.Change:
    return capabilities.Change(
        verb=_VERBS.get(change.action),
        address=str(change.address),
        type=change.address.type,
        before=None if change.left is not None else change.before,
        after=change.after,
        replaced=change.action.replaces and change.left is None,
        impact=change.impact,
        former=change.tag,
        created_first=change.action is Action.CREATE_THEN_DELETE,
    )


def _leaving(change: Change) -> capabilities.Change:
    """What moves to another host, as the host sees it that it leaves."""
    return capabilities.Change(
        verb=Verb.DELETE, address=str(change.address), type=change.address.type, before=change.before, after=None
    )
