"""The state for people, and as JSON in Terraform's state representation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kvmplan import __version__
from kvmplan.lang import from_plain, render
from kvmplan.plan.unknowns import shown
from kvmplan.review import versions
from kvmplan.review.diff_text import value_lines
from kvmplan.review.differ import differ
from kvmplan.review.module_tree import module_tree
from kvmplan.review.style import PLAIN
from kvmplan.review.value_trees import marks_tree, sensitive_tree
from kvmplan.state.model import Instance, Output, State
from kvmplan_sdk import types
from kvmplan_sdk.values import Value


def state_json(state: State | None) -> dict[str, Any]:
    """``{"format_version", "kvmplan_version", "values": {"outputs", "root_module": {"resources"}}}``"""
    document: dict[str, Any] = {
        "format_version": versions.STATE,
        "terraform_version": versions.TERRAFORM,
        "kvmplan_version": __version__,
    }
    if state is None:
        return document
    instances = sorted(state.instances.values(), key=lambda instance: instance.address.sort_key)
    return {
        **document,
        "values": {
            "outputs": {
                name: {"sensitive": output.sensitive, "value": output.value, "type": types.to_json(output.type)}
                for name, output in sorted(state.outputs.items())
            },
            "root_module": module_tree((one.address.module, instance_json(one)) for one in instances),
        },
    }


def instance_json(instance: Instance) -> dict[str, Any]:
    address = instance.address
    return {
        "address": str(address.current),
        "mode": address.mode,
        "type": address.type,
        "name": address.name,
        **({"index": address.key} if address.key is not None else {}),
        **({"tainted": True} if instance.tainted else {}),
        **({"deposed_key": address.deposed} if address.deposed else {}),
        "provider_name": instance.provider,
        "schema_version": instance.schema_version,
        "values": shown(instance.values),
        "sensitive_values": sensitive_tree(instance.values, instance.sensitive),
        **({"depends_on": [str(one) for one in instance.dependencies]} if instance.dependencies else {}),
        "kvmplan_host": instance.host,
    }


def state_text(state: State | None) -> str:
    if state is None or not (state.instances or state.outputs):
        return "The state is empty: nothing was applied here.\n"
    instances = sorted(state.instances.values(), key=lambda instance: instance.address.sort_key)
    parts = [instance_text(instance) for instance in instances]
    outputs = outputs_text(state.outputs)
    return "\n".join([*parts, outputs] if outputs else parts)


def instance_text(instance: Instance) -> str:
    address = instance.address
    hidden = marks_tree(instance.sensitive)
    where = "" if instance.host == "local" else f" on {instance.host}"
    where += " (tainted)" if instance.tainted else ""
    lines = [f"# {address}{where}", f'resource "{address.type}" "{address.name}" {{']
    values = {name: value for name, value in sorted(shown(instance.values).items()) if value not in (None, [])}
    width = max(map(len, values), default=0)
    for name, value in values.items():
        mark = hidden.get(name, False) if isinstance(hidden, dict) else hidden
        lines += _assignment(name.ljust(width), value, mark, 4)
    return "\n".join([*lines, "}"]) + "\n"


def outputs_text(outputs: dict[str, Output] | Any) -> str:
    """``Outputs:`` and one assignment for each, or nothing."""
    if not outputs:
        return ""
    lines = ["Outputs:", ""]
    for name, output in sorted(outputs.items()):
        shown = "(sensitive value)" if output.sensitive else render(from_plain(output.value, output.type))
        lines.append(f"{name} = {shown}")
    return "\n".join(lines) + "\n"


def _assignment(name: str, value: Value, hidden: Any, indent: int) -> Iterator[str]:
    node = differ(value, value, False, hidden, hidden)
    lines = list(value_lines(node, indent, PLAIN))
    yield f"{' ' * indent}{name} = {lines[0]}"
    yield from lines[1:]
