"""The state as JSON, in Terraform's state representation (format 1.0), with what is ours under ``kvmplan_`` keys."""

from __future__ import annotations

from typing import Any

from kvmplan import __version__
from kvmplan.addresses import Address
from kvmplan.plan.unknowns import shown
from kvmplan.review import versions
from kvmplan.review.checks_json import checks_json
from kvmplan.review.module_tree import module_tree
from kvmplan.review.output_text import output_json
from kvmplan.review.value_trees import sensitive_tree
from kvmplan.state.model import Instance, State


def state_json(state: State | None) -> dict[str, Any]:
    """``{"format_version", "terraform_version", "kvmplan_version", "values": {"outputs",
    "root_module"}, "checks"}``; what is empty is left out, and without a state all but the format.
    """
    if state is None:
        return {"format_version": versions.STATE}
    instances = sorted(state.instances.values(), key=lambda instance: instance.address.sort_key)
    outputs = {name: output_json(output) for name, output in sorted(state.outputs.items())}
    values = {
        **({"outputs": outputs} if outputs else {}),
        "root_module": module_tree((one.address.module, instance_json(one)) for one in instances),
    }
    document = {
        "format_version": versions.STATE,
        "terraform_version": versions.TERRAFORM,
        "kvmplan_version": __version__,
    }
    return {
        **document,
        **({"values": values} if outputs or instances else {}),
        **({"checks": checks_json(state.checks)} if state.checks else {}),
    }


def instance_json(instance: Instance) -> dict[str, Any]:
    """``depends_on`` names resources, as Terraform's does, but only those that are referred to directly."""
    address = instance.address
    values = shown(instance.values)
    dependencies = sorted({dependency.everywhere for dependency in instance.dependencies}, key=_by_address)
    return {
        "address": str(address.current),
        "mode": address.mode,
        "type": address.type,
        "name": address.name,
        **({"index": address.key} if address.key is not None else {}),
        "provider_name": instance.provider,
        "schema_version": instance.schema_version,
        "values": dict(sorted(values.items())),
        "sensitive_values": sensitive_tree(values, instance.sensitive),
        **({"depends_on": [str(dependency) for dependency in dependencies]} if dependencies else {}),
        **({"tainted": True} if instance.tainted else {}),
        **({"deposed_key": address.deposed} if address.deposed else {}),
        "kvmplan_host": instance.host,
    }


def _by_address(address: Address) -> str:
    return str(address)
