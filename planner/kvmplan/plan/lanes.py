"""The lanes that a configuration will work on, as far as can be told before it is evaluated."""

from __future__ import annotations

from dataclasses import replace

from kvmplan.addresses import Address, static_path
from kvmplan.config.model import Configuration
from kvmplan.config.providers import ProviderUse, ProviderUses
from kvmplan.lane import Lane
from kvmplan.plan.inputs import LOCAL, Inputs
from kvmplan.plugins import Plugins
from kvmplan.state.model import Instance, State
from kvmplan_sdk.diagnostics import DiagnosticError


def configured_lanes(configuration: Configuration, inputs: Inputs, plugins: Plugins) -> frozenset[Lane]:
    """Every lane that may get an instance: all hosts, for every provider that there is."""
    declared = [name for name in inputs.hosts if name != LOCAL] or [LOCAL]
    uses = ProviderUses(configuration)
    used = {
        uses.of(module.path, resource)
        for module in configuration.tree()
        for address, resource in module.resources.items()
        if address.mode == "managed"
    }
    there = [use for use in used if isinstance(use, ProviderUse) and _is_there(use.plugin, plugins)]
    return frozenset(Lane(host, use.plugin, use.configuration) for host in declared for use in there)


def _is_there(provider: str, plugins: Plugins) -> bool:
    """What is wrong with one that is not, planning says of every resource that needs it."""
    try:
        plugins.provider(provider)
    except DiagnosticError:
        return False
    return True


def under_present_configurations(state: State, configuration: Configuration) -> State:
    """``state`` with every instance under the provider configuration that its block names now: whatever that points to
    is where the object is looked for. What has no block stays under the one that made it.
    """
    uses = ProviderUses(configuration)
    changed: dict[Address, Instance] = {}
    for address, instance in state.instances.items():
        resource = configuration.resource(address)
        use = uses.of(static_path(address.module), resource) if resource is not None else None
        if not isinstance(use, ProviderUse) or use.plugin != instance.provider:
            continue
        if use.configuration != instance.configuration:
            changed[address] = replace(instance, configuration=use.configuration)
    return state.with_instances(changed)
