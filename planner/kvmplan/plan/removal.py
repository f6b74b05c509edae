"""What state has and the configuration does not: deletes, with their reason, and what is only forgotten."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kvmplan.addresses import Address, StaticPath, static_path
from kvmplan.config.model import Configuration, Removed, Resource, Target
from kvmplan.plan.guarding import Guards, is_allowed, prevented
from kvmplan.plan.model import Action, Change
from kvmplan.plan.modules import Modules
from kvmplan.plan.planning import Planning
from kvmplan.state.model import Instance
from kvmplan_sdk.diagnostics import Diagnostic, error, warning

_NAMED = 10


def removal(
    instance: Instance,
    planning: Planning,
    guards: Guards,
    reason: str,
    *,
    forget: bool | None = None,
    former: Address | None = None,
) -> Change:
    """The end of ``instance``, an error where it is guarded.

    It is only forgotten where ``forget``, or else its block, or the state, says so.
    """
    address, modules = instance.address, planning.modules
    resource = modules.resource(address)
    source = resource.range if resource else None
    kept = forget if forget is not None else _is_kept(instance, resource)
    guarded = not kept and not address.deposed and guards.over(instance)
    if guarded and not is_allowed(address, planning.request):
        why = "its block is gone from the configuration" if resource is None else "this plan would destroy it"
        planning.diagnostics.append(prevented(address, why, source))
    return Change(
        address=address,
        action=Action.FORGET if kept else Action.DELETE,
        lane=instance.lane,
        before=instance.values,
        after=None,
        private=instance.private,
        schema_version=instance.schema_version,
        dependencies=instance.dependencies,
        sensitive=instance.sensitive,
        before_sensitive=instance.sensitive,
        tag=instance.tag,
        reason=reason,
        former=former,
        keep=kept,
        unguarded=guarded,
        source=source,
    )


def _is_kept(instance: Instance, resource: Resource | None) -> bool:
    """Whether the object is only forgotten: its block says so, or said so when there was one."""
    if instance.address.deposed:
        return False
    return instance.keep if resource is None else not resource.lifecycle.destroy


def forgotten(changes: Iterable[Change]) -> Iterator[Diagnostic]:
    """A warning that names what is only forgotten."""
    names = [str(change.address) for change in changes if change.action in {Action.FORGET, Action.FORGET_THEN_CREATE}]
    if names:
        rest = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        yield warning(
            "Objects are left alone",
            f"Once this is applied, kvmplan knows nothing any more of {', '.join(names[:_NAMED])}{rest}. They stay on "
            "their hosts as they are; to manage them again they must be imported.",
        )


def removal_reason(modules: Modules, address: Address, *, moved: bool = False) -> str:
    """Why an instance that is not in the configuration goes, in the words of Terraform's plan representation.

    ``moved``: whether it came to this address by a move.
    """
    if address.deposed:
        return ""
    resource = modules.resource(address)
    if resource is None:
        return "delete_because_no_move_target" if moved else "delete_because_no_resource_config"
    if modules.get(address.module) is None:
        return "delete_because_no_module"
    if resource.count is not None and isinstance(address.key, int):
        return "delete_because_count_index"
    if resource.for_each is not None and isinstance(address.key, str):
        return "delete_because_each_key"
    return "delete_because_wrong_repetition"


def removed_by(address: Address, configuration: Configuration) -> Removed | None:
    """The ``removed`` block that speaks of ``address``: of the resource, or of a module it is in."""
    path = static_path(address.module)
    found: Configuration | None = configuration
    depth = 0
    while found is not None:
        for removed in found.removed:
            inner = path[depth:]
            steps = static_path(removed.source.module)
            if isinstance(removed.source, Address):
                if inner == steps and (removed.source.type, removed.source.name) == (address.type, address.name):
                    return removed
            elif inner[: len(steps)] == steps:
                return removed
        found = found.modules.get(path[depth]) if depth < len(path) else None
        depth += 1
    return None


def wrong_removals(configuration: Configuration) -> list[Diagnostic]:
    """An error for every ``removed`` block that speaks of what is in the configuration, a warning for every second one
    of the same.
    """
    first: dict[tuple[StaticPath, Target], Removed] = {}
    again = [
        _again(removed, found)
        for module in configuration.tree()
        for removed in module.removed
        if (found := first.setdefault((module.path, removed.source), removed)) is not removed
    ]
    return [*_still_there(configuration), *again]


def _again(removed: Removed, first: Removed) -> Diagnostic:
    return warning(
        "Removed twice",
        f"What becomes of {removed.source} is said at {first.range} already, and that counts. Leave one of them out.",
        source=removed.range,
    )


def _still_there(configuration: Configuration) -> list[Diagnostic]:
    return [
        error(
            "Removed object still exists",
            f"{removed.source} is said to be removed, but it is still in the configuration. Remove its block, or this "
            "statement.",
            source=removed.range,
        )
        for module in configuration.tree()
        for removed in module.removed
        if _is_there(module, removed)
    ]


def _is_there(module: Configuration, removed: Removed) -> bool:
    found = module.module(static_path(removed.source.module))
    if found is None or not isinstance(removed.source, Address):
        return found is not None
    return removed.source.within in found.resources


__all__ = ["forgotten", "removal", "removal_reason", "removed_by", "wrong_removals"]
