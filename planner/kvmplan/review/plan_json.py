"""A plan as JSON: Terraform's plan representation (format 1.2), with what is ours under ``kvmplan_`` keys.

Ours: ``kvmplan_version``; on a resource change ``kvmplan_unguarded`` (it is destroyed though prevent_destroy is set:
that was allowed), ``kvmplan_host`` and ``kvmplan_impact`` (``level``, ``guests``, ``why``, ``steps``); on drift
``kvmplan_host`` and ``kvmplan_relevant``, whether who reads the plan must know of it; at the top ``kvmplan_mode``
(``normal``, ``destroy``, ``refresh-only``), ``kvmplan_steps``, the ordered plan (``step``, ``host``, ``provider``,
``operations``, ``after``, ``impact``), and ``kvmplan_shapes``, which of a type's values are nested blocks and which are
sets, so that text can be made from the JSON alone.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Mapping
from typing import Any

from kvmplan import __version__
from kvmplan.addresses import Address, format_module
from kvmplan.plan.model import Action, Change, Drift, OutputChange, Plan, PlannedStep
from kvmplan.plan.unknowns import shown
from kvmplan.review import versions
from kvmplan.review.checks_json import checks_json
from kvmplan.review.module_tree import module_tree
from kvmplan.review.value_trees import says_something, sensitive_tree, unknown_tree
from kvmplan.state.values_json import encode_value
from kvmplan_sdk import types
from kvmplan_sdk.impact import Impact
from kvmplan_sdk.schema import Block, Nesting, ObjectSchema
from kvmplan_sdk.types import SetType
from kvmplan_sdk.values import UNKNOWN, Path

ACTIONS: Mapping[Action, list[str]] = {
    Action.NO_OP: ["no-op"],
    Action.CREATE: ["create"],
    Action.READ: ["read"],
    Action.UPDATE: ["update"],
    Action.REPLACE: ["delete", "create"],
    Action.CREATE_THEN_DELETE: ["create", "delete"],
    Action.DELETE: ["delete"],
    Action.FORGET: ["forget"],
    Action.FORGET_THEN_CREATE: ["forget", "create"],
}


def plan_json(
    plan: Plan, schemas: Mapping[str, ObjectSchema], relevant: Container[Address] | None = None
) -> dict[str, Any]:
    """``schemas``: those of the types in the plan, by type; of data sources by ``data.TYPE``; ``relevant``: the objects
    whose drift must be shown, None for all.
    """
    changes = sorted(plan.changes.values(), key=lambda change: change.address.sort_key)
    taken_in = frozenset(change.address for change in changes if change.only_takes_in)
    return {
        "format_version": versions.PLAN,
        "kvmplan_version": __version__,
        "planned_values": _planned_values(changes, plan.outputs),
        "resource_drift": [
            drift_json(entry, relevant=relevant is None or entry.address in relevant) for entry in plan.drift
        ],
        "resource_changes": [_resource_change(change, schemas[_shape_name(change)]) for change in changes],
        "output_changes": {name: _output_change(change) for name, change in sorted(plan.outputs.items())},
        "checks": checks_json(plan.checks),
        "applyable": not plan.is_empty,
        "complete": plan.complete,
        "errored": False,
        "kvmplan_mode": "refresh-only" if plan.refresh_only else "destroy" if plan.destroy else "normal",
        "kvmplan_steps": [step_json(step, taken_in) for step in plan.steps],
        "kvmplan_shapes": {name: shape_json(schema) for name, schema in sorted(schemas.items())},
    }


def _shape_name(change: Change) -> str:
    return f"data.{change.address.type}" if change.address.mode == "data" else change.address.type


def _planned_values(changes: Iterable[Change], outputs: Mapping[str, OutputChange]) -> dict[str, Any]:
    resources = (
        (
            change.address.module,
            {
                **_identity(change.address, change.lane.provider),
                "schema_version": change.schema_version,
                "values": shown(change.after),
                "sensitive_values": sensitive_tree(change.after, change.sensitive),
            },
        )
        for change in changes
        if change.after is not None
    )
    planned = {name: _planned_output(one) for name, one in sorted(outputs.items()) if one.action is not Action.DELETE}
    return {
        **({"outputs": planned} if planned else {}),
        "root_module": module_tree(resources),
    }


def _planned_output(output: OutputChange) -> dict[str, Any]:
    if says_something(unknown_tree(output.after)):
        return {"sensitive": output.sensitive}
    return {"sensitive": output.sensitive, "type": types.to_json(output.type), "value": shown(output.after)}


def _identity(address: Address, provider: str) -> dict[str, Any]:
    return {
        "address": str(address.current),
        "mode": address.mode,
        "type": address.type,
        "name": address.name,
        **({"index": address.key} if address.key is not None else {}),
        "provider_name": provider,
    }


def _changed_identity(address: Address, provider: str) -> dict[str, Any]:
    return {
        **_identity(address, provider),
        **({"module_address": format_module(address.module)} if address.module else {}),
        **({"deposed": address.deposed} if address.deposed else {}),
    }


def _resource_change(change: Change, schema: ObjectSchema) -> dict[str, Any]:
    pending = unknown_tree(change.after)
    entry = {
        **_changed_identity(change.address, change.lane.provider),
        **({"previous_address": str(change.former)} if change.former is not None else {}),
        "change": {
            "actions": ACTIONS[Action.NO_OP if change.only_takes_in else change.action],
            "before": shown(change.before),
            "after": shown(change.after),
            "after_unknown": pending if says_something(pending) else {},
            "before_sensitive": sensitive_tree(change.before, change.before_sensitive),
            "after_sensitive": sensitive_tree(change.after, change.sensitive),
        },
        "kvmplan_host": change.lane.host,
        "kvmplan_impact": _impact(change.impact),
    }
    if change.replace_paths:
        forcing = dict.fromkeys(_argument_of(path, schema) for path in change.replace_paths)
        entry["change"]["replace_paths"] = [list(path) for path in forcing]
    if change.imported is not None:
        entry["change"]["importing"] = {"id": change.imported}
    if change.left is not None:
        entry["kvmplan_previous_host"] = change.left.host
    if change.unguarded:
        entry["kvmplan_unguarded"] = True
    if change.reason:
        entry["action_reason"] = change.reason
    return entry


def _argument_of(path: Path, schema: ObjectSchema | Block) -> Path:
    """The part of ``path`` that leads to an argument, which is what forces a replacement as a whole."""
    block = schema.blocks.get(str(path[0]))
    if block is None:
        return path[:1]
    length = 1 if block.nesting in {Nesting.SINGLE, Nesting.GROUP} else 2
    rest = path[length:]
    return (*path[:length], *_argument_of(rest, block)) if rest else path


def drift_json(drift: Drift, *, relevant: bool = True) -> dict[str, Any]:
    """What became of one object without us, or where it moved to."""
    actions = ["delete"] if drift.after is None else ["no-op"] if drift.after == drift.before else ["update"]
    return {
        **_changed_identity(drift.address, drift.lane.provider),
        **({"previous_address": str(drift.former)} if drift.former is not None else {}),
        "change": {
            "actions": actions,
            "before": shown(drift.before),
            "after": shown(drift.after),
            "after_unknown": {},
            "before_sensitive": sensitive_tree(drift.before, drift.sensitive),
            "after_sensitive": sensitive_tree(drift.after, drift.sensitive),
        },
        "kvmplan_host": drift.lane.host,
        "kvmplan_relevant": relevant,
    }


def _output_change(change: OutputChange) -> dict[str, Any]:
    pending = unknown_tree(change.after)
    return {
        "actions": ACTIONS[change.action],
        "before": shown(change.before),
        **({"after": shown(change.after)} if change.after is not UNKNOWN else {}),
        "after_unknown": pending if says_something(pending) else False,
        "before_sensitive": change.sensitive,
        "after_sensitive": change.sensitive,
    }


def step_json(step: PlannedStep, taken_in: Container[Address] = ()) -> dict[str, Any]:
    """``taken_in``: what is updated only to be tagged."""
    return {
        "step": step.number,
        "host": step.lane.host,
        "provider": step.lane.provider,
        "operations": [
            {"address": str(address), "action": "import" if address in taken_in else verb.value}
            for address, verb in step.operations
        ],
        "after": list(step.after),
        "impact": _impact(step.impact),
    }


def _impact(impact: Impact) -> dict[str, Any]:
    return {
        "level": str(impact.level),
        "guests": list(impact.guests),
        "why": impact.why,
        "steps": list(impact.steps),
    }


def shape_json(schema: ObjectSchema | Block) -> dict[str, Any]:
    return {
        "blocks": {
            name: {"nesting": block.nesting.value, **shape_json(block)} for name, block in sorted(schema.blocks.items())
        },
        "sets": sorted(name for name, attribute in schema.attributes.items() if isinstance(attribute.type, SetType)),
    }


def to_text(document: Mapping[str, Any]) -> str:
    """A document as JSON text, in one line as Terraform prints it; the same document gives the same bytes."""
    return json.dumps(document, ensure_ascii=False, default=encode_value)
