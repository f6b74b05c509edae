"""What state has and the configuration has not: deletes, with their reason."""

from __future__ import annotations

from kvmplan.addresses import Address
from kvmplan.config.model import Configuration, Resource
from kvmplan.plan.model import Action, Change
from kvmplan.plan.refresh import lane_of
from kvmplan.state.model import Instance
from kvmplan_sdk.diagnostics import Diagnostic, SourceRange, error


def removal(instance: Instance, configuration: Configuration, reason: str, diagnostics: list[Diagnostic]) -> Change:
    """The delete of ``instance``; an error where it is guarded, by its block or, without one, as state remembers."""
    resource = configuration.resources.get(instance.address.resource)
    source = resource.range if resource else None
    if resource.lifecycle.prevent_destroy if resource else instance.prevent_destroy:
        why = "its block is gone from the configuration" if resource is None else "this plan would destroy it"
        diagnostics.append(prevented(instance.address, why, source))
    return Change(
        address=instance.address,
        action=Action.DELETE,
        lane=lane_of(instance),
        before=instance.values,
        after=None,
        private=instance.private,
        schema_version=instance.schema_version,
        dependencies=instance.dependencies,
        sensitive=instance.sensitive,
        before_sensitive=instance.sensitive,
        reason=reason,
        source=source,
    )


def removal_reason(resource: Resource | None, address: Address) -> str:
    """Why an instance that is not in the configuration goes, in the words of Terraform's plan representation."""
    if resource is None:
        return "delete_because_no_resource_config"
    if resource.count is not None and isinstance(address.key, int):
        return "delete_because_count_index"
    if resource.for_each is not None and isinstance(address.key, str):
        return "delete_because_each_key"
    return "delete_because_wrong_repetition"


def prevented(address: Address, why: str, source: SourceRange | None) -> Diagnostic:
    return error(
        "Instance cannot be destroyed",
        f"{address} has lifecycle.prevent_destroy, but {why}. Undo that change, or set prevent_destroy to false first.",
        source=source,
        address=str(address),
    )
