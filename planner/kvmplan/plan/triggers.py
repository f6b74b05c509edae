"""``replace_triggered_by``: an instance is replaced because something it names changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kvmplan.addresses import Address
from kvmplan.config.blocks.spelled import spelled_parts
from kvmplan.config.model import Configuration, Resource
from kvmplan.lang import Scope, Value, evaluate, unmark
from kvmplan.plan.model import Action, Change
from kvmplan.syntax import Expression
from kvmplan_sdk.diagnostics import Diagnostic, error
from kvmplan_sdk.values import Path, differences
from kvmplan_sdk.values import Value as Plain

_CHANGES = frozenset(
    {Action.UPDATE, Action.REPLACE, Action.CREATE_THEN_DELETE, Action.FORGET_THEN_CREATE, Action.DELETE}
)


def is_triggered(
    resource: Resource,
    instance: Address,
    scope: Scope,
    module: Configuration,
    changes: Mapping[Address, Sequence[Change]],
    diagnostics: list[Diagnostic],
) -> bool:
    """Whether something that ``resource`` names in ``replace_triggered_by`` changes. ``changes``: by resource."""
    found = False
    for expression in resource.lifecycle.replace_triggered_by:
        named = _named(expression, scope, module)
        if named is None:
            diagnostics.append(_invalid(expression))
            continue
        address, path = named
        seen = address.inside(instance.module)
        members = (one for one in changes.get(seen.resource, ()) if seen.key is None or one.address == seen)
        found = found or any(_touches(change, path) for change in members)
    return found


def check_triggers(resource: Resource, module: Configuration, diagnostics: list[Diagnostic]) -> None:
    """What is wrong with ``replace_triggered_by`` whatever the values are."""
    for expression in resource.lifecycle.replace_triggered_by:
        parts = spelled_parts(expression)
        names = [str(name) for is_name, name in parts[:2] if is_name] if parts else []
        if len(names) < 2 or Address(names[0], names[1]) not in module.resources:
            diagnostics.append(_invalid(expression))


def _named(expression: Expression, scope: Scope, module: Configuration) -> tuple[Address, Path] | None:
    """The resource or instance that ``expression`` names, and the attribute of it."""
    parts = spelled_parts(expression)
    if parts is None:
        return None
    steps = [_key(step, scope) if isinstance(step, Expression) else step for _, step in parts]
    if len(steps) < 2 or any(step is None for step in steps):
        return None
    address = Address(str(steps[0]), str(steps[1]))
    if address not in module.resources:
        return None
    rest = steps[2:]
    if rest and not parts[2][0]:
        address, rest = address.instance(rest[0]), rest[1:]
    return address, tuple(step for step in rest if step is not None)


def _key(expression: Expression, scope: Scope) -> str | int | None:
    value: Value = unmark(evaluate(expression, scope))[0]
    return value if isinstance(value, (str, int)) and not isinstance(value, bool) else None


def _touches(change: Change, path: Path) -> bool:
    if change.action not in _CHANGES:
        return False
    before, after = _at(change.before, path), _at(change.after, path)
    return not path or change.after is None or next(differences(before, after), None) is not None


def _at(value: Plain, path: Path) -> Plain:
    for step in path:
        try:
            value = value[step]  # type: ignore[index]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def _invalid(expression: Expression) -> Diagnostic:
    return error(
        "Invalid item of replace_triggered_by",
        "It names a resource of this module, an instance or an attribute: libvirt_network.lan, libvirt_network.lan[0], "
        "libvirt_network.lan.mac.",
        source=expression.range,
    )
