"""One instance: what is configured against what is there, as the provider sees it, and so what to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from kvmplan.blame import blamed
from kvmplan.plan.ignoring import ignored_paths, left_as_is
from kvmplan.plan.model import Action, Change, Lane
from kvmplan.plan.removal import prevented
from kvmplan.plan.wanted import Wanted
from kvmplan.state.model import Instance
from kvmplan_sdk.diagnostics import Diagnostic, DiagnosticError, error, has_errors
from kvmplan_sdk.impact import worst
from kvmplan_sdk.proposing import Shape, canonical, liberties, propose
from kvmplan_sdk.provider import Planned, Proposal, Session
from kvmplan_sdk.schema import Nesting, ObjectSchema
from kvmplan_sdk.types import SetType
from kvmplan_sdk.values import Object, Path, Value, differences, format_path, is_known


def plan_instance(
    wanted: Wanted, prior: Instance | None, session: Session, schema: ObjectSchema, diagnostics: list[Diagnostic]
) -> Change | None:
    """The change of one instance; None when it cannot be planned, which is an error already reported."""
    configured = _ignoring(wanted, prior, schema)
    moves = prior is not None and prior.host != wanted.lane.host
    before = prior.values if prior else None
    private = prior.private if prior and not moves else {}
    planned = _ask(wanted, configured, None if moves else before, private, session, schema, diagnostics)
    if planned is None:
        return None
    changed = [] if before is None or moves else list(differences(before, planned.values))
    replacing = tuple(path for path in changed if _replaces(schema, path) or _under(path, planned.replaces))
    if replacing:
        fresh = _ask(wanted, configured, None, {}, session, schema, diagnostics)
        if fresh is None:
            return None
        planned = replace(fresh, impact=worst((planned.impact, fresh.impact)))
    if before is None:
        action = Action.CREATE
    elif replacing or moves:
        action = Action.REPLACE
    else:
        action = Action.UPDATE if changed else Action.NO_OP
    change = Change(
        address=wanted.address,
        action=action,
        lane=wanted.lane,
        before=before,
        after=planned.values,
        waits=not is_known(configured),
        left=Lane(prior.host, wanted.lane.provider) if prior and moves else None,
        private=prior.private if prior else {},
        schema_version=schema.version,
        dependencies=wanted.dependencies,
        sensitive=_sensitive(wanted.configured.sensitive, schema, planned.values),
        before_sensitive=_sensitive(prior.sensitive, schema, prior.values) if prior else (),
        replace_paths=replacing,
        reason="replace_because_cannot_update" if action is Action.REPLACE else "",
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
    try:
        with blamed(wanted.lane.provider):
            planned = session.plan(proposal)
    except DiagnosticError as problem:
        diagnostics += map(wanted.place, problem.diagnostics)
        return None
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


def _ignoring(wanted: Wanted, prior: Instance | None, schema: ObjectSchema) -> Object:
    """The configured values with those of ``ignore_changes`` as they are."""
    paths, _ = ignored_paths(wanted.resource.lifecycle, schema)
    return left_as_is(wanted.configured.values, prior.values, paths) if prior and paths else wanted.configured.values


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


def _sensitive(marked: Iterable[Path], schema: ObjectSchema, values: Object) -> tuple[Path, ...]:
    """What must not be shown of ``values``. Inside a set nothing has a place that stays, so the whole set is hidden."""
    found = {*marked, *_sensitive_by_schema(schema, values)}
    return tuple(sorted({path[: _depth_of_set(schema, path)] for path in found}, key=repr))


def _sensitive_by_schema(shape: Shape, values: Value, at: Path = ()) -> Iterator[Path]:
    if isinstance(values, (list, tuple)):
        for index, item in enumerate(values):
            yield from _sensitive_by_schema(shape, item, (*at, index))
    elif isinstance(values, Mapping):
        for name, attribute in shape.attributes.items():
            if attribute.sensitive and values.get(name) is not None:
                yield (*at, name)
        for name, block in shape.blocks.items():
            yield from _sensitive_by_schema(block, values.get(name), (*at, name))


def _depth_of_set(shape: Shape, path: Path) -> int | None:
    """How many steps of ``path`` lead to the first set on it; None where there is none."""
    for depth, name in enumerate(path, start=1):
        if isinstance(name, str) and name in shape.attributes:
            return depth if isinstance(shape.attributes[name].type, SetType) else None
        if isinstance(name, str) and name in shape.blocks:
            shape = shape.blocks[name]
            if shape.nesting is Nesting.SET:
                return depth
    return None


def _guard(change: Change, diagnostics: list[Diagnostic]) -> None:
    if change.prevent_destroy and change.action is Action.REPLACE:
        paths = ", ".join(map(format_path, change.replace_paths)) or "its host"
        diagnostics.append(prevented(change.address, f"a change of {paths} makes a new object of it", change.source))
