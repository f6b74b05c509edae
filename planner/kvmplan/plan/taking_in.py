"""Letting references see objects as they were planned or are in state: for saved plans, and at the console."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from kvmplan.addresses import Address
from kvmplan.config.providers import ProviderUse, ProviderUses
from kvmplan.graph import Dependencies
from kvmplan.lang import from_plain
from kvmplan.plan.inputs import after_resources
from kvmplan.plan.marks import hidden
from kvmplan.plan.modules import Modules
from kvmplan.plan.named_values import NAMED, evaluate_named
from kvmplan.plan.schemas import find_schema
from kvmplan.plugins import Plugins
from kvmplan_sdk.schema import type_of
from kvmplan_sdk.values import Object, Path

Objects = Mapping[Address, tuple[Object, tuple[Path, ...]]]
"""Values by instance, and what of them is sensitive."""


def take_in(
    modules: Modules, dependencies: Dependencies, objects: Objects, plugins: Plugins, *, complete: bool
) -> None:
    """Set resources to what ``objects`` has of them, and evaluate what refers to them. ``complete``: a resource of
    which nothing is there has no instances, instead of unknown ones.
    """
    by_resource: dict[Address, list[Address]] = defaultdict(list)
    for address in objects:
        by_resource[address.resource].append(address)
    uses = ProviderUses(modules.configuration)
    late = after_resources(dependencies)
    for node in dependencies.order:
        if node.kind in NAMED and node in late:
            evaluate_named(modules, node, {}, [])
        if node.address is None:
            continue
        for evaluation in modules.instances(node.module):
            resource = evaluation.configuration.resources[node.address]
            use = uses.of(node.module, resource)
            members = by_resource[node.address.inside(evaluation.module)]
            if not isinstance(use, ProviderUse) or not (members or complete):
                continue
            shape = type_of(find_schema(resource, use, plugins))
            values = {one.key: from_plain(objects[one][0], shape, hidden(objects[one][1])) for one in members}
            evaluation.set_resource(node.address, values)
