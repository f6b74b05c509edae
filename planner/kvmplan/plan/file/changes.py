"""How changes, outputs and steps are written. Fields of a change that say nothing are left out, and so is an object
that the plan file has already: a plan of ten thousand instances that stay as they are is small.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields
from typing import Any

from kvmplan.addresses import Address, parse_address
from kvmplan.lane import Lane
from kvmplan.plan.model import Action, Change, DataValues, Junction, OutputChange, PlannedStep
from kvmplan.plan.unknowns import known_part, overlay, unknown_tree
from kvmplan.state.model import State
from kvmplan_sdk import types
from kvmplan_sdk.impact import Impact, ImpactLevel
from kvmplan_sdk.provider import Verb
from kvmplan_sdk.values import Path, Value

Node = tuple[Address, Verb] | Junction
_NOT_KEPT = frozenset({"claims", "source"})
"""What has served its purpose once a plan is made."""
_OBJECTS = frozenset({"before", "after"})


def change_entry(change: Change, refreshed: State | None = None) -> dict[str, Any]:
    """``refreshed``: the state in which `read_change` will find the object as it is."""
    entry: dict[str, Any] = {}
    for field in fields(Change):
        value = getattr(change, field.name)
        if field.name not in _NOT_KEPT | _OBJECTS and (_is_required(field) or value != _default(field)):
            entry[field.name] = _written(field.name)[0](value)
    there = refreshed.instances.get(change.address) if refreshed is not None else None
    if there is not None and there.values == change.before:
        entry["before_as"] = "refreshed"
    elif change.before is not None:
        entry["before"] = change.before
    if change.after is not None and change.after == change.before:
        entry["after_as"] = "before"
    elif change.after is not None:
        entry["after"] = value_entry(change.after)
    return entry


def read_change(entry: Mapping[str, Any], refreshed: State) -> Change:
    kept = {name: _written(name)[1](value) for name, value in entry.items() if name not in _SPECIAL}
    there = refreshed.instances[kept["address"]].values if "before_as" in entry else entry.get("before")
    after: Any = there if "after_as" in entry else read_value(entry["after"]) if "after" in entry else None
    return Change(**kept, before=there, after=after)


def output_entry(change: OutputChange) -> dict[str, Any]:
    return {
        "action": change.action.name,
        "before": change.before,
        "after": value_entry(change.after),
        "type": types.to_json(change.type),
        "sensitive": change.sensitive,
    }


def read_output(entry: Mapping[str, Any]) -> OutputChange:
    return OutputChange(
        action=Action[entry["action"]],
        before=entry["before"],
        after=read_value(entry["after"]),
        type=types.from_json(entry["type"]),
        sensitive=entry["sensitive"],
    )


def data_entry(data: DataValues) -> dict[str, Any]:
    return {
        "lane": _from_lane(data.lane),
        "values": data.values,
        "schema_version": data.schema_version,
        "sensitive": _from_paths(data.sensitive),
    }


def read_data(entry: Mapping[str, Any]) -> DataValues:
    return DataValues(
        lane=_lane(entry["lane"]),
        values=entry["values"],
        schema_version=entry["schema_version"],
        sensitive=_paths(entry["sensitive"]),
    )


def step_entry(step: PlannedStep) -> dict[str, Any]:
    return {
        "number": step.number,
        "lane": _from_lane(step.lane),
        "operations": [node_entry(operation) for operation in step.operations],
        "after": list(step.after),
        "impact": _from_impact(step.impact),
    }


def read_step(entry: Mapping[str, Any]) -> PlannedStep:
    return PlannedStep(
        number=entry["number"],
        lane=_lane(entry["lane"]),
        operations=tuple((address_of(address), Verb(verb)) for address, verb in entry["operations"]),
        after=tuple(entry["after"]),
        impact=_impact(entry["impact"]),
    )


def node_entry(node: Node) -> list[str]:
    if isinstance(node, Junction):
        return [str(node.resource), node.verb.value, "all"]
    return [str(node[0]), node[1].value]


def read_node(entry: list[str]) -> Node:
    address, verb = address_of(entry[0]), Verb(entry[1])
    return Junction(address, verb) if len(entry) == 3 else (address, verb)


def value_entry(value: Value) -> dict[str, Any]:
    """What is known of a value, and where it is not."""
    unknown = unknown_tree(value)
    return {"known": known_part(value), **({"unknown": unknown} if unknown not in (False, {}, []) else {})}


def read_value(entry: Mapping[str, Any]) -> Value:
    value: Value = overlay(entry["known"], entry.get("unknown", False))
    return value


def address_of(text: str) -> Address:
    address = parse_address(text)
    if address is None:
        raise ValueError(f"{text!r} is no address")
    return address


def _is_required(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _default(field: Field[Any]) -> Any:
    return field.default if field.default_factory is MISSING else field.default_factory()


def _from_lane(lane: Lane) -> list[str]:
    return [lane.host, lane.provider, lane.configuration]


def _lane(entry: list[str]) -> Lane:
    return Lane(*entry)


def _from_paths(paths: tuple[Path, ...]) -> list[list[str | int]]:
    return [list(path) for path in paths]


def _paths(entry: list[list[str | int]]) -> tuple[Path, ...]:
    return tuple(tuple(path) for path in entry)


def _from_impact(impact: Impact) -> list[Any]:
    return [str(impact.level), list(impact.guests), impact.why, list(impact.steps)]


def _impact(entry: list[Any]) -> Impact:
    level, guests, why, steps = entry
    return Impact(ImpactLevel.parse(level), tuple(guests), why, tuple(steps))


def _as_it_is(value: Any) -> Any:
    return value


Pair = tuple[Callable[[Any], Any], Callable[[Any], Any]]
_SPECIAL = frozenset({"before", "before_as", "after", "after_as"})
_AS_IT_IS: Pair = (_as_it_is, _as_it_is)
_WRITTEN: Mapping[str, Pair] = {
    "address": (str, address_of),
    "action": (lambda action: action.name, lambda name: Action[name]),
    "lane": (_from_lane, _lane),
    "left": (_from_lane, _lane),
    "former": (str, address_of),
    "dependencies": (lambda found: [str(address) for address in found], lambda found: tuple(map(address_of, found))),
    "sensitive": (_from_paths, _paths),
    "before_sensitive": (_from_paths, _paths),
    "replace_paths": (_from_paths, _paths),
    "impact": (_from_impact, _impact),
}
"""How to write and to read the fields of a change; all others are as JSON has them."""


def _written(name: str) -> Pair:
    return _WRITTEN.get(name, _AS_IT_IS)
