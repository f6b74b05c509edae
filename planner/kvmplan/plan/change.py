"""One instance: what is configured against what is there, as the provider sees it, and so what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from kvmplan.plan.model import Action, Change
from kvmplan.plan.removal import prevented
from kvmplan.plan.wanted import Wanted
from kvmplan.state.model import Instance
from kvmplan_sdk.diagnostics import Diagnostic, error, has_errors
from kvmplan_sdk.impact import worst
from kvmplan_sdk.proposing import Shape, canonical, liberties, propose
from kvmplan_sdk.provider import Planned, Proposal, Session
from kvmplan_sdk.schema import ObjectSchema
from kvmplan_sdk.values import Object, Path, differences, format_path


def plan_instance(
    wanted: Wanted, prior: Instance | None, session: Session, schema: ObjectSchema, diagnostics: list[Diagnostic]
) -> Change | None:
    """The change of one instance; None when it cannot be planned, which is an error already reported."""
    configured = _ignoring(wanted, prior)
    before = prior.values if prior else None
    private = prior.private if prior else {}
    planned = _ask(wanted, configured, before, private, session, schema, diagnostics)
    if planned is None:
        return None
    changed = [] if before is None else list(differences(before, planned.values))
    replacing = tuple(path for path in changed if _replaces(schema, path) or _under(path, planned.replaces))
    if before is not None and prior is not None and prior.host != wanted.lane.host:
        changed, replacing = [("host",)], (("host",),)
    if replacing:
        fresh = _ask(wanted, configured, None, {}, session, schema, diagnostics)
        if fresh is None:
            return None
        planned = replace(fresh, impact=worst((planned.impact, fresh.impact)))
    action = _action(before, changed, replacing)
    change = Change(
        address=wanted.address,
        action=action,
        lane=wanted.lane,
        before=before,
        after=planned.values,
        private=private,
        schema_version=schema.version,
        dependencies=wanted.dependencies,
        sensitive=_sensitive(wanted.configured.sensitive, schema),
        replace_paths=replacing,
        reason="replace_because_cannot_update" if replacing else "",
        impact=planned.impact,
        claims=planned.claims,
        prevent_destroy=wanted.resource.lifecycle.prevent_destroy,
        source=wanted.resource.range,
    )
    _guard(change, diagnostics)
    return change


def _ask(
    wanted: Wanted,
    configured: Object,
    before: Object | None,
    private: Object,
    session: Session,
    schema: ObjectSchema,
    diagnostics: list[Diagnostic],
) -> Planned | None:
    proposal = Proposal(
        address=str(wanted.address),
        type=wanted.address.type,
        host=wanted.lane.host,
        configured=configured,
        proposed=propose(schema, configured, before),
        prior=before,
        private=private,
    )
    planned = session.plan(proposal)
    found = [wanted.place(diagnostic) for diagnostic in planned.diagnostics]
    diagnostics += found
    if has_errors(found):
        return None
    broken = list(liberties(schema, configured, proposal.proposed, planned.values))
    if broken:
        diagnostics.append(
            error(
                f"Provider {wanted.lane.provider} changed what is not its own",
                f"It planned other values than configured for {', '.join(map(format_path, broken))}. This is a "
                "fault of the provider: please report it.",
                source=wanted.resource.range,
                address=str(wanted.address),
            )
        )
        return None
    return replace(planned, values=canonical(schema, planned.values))


def _ignoring(wanted: Wanted, prior: Instance | None) -> Object:
    """The configured values with those of ``ignore_changes`` as they are."""
    lifecycle, values = wanted.resource.lifecycle, wanted.configured.values
    if prior is None or not (lifecycle.ignore_changes or lifecycle.ignore_all_changes):
        return values
    ignored = set(values) if lifecycle.ignore_all_changes else {ref.root for ref in lifecycle.ignore_changes}
    return {name: prior.values.get(name) if name in ignored else value for name, value in values.items()}


def _action(before: Object | None, changed: Iterable[Path], replacing: tuple[Path, ...]) -> Action:
    if before is None:
        return Action.CREATE
    if replacing:
        return Action.REPLACE
    return Action.UPDATE if any(True for _ in changed) else Action.NO_OP


def _replaces(schema: Shape, path: Path) -> bool:
    """Whether the schema says that a change at ``path`` makes a new object."""
    names = [step for step in path if isinstance(step, str)]
    shape = schema
    for name in names:
        if name in shape.attributes:
            return shape.attributes[name].replaces
        if name not in shape.blocks:
            return False
        shape = shape.blocks[name]
    return False


def _under(path: Path, roots: Iterable[Path]) -> bool:
    return any(path[: len(root)] == root for root in roots)


def _sensitive(marked: tuple[Path, ...], schema: ObjectSchema) -> tuple[Path, ...]:
    by_schema = tuple((name,) for name, attribute in schema.attributes.items() if attribute.sensitive)
    return tuple(sorted({*marked, *by_schema}, key=repr))


def _guard(change: Change, diagnostics: list[Diagnostic]) -> None:
    if change.prevent_destroy and change.action is Action.REPLACE:
        paths = ", ".join(map(format_path, change.replace_paths))
        diagnostics.append(prevented(change.address, f"a change of {paths} makes a new object of it", change.source))
