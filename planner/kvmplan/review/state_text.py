"""The state as text for people: what could be typed to configure it, with sensitive values hidden."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from kvmplan.plan.unknowns import shown
from kvmplan.review.diff_text import value_lines
from kvmplan.review.differ import differ
from kvmplan.review.output_text import outputs_text
from kvmplan.review.style import PLAIN
from kvmplan.review.value_trees import sensitive_tree
from kvmplan.state.model import Instance, State
from kvmplan_sdk.schema import Block, ObjectSchema
from kvmplan_sdk.values import Value

Schemas = Callable[[Instance], ObjectSchema | None]
"""The schema of an instance's type, None where the provider is not there."""


def state_text(state: State | None, schemas: Schemas) -> str:
    if state is None:
        return "No state.\n"
    if not (state.instances or state.outputs):
        return "The state is empty.\n"
    instances = sorted(state.instances.values(), key=lambda instance: instance.address.sort_key)
    parts = [instance_text(instance, schemas(instance)) for instance in instances]
    outputs = outputs_text(state.outputs)
    return "\n".join([*parts, outputs] if outputs else parts)


def instance_text(instance: Instance, schema: ObjectSchema | None) -> str:
    address = instance.address
    word = "data" if address.mode == "data" else "resource"
    values = shown(instance.values)
    hidden = sensitive_tree(values, instance.sensitive)
    head = [f"# {address.current}:{_notes(instance)}", f'{word} "{address.type}" "{address.name}" {{']
    return "\n".join([*head, *_body(values, hidden, schema.blocks if schema else {}, 4), "}"]) + "\n"


def _notes(instance: Instance) -> str:
    notes = [f"deposed object {instance.address.deposed}"] if instance.address.deposed else []
    notes += ["tainted"] if instance.tainted else []
    notes += [f"on {instance.host}"] if instance.host != "local" else []
    return f" ({', '.join(notes)})" if notes else ""


def _body(values: Mapping[str, Any], hidden: Any, blocks: Mapping[str, Block], indent: int) -> Iterator[str]:
    """Attributes, then nested blocks, each after an empty line."""
    told = {name: value for name, value in sorted(values.items()) if name not in blocks and value is not None}
    width = max(map(len, told), default=0)
    for name, value in told.items():
        yield from _assignment(name.ljust(width), value, _part(hidden, name), indent)
    separated = bool(told)
    for name, block in sorted(blocks.items()):
        written = values.get(name)
        inner = [(written, _part(hidden, name))] if isinstance(written, Mapping) else []
        if isinstance(written, (list, tuple)):
            inner = [(one, _part(_part(hidden, name), at)) for at, one in enumerate(written)]
        for one, mark in inner:
            yield from [""] if separated else []
            separated = True
            yield f"{' ' * indent}{name} {{"
            yield from _body(one, mark, block.blocks, indent + 4)
            yield f"{' ' * indent}}}"


def _part(hidden: Any, at: str | int) -> Any:
    if isinstance(hidden, Mapping):
        return hidden.get(at, False)
    return hidden[at] if isinstance(hidden, list) and isinstance(at, int) else hidden


def _assignment(name: str, value: Value, hidden: Any, indent: int) -> Iterator[str]:
    node = differ(value, value, False, hidden, hidden)
    lines = list(value_lines(node, indent, PLAIN))
    yield f"{' ' * indent}{name} = {lines[0]}"
    yield from lines[1:]
