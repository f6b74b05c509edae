"""Configurations step by step, as folders: what is planned and why, what is done in which order, what is left.

A case is a folder: ``step1/``, ``step2/``, ... hold the configuration of each step, ``expected.json`` is a list with an
object a step. ``given`` (may be missing) says how it is run: ``replace``, ``target`` and ``exclude`` (addresses),
``destroy``, ``refresh``, ``refresh_only``, ``outside`` (what somebody did to things before, by name: values, or null
where it was deleted), ``variables``
(``NAME=VALUE``), ``faults`` (of the toy world: ``{"address", "when", "verb"}``), ``there`` (names of things that
somebody else made), ``taint`` (addresses to mark before), ``destroyable`` (addresses), ``checks`` (true:
tell of them, too). What comes of it:

- ``errors``: summaries, when planning fails; then the other keys are missing, and nothing was changed;
- ``warnings``: summaries;
- ``changes``: by address, the action, with the reason and the address before a move; unchanged ones are left out;
- ``drift``: by address, what became of the object without us; ``relevant`` where a plan's reader is told;
- ``operations``: what was done, in order;
- ``failed``: what went wrong in applying, ``address: summary``;
- ``outputs`` and ``state`` (addresses) after it; ``checks``: by address, what the state has of them.

`KVMPLAN_RECORD=1` writes what comes, to be read before it is kept: Terraform says what is right.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kvmplan.addresses import Pointer, parse_pointer
from kvmplan.apply.events import Event, OperationDone
from kvmplan.config.variables import Given
from kvmplan.plan.model import Action, Change, Plan
from kvmplan.plan.request import Request
from kvmplan.review.relevant_drift import relevant_drift
from kvmplan.run import Run
from kvmplan.state.model import State
from kvmplan.state.taint import tainted
from kvmplan.state.values_json import encode_value
from kvmplan_sdk.diagnostics import Diagnostic
from kvmplan_sdk.values import differences, format_path

from ..workspace import PlanningError, Workspace, address

HERE = Path(__file__).parent
CASES = sorted(path.parent for path in HERE.glob("*/step1"))
IDENTIFIER = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
DEPOSED = re.compile(r"\(deposed [0-9a-f]{8}\)")


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_run(case: Path, workspace: Workspace) -> None:
    path = case / "expected.json"
    expected: list[dict[str, Any]] = json.loads(path.read_text()) if path.exists() else []
    steps = sorted(case.glob("step*"))
    given = [step.get("given", {}) for step in expected] + [{}] * (len(steps) - len(expected))
    came = [_run(step, options, workspace) for step, options in zip(steps, given, strict=True)]
    if os.environ.get("KVMPLAN_RECORD"):
        path.write_text(json.dumps(came, indent=2, default=encode_value, ensure_ascii=False) + "\n")
    assert came == json.loads(path.read_text())


def _run(step: Path, given: Mapping[str, Any], workspace: Workspace) -> dict[str, Any]:
    for old in workspace.directory.rglob("*.kvm*.*"):
        old.unlink()
    shutil.copytree(step, workspace.directory, dirs_exist_ok=True)
    workspace.given = Given({}, assignments=tuple(given.get("variables", ())))
    _change_world(given, workspace)
    for text in given.get("taint", ()):
        workspace.store.save(tainted(workspace.state, text))
    before = workspace.state.instances
    try:
        came = _applied(given, workspace)
    except PlanningError as refused:
        assert workspace.state.instances == before
        came = {"errors": sorted(refused.summaries)}
    return {"given": given, **came} if given else came


def _change_world(given: Mapping[str, Any], workspace: Workspace) -> None:
    things = {
        f"foreign-{name}": {"type": "toy_thing", "tag": "foreign", "values": {"name": name, "size": 1, "id": name}}
        for name in given.get("there", ())
    }
    if things:
        hosts = workspace.world()["hosts"]
        workspace.change_world(hosts={**hosts, "local": {**hosts.get("local", {}), **things}})
    for name, values in given.get("outside", {}).items():
        workspace.change_outside(name, values)
    for fault in given.get("faults", ()):
        workspace.fault(fault["address"], fault["when"], fault.get("verb"))


def _applied(given: Mapping[str, Any], workspace: Workspace) -> dict[str, Any]:
    done: list[str] = []

    def listener(event: Event) -> None:
        if isinstance(event, OperationDone):
            done.append(_masked(f"{event.verb.value} {event.address}"))

    def carry_out(run: Run, plan: Plan) -> dict[str, Any]:
        told = run.prepared.diagnostics
        result = workspace.carry_out(run, plan, listener=listener, parallelism=1)
        warnings = [*_warnings(told), *_warnings(result.diagnostics)]
        failed = [f"{one.address or 'run'}: {one.summary}" for one in result.diagnostics if one.is_error]
        return {
            **({"warnings": sorted(set(warnings))} if warnings else {}),
            "changes": {_masked(str(at)): _said(change) for at, change in _sorted(plan) if not _stays(change)},
            **({"drift": _drift(run, plan)} if plan.drift else {}),
            "operations": done,
            **({"failed": sorted(map(_masked, failed))} if failed else {}),
            "outputs": {name: _shown(output.value) for name, output in sorted(workspace.state.outputs.items())},
            "state": [_masked(str(at)) for at in sorted(workspace.state.instances, key=lambda one: one.sort_key)],
            **({"checks": _checks(workspace.state)} if given.get("checks") else {}),
        }

    request = Request(
        destroy=given.get("destroy", False),
        replacing=tuple(map(address, given.get("replace", ()))),
        targets=tuple(map(_pointer, given.get("target", ()))),
        excluding=tuple(map(_pointer, given.get("exclude", ()))),
        refreshing=given.get("refresh", True),
        destroyable=tuple(map(_pointer, given.get("destroyable", ()))),
        refresh_only=given.get("refresh_only", False),
    )
    return workspace.with_plan(carry_out, request)


def _pointer(text: str) -> Pointer:
    found = parse_pointer(text)
    assert found is not None, text
    return found


def _checks(state: State) -> dict[str, Any]:
    return {one.address: [one.status, *one.messages] for one in state.checks}


def _sorted(plan: Plan) -> Sequence[tuple[Any, Change]]:
    return sorted(plan.changes.items(), key=lambda item: item[0].sort_key)


def _stays(change: Change) -> bool:
    return replace(change, former=None, imported=None) == change and change.action is Action.NO_OP


def _drift(run: Run, plan: Plan) -> dict[str, str]:
    relevant = relevant_drift(plan, run.prepared.configuration)
    found = {}
    for one in plan.drift:
        paths = [format_path(path) for path in differences(one.before, one.after)] if one.after else ["deleted"]
        moved = [f"moved from {one.former}"] if one.former else []
        found[str(one.address)] = ", ".join([*paths, *moved, *(["relevant"] if one.address in relevant else [])])
    return found


def _said(change: Change) -> str:
    parts = [change.action.name.lower(), *([change.reason] if change.reason else [])]
    parts += [f"moved from {change.former}"] if change.former else []
    parts += [f"imported from {change.imported}"] if change.imported else []
    return ", ".join(parts)


def _shown(value: Any) -> Any:
    return json.loads(_masked(json.dumps(value, default=encode_value)))


def _masked(text: str) -> str:
    """``text`` with identifiers, which differ from run to run, all the same."""
    return DEPOSED.sub("(deposed)", IDENTIFIER.sub("ID", text))


def _warnings(diagnostics: Sequence[Diagnostic]) -> list[str]:
    return [diagnostic.summary for diagnostic in diagnostics if not diagnostic.is_error]
