"""The lanes that a configuration will work on, as far as can be told before it is evaluated."""

from __future__ import annotations

from kvmplan.config.model import Configuration
from kvmplan.plan.inputs import LOCAL, Inputs
from kvmplan.plan.model import Lane


def configured_lanes(configuration: Configuration, inputs: Inputs) -> frozenset[Lane]:
    """Every lane that may get an instance: all hosts, for the providers of resources without a certain host."""
    declared = [name for name in inputs.hosts if name != LOCAL] or [LOCAL]
    providers = {address.provider for address in configuration.resources if address.mode == "managed"}
    return frozenset(Lane(host, provider) for host in declared for provider in providers)
