"""Plan files: a plan with everything that apply needs to carry out exactly it, on this machine or another.

A JSON document: ``format``, ``kvmplan_version``, ``digest`` (of what will be done: the changes, their order, the
outputs; plans that do the same have equal digests), ``review`` (the plan representation that ``show --json`` prints),
the state it stands on, the text of the configuration, the values of its variables and what its data sources were read
as. Mode 0600: values that are sensitive stand in it in clear.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from kvmplan import __version__
from kvmplan.addresses import Address, parse_address
from kvmplan.config.loader import layout
from kvmplan.config.model import Configuration
from kvmplan.lane import Lane
from kvmplan.lang import Value, type_of_value, value_from_json, value_to_json
from kvmplan.plan.model import Action, Change, DataValues, Junction, OutputChange, Plan, PlannedStep
from kvmplan.plan.unknowns import known_part, overlay, unknown_tree
from kvmplan.state.document import dump_state, load_state
from kvmplan.state.files import read_bytes, write_durably
from kvmplan.state.model import State
from kvmplan.state.values_json import encode_value, load_values
from kvmplan_sdk import types
from kvmplan_sdk.backend import DEFAULT_WORKSPACE
from kvmplan_sdk.diagnostics import DiagnosticError, error
from kvmplan_sdk.impact import Impact, ImpactLevel
from kvmplan_sdk.provider import Verb

FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanFile:
    """``given``: the variables' values from outside, but for ephemeral ones, which no file keeps; ``sources``: the
    configuration's files by name; ``layout``: the
    directories of its modules.
    """

    plan: Plan
    review: Mapping[str, Any]
    sources: Mapping[str, str]
    directory: str
    layout: Mapping[str, str]
    given: Mapping[str, Value]
    workspace: str
    digest: str


def write_plan(
    path: Path,
    plan: Plan,
    review: Mapping[str, Any],
    configuration: Configuration,
    given: Mapping[str, Value],
    workspace: str = DEFAULT_WORKSPACE,
) -> str:
    """Write a plan file; returns its digest. Raises `DiagnosticError`."""
    done = {
        "changes": [_change(change) for _, change in sorted(plan.changes.items(), key=lambda item: item[0].sort_key)],
        "outputs": {name: _output(change) for name, change in sorted(plan.outputs.items())},
        "steps": [_step(step) for step in plan.steps],
        "needs": [[_node(node), [_node(need) for need in needs]] for node, needs in plan.needs.items()],
        "hosts": dict(sorted(plan.hosts.items())),
        "destroy": plan.destroy,
        "complete": plan.complete,
        "refresh_only": plan.refresh_only,
    }
    ground = {
        "review": review,
        "directory": configuration.directory,
        "workspace": workspace,
        "layout": dict(layout(configuration)),
        "sources": dict(configuration.sources),
        "variables": {
            name: {"type": types.to_json(type_of_value(value)), "value": value_to_json(value)}
            for name, value in sorted(given.items())
            if not configuration.variables[name].ephemeral
        },
        "data": [_data(address, data) for address, data in sorted(plan.data.items(), key=lambda i: i[0].sort_key)],
        "prior": load_values(dump_state(plan.prior)),
        "refreshed": load_values(dump_state(plan.refreshed)),
        "unsure": sorted(map(str, plan.unsure)),
        "moment": plan.moment.isoformat(),
    }
    digest = f"sha256:{hashlib.sha256(_dump(done)).hexdigest()}"
    document = {"format": FORMAT, "kvmplan_version": __version__, "digest": digest, **done, **ground}
    write_durably(path, _dump(document) + b"\n")
    return digest


def _dump(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, default=encode_value, ensure_ascii=False, sort_keys=True).encode()


def read_plan(path: Path) -> PlanFile:
    """Raises `DiagnosticError` when the file is not there, broken, or of another version of kvmplan."""
    data = read_bytes(path)
    if data is None:
        raise DiagnosticError(error(f"No plan file {path}", "Make one with `kvmplan plan --out FILE`."))
    try:
        document = load_values(data)
        written_by = document["kvmplan_version"]
        if document["format"] != FORMAT or written_by != __version__:
            raise DiagnosticError(
                error(
                    "Plan file of another version",
                    f"{path} was made by kvmplan {written_by}; this is {__version__}. Plan again.",
                )
            )
        return _read(document)
    except (ValueError, KeyError, TypeError) as problem:
        raise DiagnosticError(
            error(f"{path} is not a plan file", f"{type(problem).__name__}: {problem}. Plan again.")
        ) from problem


def check_current(plan: Plan, current: State, unsure: frozenset[Address]) -> None:
    """Raises `DiagnosticError` when the state has moved on since the plan was made, or a run was cut short since.

    ``unsure``: what a run that was cut short left in doubt.
    """
    same_state = plan.prior.serial == current.serial and plan.prior.lineage == current.lineage
    if same_state and plan.unsure == unsure and plan.prior.instances.keys() == current.instances.keys():
        return
    raise DiagnosticError(
        error(
            "Saved plan is stale",
            f"It stands on state {plan.prior.serial}, but the state is {current.serial} now: something was applied "
            "since. Plan again and review what is new.",
        )
    )


def _read(document: Mapping[str, Any]) -> PlanFile:
    changes = [_read_change(entry) for entry in document["changes"]]
    plan = Plan(
        prior=load_state(json.dumps(document["prior"], default=encode_value).encode(), "the plan file"),
        refreshed=load_state(json.dumps(document["refreshed"], default=encode_value).encode(), "the plan file"),
        changes={change.address: change for change in changes},
        drift=(),
        outputs={name: _read_output(entry) for name, entry in document["outputs"].items()},
        steps=tuple(_read_step(entry) for entry in document["steps"]),
        needs={_read_node(node): tuple(map(_read_node, needs)) for node, needs in document["needs"]},
        hosts=document["hosts"],
        data={_address(entry["address"]): _read_data(entry) for entry in document["data"]},
        unsure=frozenset(map(_address, document["unsure"])),
        moment=datetime.fromisoformat(document["moment"]),
        destroy=document["destroy"],
        complete=document["complete"],
        refresh_only=document["refresh_only"],
    )
    return PlanFile(
        plan=plan,
        review=document["review"],
        sources=document["sources"],
        directory=document["directory"],
        layout=document["layout"],
        given={
            name: value_from_json(entry["value"], types.from_json(entry["type"]))
            for name, entry in document["variables"].items()
        },
        workspace=document["workspace"],
        digest=document["digest"],
    )


def _change(change: Change) -> dict[str, Any]:
    return {
        "address": str(change.address),
        "action": change.action.name,
        "host": change.lane.host,
        "provider": change.lane.provider,
        "configuration": change.lane.configuration,
        "before": change.before,
        "after": known_part(change.after),
        "after_unknown": unknown_tree(change.after),
        "waits": change.waits,
        "left": [change.left.host, change.left.provider, change.left.configuration] if change.left else None,
        "private": change.private,
        "schema_version": change.schema_version,
        "dependencies": [str(address) for address in change.dependencies],
        "sensitive": [list(path) for path in change.sensitive],
        "before_sensitive": [list(path) for path in change.before_sensitive],
        "replace_paths": [list(path) for path in change.replace_paths],
        "reason": change.reason,
        "impact": _impact(change.impact),
        "prevent_destroy": change.prevent_destroy,
        "created_first": change.created_first,
        "former": str(change.former) if change.former else None,
        "tag": change.tag,
        "imported": change.imported,
        "deposed": change.deposed,
        "confirms": change.confirms,
        "check": change.check,
        "keep": change.keep,
        "unguarded": change.unguarded,
    }


def _read_change(entry: Mapping[str, Any]) -> Change:
    return Change(
        address=_address(entry["address"]),
        action=Action[entry["action"]],
        lane=Lane(entry["host"], entry["provider"], entry["configuration"]),
        before=entry["before"],
        after=overlay(entry["after"], entry["after_unknown"]),
        waits=entry["waits"],
        left=Lane(*entry["left"]) if entry["left"] else None,
        private=entry["private"],
        schema_version=entry["schema_version"],
        dependencies=tuple(map(_address, entry["dependencies"])),
        sensitive=tuple(tuple(path) for path in entry["sensitive"]),
        before_sensitive=tuple(tuple(path) for path in entry["before_sensitive"]),
        replace_paths=tuple(tuple(path) for path in entry["replace_paths"]),
        reason=entry["reason"],
        impact=_read_impact(entry["impact"]),
        prevent_destroy=entry["prevent_destroy"],
        created_first=entry["created_first"],
        former=_address(entry["former"]) if entry["former"] else None,
        tag=entry["tag"],
        imported=entry["imported"],
        deposed=entry["deposed"],
        confirms=entry["confirms"],
        check=entry["check"],
        keep=entry["keep"],
        unguarded=entry["unguarded"],
    )


def _data(address: Address, data: DataValues) -> dict[str, Any]:
    return {"address": str(address), "values": data.values, "sensitive": [list(path) for path in data.sensitive]}


def _read_data(entry: Mapping[str, Any]) -> DataValues:
    return DataValues(values=entry["values"], sensitive=tuple(tuple(path) for path in entry["sensitive"]))


def _impact(impact: Impact) -> list[Any]:
    return [str(impact.level), list(impact.guests), impact.why, list(impact.steps)]


def _read_impact(entry: list[Any]) -> Impact:
    level, guests, why, steps = entry
    return Impact(ImpactLevel.parse(level), tuple(guests), why, tuple(steps))


def _output(change: OutputChange) -> dict[str, Any]:
    return {
        "action": change.action.name,
        "before": change.before,
        "after": known_part(change.after),
        "after_unknown": unknown_tree(change.after),
        "type": types.to_json(change.type),
        "sensitive": change.sensitive,
    }


def _read_output(entry: Mapping[str, Any]) -> OutputChange:
    return OutputChange(
        action=Action[entry["action"]],
        before=entry["before"],
        after=overlay(entry["after"], entry["after_unknown"]),
        type=types.from_json(entry["type"]),
        sensitive=entry["sensitive"],
    )


def _step(step: PlannedStep) -> dict[str, Any]:
    return {
        "number": step.number,
        "host": step.lane.host,
        "provider": step.lane.provider,
        "configuration": step.lane.configuration,
        "operations": [_node(operation) for operation in step.operations],
        "after": list(step.after),
        "impact": _impact(step.impact),
    }


def _read_step(entry: Mapping[str, Any]) -> PlannedStep:
    return PlannedStep(
        number=entry["number"],
        lane=Lane(entry["host"], entry["provider"], entry["configuration"]),
        operations=tuple((_address(address), Verb(verb)) for address, verb in entry["operations"]),
        after=tuple(entry["after"]),
        impact=_read_impact(entry["impact"]),
    )


def _node(node: tuple[Address, Verb] | Junction) -> list[str]:
    if isinstance(node, Junction):
        return [str(node.resource), node.verb.value, "all"]
    return [str(node[0]), node[1].value]


def _read_node(entry: list[str]) -> tuple[Address, Verb] | Junction:
    address, verb = _address(entry[0]), Verb(entry[1])
    return Junction(address, verb) if len(entry) == 3 else (address, verb)


def _address(text: str) -> Address:
    address = parse_address(text)
    if address is None:
        raise ValueError(f"{text!r} is no address")
    return address
