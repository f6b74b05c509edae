"""A plan as lines: drift, every change, the steps, how many of what, and the outputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kvmplan.addresses import Address, parse_address
from kvmplan.review.plan_text import counts, is_shown
from kvmplan.review.stream.line import Line, line, resource_json

_ACTIONS = {
    ("no-op",): "noop",
    ("create",): "create",
    ("read",): "read",
    ("update",): "update",
    ("delete",): "delete",
    ("delete", "create"): "replace",
    ("create", "delete"): "replace",
    ("forget",): "remove",
    ("forget", "create"): "replace",
}
_REASONS = {
    "replace_because_tainted": "tainted",
    "replace_because_cannot_update": "cannot_update",
    "replace_by_request": "requested",
    "replace_by_triggers": "replace_triggered_by",
}
"""Other reasons are the same as in the plan representation."""


def plan_lines(document: Mapping[str, Any]) -> Iterator[Line]:
    """``document``: what `kvmplan.review.plan_json` made of the plan."""
    for entry in document["resource_drift"]:
        yield _drift(entry)
    for entry in document["resource_changes"]:
        if is_shown(entry):
            yield _planned_change(entry)
    if document["kvmplan_steps"]:
        count = len(document["kvmplan_steps"])
        yield line("kvmplan_steps", f"Steps: {count}", kvmplan_steps=document["kvmplan_steps"])
    yield _summary(document)
    outputs = document["output_changes"]
    if outputs:
        yield line("outputs", f"Outputs: {len(outputs)}", outputs={name: _output(one) for name, one in outputs.items()})


def _drift(entry: Mapping[str, Any]) -> Line:
    content = {
        **_resources(entry),
        "action": _word(entry),
        "kvmplan_host": entry["kvmplan_host"],
        "kvmplan_relevant": entry["kvmplan_relevant"],
    }
    return line("resource_drift", f"{entry['address']}: Drift detected ({content['action']})", change=content)


def _word(entry: Mapping[str, Any]) -> str:
    word = _ACTIONS[tuple(entry["change"]["actions"])]
    if word == "noop":
        return "import" if "importing" in entry["change"] else "move"
    return word


def _resources(entry: Mapping[str, Any]) -> dict[str, Any]:
    former = parse_address(entry.get("previous_address", ""))
    return {
        "resource": resource_json(_address(entry)),
        **({"previous_resource": resource_json(former)} if former else {}),
    }


def _planned_change(entry: Mapping[str, Any]) -> Line:
    change, word = entry["change"], _word(entry)
    reason = entry.get("action_reason")
    content = {
        **_resources(entry),
        "action": word,
        **({"reason": _REASONS.get(reason, reason)} if reason else {}),
        **({"importing": change["importing"]} if "importing" in change else {}),
        **({"kvmplan_deposed": entry["deposed"]} if "deposed" in entry else {}),
        "kvmplan_host": entry["kvmplan_host"],
        "kvmplan_impact": entry["kvmplan_impact"],
    }
    return line("planned_change", f"{entry['address']}: Plan to {word}", change=content)


def _address(entry: Mapping[str, Any]) -> Address:
    address = parse_address(entry["address"])
    assert address is not None
    return address


def _summary(document: Mapping[str, Any]) -> Line:
    changes = document["resource_changes"]
    actions = [action for entry in changes for action in entry["change"]["actions"]]
    forgotten = actions.count("forget")
    numbers = {
        "add": actions.count("create"),
        "change": actions.count("update"),
        "import": sum("importing" in entry["change"] for entry in changes),
        "remove": actions.count("delete"),
        "operation": "plan",
        **({"kvmplan_forget": forgotten} if forgotten else {}),
    }
    return line("change_summary", f"Plan: {counts(changes)}", changes=numbers)


def _output(change: Mapping[str, Any]) -> dict[str, Any]:
    sensitive = change["before_sensitive"] is True or change["after_sensitive"] is True
    return {"sensitive": sensitive, "action": _ACTIONS[tuple(change["actions"])]}
