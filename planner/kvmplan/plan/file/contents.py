"""What is in a plan file: the plan, and the ground it stands on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from kvmplan.lang import Value, type_of_value, value_from_json, value_to_json
from kvmplan.plan.file.changes import (
    address_of,
    change_entry,
    data_entry,
    node_entry,
    output_entry,
    read_change,
    read_data,
    read_node,
    read_output,
    read_step,
    step_entry,
)
from kvmplan.plan.model import Plan
from kvmplan.state.check_results import check_entry, read_check
from kvmplan.state.document import dump_state, instance_entry, load_state, read_instance
from kvmplan.state.model import State
from kvmplan.state.values_json import encode_value, load_values
from kvmplan_sdk import types

_PLACE = "the plan file"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFile:
    """``review``: the plan as `kvmplan.review` shows it; ``sources``: the configuration's files by name; ``layout``:
    the directories of its modules; ``given``: the variables' values from outside, but for those that no file keeps
    (`kvmplan.config.variables.unsaved`); ``makers``: the version of each provider that planned, by its name.
    """

    plan: Plan
    review: Mapping[str, Any]
    sources: Mapping[str, str]
    directory: str
    layout: Mapping[str, str]
    given: Mapping[str, Value]
    workspace: str
    makers: Mapping[str, str]
    digest: str


def dump_contents(file: PlanFile) -> bytes:
    plan = file.plan
    changes = sorted(plan.changes.items(), key=lambda item: item[0].sort_key)
    document = {
        "flags": {name: getattr(plan, name) for name in _FLAGS},
        "moment": plan.moment.isoformat(),
        "prior": load_values(dump_state(plan.prior)),
        "refreshed": _refreshed(plan),
        "changes": [change_entry(change, plan.refreshed) for _, change in changes],
        "outputs": {name: output_entry(change) for name, change in sorted(plan.outputs.items())},
        "steps": [step_entry(step) for step in plan.steps],
        "needs": [[node_entry(node), [node_entry(need) for need in needs]] for node, needs in plan.needs.items()],
        "hosts": dict(sorted(plan.hosts.items())),
        "data": {str(address): data_entry(data) for address, data in plan.data.items()},
        "checks": [check_entry(one) for one in plan.checks],
        "unsure": sorted(map(str, plan.unsure)),
        "review": file.review,
        "layout": file.layout,
        "sources": file.sources,
        "variables": {
            name: {"type": types.to_json(type_of_value(value)), "value": value_to_json(value)}
            for name, value in sorted(file.given.items())
        },
    }
    return json.dumps(document, default=encode_value, ensure_ascii=False, separators=(",", ":")).encode()


def load_contents(data: bytes, head: Mapping[str, Any]) -> PlanFile:
    """``head``: what the file says in clear. Raises `ValueError`, `KeyError` and `TypeError` when it is broken."""
    document = load_values(data)
    prior = load_state(json.dumps(document["prior"], default=encode_value).encode(), _PLACE)
    refreshed = _read_refreshed(document["refreshed"], prior)
    changes = [read_change(entry, refreshed) for entry in document["changes"]]
    plan = Plan(
        **document["flags"],
        prior=prior,
        refreshed=refreshed,
        changes={change.address: change for change in changes},
        drift=(),
        outputs={name: read_output(entry) for name, entry in document["outputs"].items()},
        steps=tuple(read_step(entry) for entry in document["steps"]),
        needs={read_node(node): tuple(map(read_node, needs)) for node, needs in document["needs"]},
        hosts=document["hosts"],
        data={address_of(text): read_data(entry) for text, entry in document["data"].items()},
        unsure=frozenset(map(address_of, document["unsure"])),
        checks=tuple(map(read_check, document["checks"])),
        moment=datetime.fromisoformat(document["moment"]),
    )
    return PlanFile(
        plan=plan,
        review=document["review"],
        sources=document["sources"],
        directory=head["directory"],
        layout=document["layout"],
        given={
            name: value_from_json(entry["value"], types.from_json(entry["type"]))
            for name, entry in document["variables"].items()
        },
        workspace=head["workspace"],
        makers=head["makers"],
        digest=head["digest"],
    )


_FLAGS = tuple(field.name for field in fields(Plan) if isinstance(field.default, bool))
"""What is told of a plan as a whole: ``destroy`` and the like."""


def _refreshed(plan: Plan) -> dict[str, Any]:
    """How the refreshed state differs from the one that the plan stands on."""
    prior, now = plan.prior.instances, plan.refreshed.instances
    return {
        "gone": [str(address) for address in prior if address not in now],
        "changed": [instance_entry(one) for address, one in now.items() if prior.get(address) != one],
    }


def _read_refreshed(entry: Mapping[str, Any], prior: State) -> State:
    gone = set(map(address_of, entry["gone"]))
    kept = {address: one for address, one in prior.instances.items() if address not in gone}
    changed = (read_instance(one) for one in entry["changed"])
    return replace(prior, instances={**kept, **{one.address: one for one in changed}})


__all__ = ["PlanFile", "dump_contents", "load_contents"]
