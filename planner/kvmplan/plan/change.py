"""One instance: what is configured against what is there, as the provider sees it, and so what to do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from kvmplan.addresses import Address
from kvmplan.blame import blamed
from kvmplan.plan.guarding import prevented
from kvmplan.plan.ignoring import ignored_paths, left_as_is
from kvmplan.plan.marks import sensitive_paths
from kvmplan.plan.model import Action, Change
from kvmplan.plan.wanted import Wanted
from kvmplan.state.model import Instance
from kvmplan_sdk.diagnostics import Diagnostic, DiagnosticError, error, has_errors
from kvmplan_sdk.impact import worst
from kvmplan_sdk.proposing import canonical, lasting, liberties, propose, replacing
from kvmplan_sdk.provider import Planned, Proposal, Session
from kvmplan_sdk.schema import ObjectSchema
from kvmplan_sdk.values import Object, differences, format_path, is_known


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What else decides over an instance. ``forced``: why it is replaced though nothing of it changes, in Terraform's
    words; ``tags``: whether the provider tags objects with addresses; ``created_first``: whether a replacement creates
    first; ``deposed``: what then tells the old object; ``guarded``: whether it must not be destroyed, ``allowed``:
    whether it may be all the same.
    """

    forced: str = ""
    tags: bool = False
    created_first: bool = False
    deposed: str = ""
    former: Address | None = None
    imported: str | None = None
    guarded: bool = False
    allowed: bool = False


def plan_instance(
    wanted: Wanted,
    prior: Instance | None,
    session: Session,
    schema: ObjectSchema,
    diagnostics: list[Diagnostic],
    circumstances: Circumstances,
) -> Change | None:
    """The change of one instance; None when it cannot be planned, which is an error already reported."""
    configured = _ignoring(wanted, prior, schema)
    moves = prior is not None and prior.host != wanted.lane.host
    question = _Question(wanted, configured, session, schema, diagnostics)
    planned = question.ask(None if moves else prior)
    if planned is None:
        return None
    if prior is not None and planned.prior is not None:
        ignored, _ = ignored_paths(wanted.resource.lifecycle, schema)
        prior = replace(prior, values=left_as_is(canonical(schema, planned.prior), prior.values, ignored))
    changed = [] if prior is None or moves else list(differences(lasting(schema, prior.values), planned.values))
    anew = replacing(schema, planned.replaces, changed)
    forced = circumstances.forced if prior is not None else ""
    if anew or forced:
        configured = wanted.configured.values
        fresh = replace(question, configured=configured).ask(None)
        if fresh is None:
            return None
        planned = replace(fresh, impact=worst((planned.impact, fresh.impact)))
    replaced = moves or bool(anew) or bool(forced)
    retagged = circumstances.tags and prior is not None and bool(prior.tag)
    keep = not wanted.resource.lifecycle.destroy
    action = _action(
        prior,
        changed=bool(changed) or retagged,
        replaced=replaced,
        created_first=circumstances.created_first,
        keep=keep,
    )
    change = Change(
        address=wanted.address,
        action=action,
        lane=wanted.lane,
        before=prior.values if prior else None,
        after=planned.values,
        waits=not is_known(configured),
        left=prior.lane if prior and moves else None,
        private=prior.private if prior else {},
        schema_version=schema.version,
        dependencies=wanted.dependencies,
        sensitive=sensitive_paths(wanted.configured.sensitive, schema, planned.values),
        before_sensitive=sensitive_paths(prior.sensitive, schema, prior.values) if prior else (),
        replace_paths=anew,
        reason=(forced or "replace_because_cannot_update") if action.renews else "",
        impact=planned.impact,
        claims=planned.claims,
        prevent_destroy=circumstances.guarded,
        unguarded=circumstances.guarded and action.replaces,
        keep=keep,
        created_first=circumstances.created_first,
        former=circumstances.former,
        tag=prior.tag if prior else "",
        imported=circumstances.imported,
        deposed=circumstances.deposed if action is Action.CREATE_THEN_DELETE else "",
        source=wanted.resource.range,
    )
    if not circumstances.allowed:
        _guard(change, diagnostics)
    _refuse_two(change, schema, diagnostics)
    return change


