"""The lanes that a configuration will work on, as far as can be told before it is evaluated."""

from __future__ import annotations

from kvmplan.config.model import Configuration
from kvmplan.config.providers import ProviderUse, ProviderUses
from kvmplan.lane import Lane
from kvmplan.plan.inputs import LOCAL, Inputs
from kvmplan.plugins import Plugins
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
