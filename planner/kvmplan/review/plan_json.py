"""A plan as JSON: Terraform's plan representation (format 1.2), with what is ours under ``kvmplan_`` keys.

Ours: ``kvmplan_version``; on a resource change ``kvmplan_host`` and ``kvmplan_impact`` (``level``, ``guests``, ``why``,
``steps``); at the top ``kvmplan_steps``, the ordered plan (``step``, ``host``, ``provider``, ``operations``, ``after``,
``impact``), and ``kvmplan_shapes``, which of a type's values are nested blocks and which are sets, so that text can be
made from the JSON alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from kvmplan import __version__
from kvmplan.addresses import Address, format_module
from kvmplan.plan.model import Action, Change, Drift, OutputChange, Plan, PlannedStep
from kvmplan.plan.unknowns import shown, unknown_tree
from kvmplan.review.checks_json import checks_json
from kvmplan.review.module_tree import module_tree
from kvmplan.state.values_json import encode_value
from kvmplan_sdk.impact import Impact
from kvmplan_sdk.schema import Block, ObjectSchema
from kvmplan_sdk.types import SetType
from kvmplan_sdk.values import UNKNOWN, Path

FORMAT_VERSION = "1.2"

ACTIONS: Mapping[Action, list[str]] = {
    Action.NO_OP: ["no-op"],
    Action.CREATE: ["create"],
    Action.READ: ["read"],
    Action.UPDATE: ["update"],
    Action.REPLACE: ["delete", "create"],
    Action.CREATE_THEN_DELETE: ["create", "delete"],
    Action.DELETE: ["delete"],
    Action.FORGET: ["forget"],
}


def plan_json(plan: Plan, schemas: Mapping[str, ObjectSchema]) -> dict[str, Any]:
    """``schemas``: those of the resource types in the plan, by type."""
    changes = sorted(plan.changes.values(), key=lambda change: change.address.sort_key)
    return {
        "format_version": FORMAT_VERSION,
        "kvmplan_version": __version__,
        "planned_values": _planned_values(changes, plan.outputs),
        "resource_drift": [_drift(entry) for entry in plan.drift],
        "resource_changes": [_resource_change(change) for change in changes],
        "output_changes": {name: _output_change(change) for name, change in sorted(plan.outputs.items())},
        "checks": checks_json(plan.checks),
        "applyable": not plan.is_empty,
        "complete": True,
        "errored": False,
        "kvmplan_steps": [_step(step) for step in plan.steps],
        "kvmplan_shapes": {name: _shape(schema) for name, schema in sorted(schemas.items())},
    }


def _planned_values(changes: Iterable[Change], outputs: Mapping[str, OutputChange]) -> dict[str, Any]:
    resources = (
        (
            change.address.module,
            {
                **_identity(change.address, change.lane.provider),
                "schema_version": change.schema_version,
                "values": shown(change.after),
                "sensitive_values": marks_tree(change.sensitive),
            },
        )
        for change in changes
        if change.after is not None
    )
    return {
        "outputs": {
            name: {"sensitive": output.sensitive}
            if output.after is UNKNOWN
            else {"sensitive": output.sensitive, "value": shown(output.after)}
            for name, output in sorted(outputs.items())
            if output.action is not Action.DELETE
        },
        "root_module": module_tree(resources),
    }


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


def _resource_change(change: Change) -> dict[str, Any]:
    entry = {
        **_changed_identity(change.address, change.lane.provider),
        **({"previous_address": str(change.former)} if change.former is not None else {}),
        "change": {
            "actions": ACTIONS[change.action],
            "before": shown(change.before),
            "after": shown(change.after),
            "after_unknown": unknown_tree(change.after) if change.after is not None else {},
            "before_sensitive": marks_tree(change.before_sensitive) if change.before is not None else False,
            "after_sensitive": marks_tree(change.sensitive) if change.after is not None else False,
        },
        "kvmplan_host": change.lane.host,
        "kvmplan_impact": _impact(change.impact),
    }
    if change.replace_paths:
        entry["change"]["replace_paths"] = [list(path) for path in change.replace_paths]
    if change.imported is not None:
        entry["change"]["importing"] = {"id": change.imported}
    if change.left is not None:
        entry["kvmplan_previous_host"] = change.left.host
    if change.reason:
        entry["action_reason"] = change.reason
    return entry


def _drift(drift: Drift) -> dict[str, Any]:
    return {
        **_changed_identity(drift.address, drift.address.provider),
        "change": {
            "actions": ["update"] if drift.after is not None else ["delete"],
            "before": shown(drift.before),
            "after": shown(drift.after),
            "after_unknown": {},
            "before_sensitive": marks_tree(drift.sensitive),
            "after_sensitive": marks_tree(drift.sensitive) if drift.after is not None else False,
        },
    }


def _output_change(change: OutputChange) -> dict[str, Any]:
    return {
        "actions": ACTIONS[change.action],
        "before": shown(change.before),
        "after": shown(change.after),
        "after_unknown": unknown_tree(change.after),
        "before_sensitive": change.sensitive,
        "after_sensitive": change.sensitive,
    }


def _step(step: PlannedStep) -> dict[str, Any]:
    return {
        "step": step.number,
        "host": step.lane.host,
        "provider": step.lane.provider,
        "operations": [{"address": str(address), "action": verb.value} for address, verb in step.operations],
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


def _shape(schema: ObjectSchema | Block) -> dict[str, Any]:
    return {
        "blocks": {
            name: {"nesting": block.nesting.value, **_shape(block)} for name, block in sorted(schema.blocks.items())
        },
        "sets": sorted(name for name, attribute in schema.attributes.items() if isinstance(attribute.type, SetType)),
    }


def marks_tree(paths: Iterable[Path]) -> Any:
    """True at every path of ``paths``, as nested objects; list positions become keys of lists."""
    tree: Any = {}
    for path in sorted(paths, key=len):
        tree = _mark(tree, path)
    return tree


def _mark(tree: Any, path: Path) -> Any:
    if tree is True or not path:
        return True
    step, rest = path[0], path[1:]
    if isinstance(step, int):
        items = list(tree) if isinstance(tree, list) else []
        items += [{}] * (step + 1 - len(items))
        items[step] = _mark(items[step], rest)
        return items
    entries = dict(tree) if isinstance(tree, dict) else {}
    entries[step] = _mark(entries.get(step, {}), rest)
    return entries


def to_text(document: Mapping[str, Any]) -> str:
    """A document as JSON text, in one line as Terraform prints it; the same document gives the same bytes."""
    return json.dumps(document, ensure_ascii=False, default=encode_value)