def _action(prior: Instance | None, *, changed: bool, replaced: bool, created_first: bool, keep: bool) -> Action:
    if prior is None:
        return Action.CREATE
    if replaced and keep:
        return Action.FORGET_THEN_CREATE
    if replaced:
        return Action.CREATE_THEN_DELETE if created_first else Action.REPLACE
    return Action.UPDATE if changed else Action.NO_OP


@dataclass(frozen=True, slots=True)
class _Question:
    """What a provider is asked of one instance."""

    wanted: Wanted
    configured: Object
    session: Session
    schema: ObjectSchema
    diagnostics: list[Diagnostic]

    def ask(self, prior: Instance | None) -> Planned | None:
        """The provider's answer, held to the contract; None after an error."""
        before = prior.values if prior else None
        proposal = Proposal(
            address=str(self.wanted.address),
            type=self.wanted.address.type,
            host=self.wanted.lane.host,
            configured=self.configured,
            proposed=propose(self.schema, self.configured, before),
            prior=before,
            private=prior.private if prior else {},
        )
        try:
            with blamed(self.wanted.lane.provider):
                planned = self.session.plan(proposal)
        except DiagnosticError as problem:
            self.diagnostics.extend(map(self.wanted.place, problem.diagnostics))
            return None
        found = [self.wanted.place(diagnostic) for diagnostic in planned.diagnostics]
        found += self._liberties(proposal, planned)
        self.diagnostics.extend(found)
        return None if has_errors(found) else replace(planned, values=canonical(self.schema, planned.values))

    def _liberties(self, proposal: Proposal, planned: Planned) -> Iterator[Diagnostic]:
        broken = (
            []
            if has_errors(planned.diagnostics)
            else list(liberties(self.schema, self.configured, proposal.proposed, planned.values))
        )
        if broken:
            yield error(
                f"Provider {self.wanted.lane.provider} changed what is not its own",
                f"It planned other values than configured for {', '.join(map(format_path, broken))}. This is a "
                "fault of the provider: please report it.",
                source=self.wanted.resource.range,
                address=str(self.wanted.address),
            )


def _ignoring(wanted: Wanted, prior: Instance | None, schema: ObjectSchema) -> Object:
    """The configured values with those of ``ignore_changes`` as they are."""
    paths, _ = ignored_paths(wanted.resource.lifecycle, schema)
    return left_as_is(wanted.configured.values, prior.values, paths) if prior and paths else wanted.configured.values


_WHY_ANEW = {
    "replace_because_tainted": "it is tainted",
    "replace_by_request": "--replace asks for it",
    "replace_by_triggers": "what it names in replace_triggered_by changes",
}


def _guard(change: Change, diagnostics: list[Diagnostic]) -> None:
    if not change.unguarded:
        return
    paths = ", ".join(map(format_path, change.replace_paths))
    why = _WHY_ANEW.get(change.reason) or (
        f"{paths} cannot be changed in place" if paths else "it moves to another host"
    )
    diagnostics.append(prevented(change.address, f"this plan would make it anew, since {why}", change.source))


def _refuse_two(change: Change, schema: ObjectSchema, diagnostics: list[Diagnostic]) -> None:
    """Two objects of one address cannot always be there at a time."""
    if schema.coexists:
        return
    if change.action is Action.CREATE_THEN_DELETE:
        diagnostics.append(
            error(
                "Cannot create before destroying",
                f"Two objects of one {change.address.type} cannot be there at a time, so {change.address} cannot be "
                "replaced with create_before_destroy, its own or that of something that refers to it. Leave it out, or "
                "undo the change that makes a new object.",
                source=change.source,
                address=str(change.address),
            )
        )
    if change.action is Action.FORGET_THEN_CREATE and change.left is None:
        diagnostics.append(
            error(
                "Cannot leave the old object alone",
                f"Two objects of one {change.address.type} cannot be there at a time, so with destroy = false there is "
                f"no place for a new one of {change.address}. Undo the change that makes it anew, or remove `destroy = "
                "false`.",
                source=change.source,
                address=str(change.address),
            )
        )
