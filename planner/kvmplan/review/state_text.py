"""The state as text for people: what could be typed to configure it, with sensitive values hidden."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kvmplan.plan.unknowns import shown
from kvmplan.review.diff_text import value_lines
from kvmplan.review.differ import differ
from kvmplan.review.output_text import outputs_text
from kvmplan.review.style import PLAIN
from kvmplan.review.value_trees import sensitive_tree
from kvmplan.state.model import Instance, State
from kvmplan_sdk.values import Value


def state_text(state: State | None) -> str:
    if state is None:
        return "No state.\n"
    if not (state.instances or state.outputs):
        return "The state is empty.\n"
    instances = sorted(state.instances.values(), key=lambda instance: instance.address.sort_key)
    parts = [instance_text(instance) for instance in instances]
    outputs = outputs_text(state.outputs)
    return "\n".join([*parts, outputs] if outputs else parts)


def instance_text(instance: Instance) -> str:
    address = instance.address
    word = "data" if address.mode == "data" else "resource"
    values = shown(instance.values)
    hidden = sensitive_tree(values, instance.sensitive)
    told = {name: value for name, value in sorted(values.items()) if value not in (None, [])}
    width = max(map(len, told), default=0)
    lines = [f"# {address.current}:{_notes(instance)}", f'{word} "{address.type}" "{address.name}" {{']
    for name, value in told.items():
        lines += _assignment(name.ljust(width), value, hidden if hidden is True else hidden.get(name, False), 4)
    return "\n".join([*lines, "}"]) + "\n"


def _notes(instance: Instance) -> str:
    notes = [f"deposed object {instance.address.deposed}"] if instance.address.deposed else []
    notes += ["tainted"] if instance.tainted else []
    notes += [f"on {instance.host}"] if instance.host != "local" else []
    return f" ({', '.join(notes)})" if notes else ""


def _assignment(name: str, value: Value, hidden: Any, indent: int) -> Iterator[str]:
    node = differ(value, value, False, hidden, hidden)
    lines = list(value_lines(node, indent, PLAIN))
    yield f"{' ' * indent}{name} = {lines[0]}"
    yield from lines[1:]
