"""An expression as Terraform's plan representation has it: its value where that is constant, else what it refers to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kvmplan.lang import Scope, evaluate, value_to_json
from kvmplan.syntax import DYNAMIC_BLOCK, Body, Expression, Reference, Step, calls, references
from kvmplan_sdk.schema import Block, Nesting, ObjectSchema


def expression_json(expression: Expression) -> dict[str, Any]:
    """``{"constant_value"}``, ``{"references"}``, or nothing where it calls functions on constants."""
    found = references(expression)
    if found:
        return {"references": [name for reference in found for name in reference_names(reference)]}
    if calls(expression):
        return {}
    scope = Scope({})
    value = evaluate(expression, scope)
    return {} if scope.diagnostics else {"constant_value": value_to_json(value)}


def body_json(body: Body, schema: ObjectSchema | Block) -> dict[str, Any]:
    """Every argument that is written in ``body``, by name, and the nested blocks of ``schema``, by type: an object
    where there can be but one, else a list. What ``dynamic`` blocks make is left out, as in Terraform.
    """
    body = body.content({**dict.fromkeys(schema.blocks, ()), DYNAMIC_BLOCK: ("type",)}, [])
    found: dict[str, Any] = {
        name: expression_json(attribute.expression)
        for name, attribute in sorted(body.attributes.items())
        if name in schema.attributes
    }
    for name, block in sorted(schema.blocks.items()):
        written = [body_json(nested.body, block) for nested in body.blocks if nested.type == name]
        if written:
            single = block.nesting in {Nesting.SINGLE, Nesting.GROUP}
            found[name] = written[0] if single else written
    return found


def reference_names(reference: Reference) -> Iterator[str]:
    """A reference and all that it is a part of, down to the object: ``var.a.b`` and ``var.a``."""
    root = reference.root
    steps = reference.steps
    if root == "resource":
        root, steps = (str(steps[0].key), steps[1:]) if steps else (root, steps)
    parts = [_text(step) for step in steps]
    for length in range(len(parts), _object_steps(root, steps) - 1, -1):
        yield root + "".join(parts[:length])


def _object_steps(root: str, steps: tuple[Step, ...]) -> int:
    """How many steps name the object itself, at least."""
    if root == "module":
        keyed = len(steps) > 1 and not steps[1].attribute
        return 2 if keyed and len(steps) > 2 else 1
    if root == "data":
        return min(2, len(steps))
    return min(1, len(steps))


def _text(step: Step) -> str:
    if step.attribute:
        return f".{step.key}"
    return f'["{step.key}"]' if isinstance(step.key, str) else f"[{step.key}]"
