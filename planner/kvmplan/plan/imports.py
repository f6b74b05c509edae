"""``import`` blocks: which instances shall be objects that are there already, and those objects as they are."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from kvmplan.addresses import Address, Key
from kvmplan.blame import blamed
from kvmplan.config.model import Configuration, Import, WrittenKey
from kvmplan.lane import Lane
from kvmplan.lang import Scope, Value, convert, evaluate, unmark
from kvmplan.lang.convert import ConversionError
from kvmplan.plan.evaluation import Evaluation
from kvmplan.plan.expand import repetition
from kvmplan.plan.model import Change, Plan
from kvmplan.state.model import Instance, State
from kvmplan.syntax import Expression
from kvmplan_sdk.capabilities import Imports
from kvmplan_sdk.diagnostics import Diagnostic, DiagnosticError, SourceRange, error, has_errors
from kvmplan_sdk.proposing import canonical
from kvmplan_sdk.provider import Session
from kvmplan_sdk.schema import ObjectSchema
from kvmplan_sdk.types import STRING


@dataclass(frozen=True, slots=True)
class Wish:
    """An object that shall enter the state, by the identifier its provider knows. ``range``: where that is written;
    None: on the command line.
    """

    id: str
    range: SourceRange | None = None


def wishes(block: Import, evaluation: Evaluation, diagnostics: list[Diagnostic]) -> Iterator[tuple[Address, Wish]]:
    """The instances of an ``import`` block."""
    instances = repetition(None, block.for_each, evaluation.scope(diagnostics), diagnostics)
    for names in (instances or {}).values():
        found: list[Diagnostic] = []
        scope = evaluation.scope(found, **names)
        module = tuple((name, _key(key, scope)) for name, key in block.target.module)
        address = block.target.resource.instance(_key(block.target.key, scope)).inside(module)
        identifier = _identifier(block.id, scope)
        diagnostics += found
        if identifier is not None and not has_errors(found):
            yield address, Wish(identifier, block.range)


def _key(key: WrittenKey, scope: Scope) -> Key:
    if not isinstance(key, Expression):
        return key
    value, _ = unmark(evaluate(key, scope))
    if isinstance(value, (str, int)) and not isinstance(value, bool):
        return value
    scope.error("Invalid instance key", "It must be a string or a whole number, known when planning.", key)
    return None


def _identifier(expression: Expression, scope: Scope) -> str | None:
    value: Value
    value, marks = unmark(evaluate(expression, scope))
    try:
        value = convert(value, STRING)
    except ConversionError:
        value = None
    if isinstance(value, str) and value and not marks:
        return value
    scope.error(
        "Invalid import identifier",
        "It must be a string, not empty, not sensitive and known when planning: it says which object is meant.",
        expression,
    )
    return None


def taken_in(address: Address, wish: Wish, lane: Lane, session: Session, schema: ObjectSchema) -> Instance:
    """The object that ``wish`` names, as an instance. Raises `DiagnosticError` when there is none."""
    if not isinstance(session, Imports):
        raise DiagnosticError(
            error(
                f"Provider {lane.provider} cannot import",
                f"It has no way to take in what is there already, so {address} cannot be imported.",
                source=wish.range,
            )
        )
    try:
        with blamed(lane.provider):
            found = session.import_state(address.type, wish.id)
    except DiagnosticError as problem:
        raise DiagnosticError(*(one.at(wish.range).about(str(address)) for one in problem.diagnostics)) from None
    return Instance(
        address=address,
        host=lane.host,
        provider=lane.provider,
        configuration=lane.configuration,
        values=canonical(schema, found.values),
        private=found.private,
        schema_version=schema.version,
    )


def needless_providers(root: Configuration) -> Iterator[Diagnostic]:
    """An error for every import that says which provider to use, where the block of the resource does."""
    for module in root.tree():
        for block in module.imports:
            called = module.module(block.target.path)
            if block.provider is not None and called is not None and block.target.resource in called.resources:
                yield error(
                    "Provider in an import",
                    f"{block.target.resource} has a block, and that says which provider configuration it uses. Leave "
                    '"provider" out here: it is for a block that --generate-config-out makes.',
                    source=block.range,
                )


def with_imported(state: State, plan: Plan, wished: Iterable[Address]) -> State:
    """``state`` with the objects of ``wished`` as the planning of an import found them. Raises `DiagnosticError` when
    one of them is something already.
    """
    taken = [address for address in wished if address in state.instances]
    if taken:
        raise DiagnosticError(*map(_taken, taken))
    found = {address: _as_configured(plan.refreshed.instances[address], plan.changes[address]) for address in wished}
    return state.next(instances={**state.instances, **found}, outputs=state.outputs, hosts=plan.hosts)


def _as_configured(instance: Instance, change: Change) -> Instance:
    return replace(
        instance,
        dependencies=change.dependencies,
        prevent_destroy=change.prevent_destroy,
        created_first=change.created_first,
        keep=change.keep,
    )


def _taken(address: Address) -> Diagnostic:
    return error(
        "Instance in the state already",
        f"{address} is an object already, and it can be but one. To have it be another, forget this one first: "
        f"kvmplan state rm {shlex.quote(str(address))}.",
        address=str(address),
    )


def twice(address: Address, first: Wish, second: Wish) -> Diagnostic:
    return error(
        "Two imports of one instance",
        f"{address} is imported at {first.range} already, and it can be but one object. Remove one of them.",
        source=second.range,
    )


_HINT = ", or have it made by `kvmplan plan --generate-config-out=FILE`."


def unfulfilled(wishes: Mapping[Address, Wish], planned: Mapping[Address, object]) -> Iterator[Diagnostic]:
    for address, wish in wishes.items():
        if address not in planned:
            yield error(
                "Import without a configuration",
                f"There is no {address} in the configuration for the object to become. Write its block first"
                + (f': resource "{address.type}" "{address.name}" {{ ... }}.' if wish.range is None else _HINT),
                source=wish.range,
            )


__all__ = ["Wish", "needless_providers", "taken_in", "twice", "unfulfilled", "wishes", "with_imported"]
