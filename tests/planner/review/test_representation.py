"""The plan representation and the streams beside Terraform's own, key by key, for what is in ``representations/``.

The files there were recorded by ``record.py``. What is not the same is taken out here, and `docs/plan-json.md` and
`docs/streams.md` name it.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ..cli.kvmplan_command import kvmplan
from .representations.record import arguments, masked, stream

CASES = sorted(path.parent for path in (Path(__file__).parent / "representations").glob("*/terraform.json"))
JSON = Any


@dataclass(frozen=True)
class Said:
    document: dict[str, Any]
    plan: str
    apply: str
    state: dict[str, Any]


def said_of(case: Path, folder: Path) -> Said:
    steps = sorted(case.glob("step*"))
    for step in steps:
        for old in folder.rglob("*.kvm.hcl"):
            old.unlink()
        shutil.copytree(step, folder, dirs_exist_ok=True)
        if any(path.is_dir() for path in step.iterdir()):
            assert kvmplan("init", cwd=folder).status == 0
        if step is not steps[-1]:
            assert kvmplan("apply", "--auto-approve", cwd=folder).status == 0
    plan = kvmplan("plan", "-json", "-out", "p", *arguments(case), cwd=folder)
    assert plan.status == 0, plan.stdout
    document = masked(json.loads(kvmplan("show", "-json", "p", cwd=folder).stdout))
    apply = kvmplan("apply", "-json", "p", cwd=folder)
    assert apply.status == 0, apply.stdout
    state = json.loads(kvmplan("show", "-json", cwd=folder).stdout)
    return Said(document, plan.stdout, apply.stdout, state)


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_it_is_terraforms_key_by_key(case: Path, tmp_path: Path) -> None:
    said = said_of(case, tmp_path)
    _check_representation(case, said.document)
    checks = case / "terraform.checks.json"
    assert said.state.get("checks", []) == (json.loads(checks.read_text()) if checks.exists() else [])
    for name, text in (("plan", said.plan), ("apply", said.apply)):
        theirs = [json.loads(line) for line in (case / f"terraform.{name}.jsonl").read_text().splitlines()]
        ours = [json.loads(line) for line in stream(text)]
        assert _lines(ours, name) == _lines(theirs, name)


def _lines(lines: list[JSON], name: str) -> list[str]:
    changes = [line["change"] for line in lines if line["type"] == "planned_change"]
    apart = {one["resource"]["addr"] for one in changes if one["action"] == "remove" or "importing" in one}
    kept = [
        json.dumps(_walk(line, lambda _, value: value), sort_keys=True)
        for line in lines
        if not line["type"].startswith("kvmplan_")
        and not ("hook" in line and line["hook"]["resource"]["addr"] in apart)
        and not (name == "apply" and _says_again(line))
        and not (name == "plan" and "hook" in line and line["hook"]["resource"]["addr"].startswith("data."))
    ]
    told = (re.sub(r", \d+ (to forget|forgotten)\.", ".", line) for line in kept)
    return sorted(line.replace(": Refreshing...", ": Reading...").replace(": Refresh ", ": Read ") for line in told)


def _says_again(line: JSON) -> bool:
    """Of a saved plan ours says all that planning said, Terraform a part."""
    outputs = list(line.get("outputs", {}).values())
    return (
        line["type"] == "planned_change"
        or line["@message"].startswith("Plan:")
        or bool(outputs and "action" in outputs[0])
    )


def _check_representation(case: Path, ours: dict[str, Any]) -> None:
    theirs = json.loads((case / "terraform.json").read_text())
    _check_what_may_be_less(ours, theirs)
    assert _comparable(ours) == _comparable(theirs)


def _check_what_may_be_less(ours: JSON, theirs: JSON) -> None:
    """Dependencies are direct ones only; what only the output of a module refers to is not told as relevant."""
    deep = {one["address"]: one.get("depends_on", []) for one in _resources(theirs.get("prior_state"))}
    for one in _resources(ours.get("prior_state")):
        assert set(one.get("depends_on", [])) <= set(deep[one["address"]])
    relevant, told = (
        {json.dumps(one, sort_keys=True) for one in side.get("relevant_attributes", [])} for side in (ours, theirs)
    )
    assert relevant <= told
    assert relevant == told or any("module" in one for one in told - relevant)


def _comparable(document: JSON) -> JSON:
    kept = _walk(document, lambda key, value: _same_form(key, value))
    kept.pop("relevant_attributes", None)
    kept.get("variables", {}).pop("ephemeral", None)
    forgotten = {one["address"] for one in kept["resource_changes"] if one["change"]["actions"] == ["forget"]}
    root = kept["planned_values"]["root_module"]
    root["resources"] = [one for one in root.get("resources", []) if one["address"] not in forgotten]
    prior = kept.get("prior_state", {}).get("values", {})
    prior.pop("outputs", None)
    if not any(_resources(kept.get("prior_state"))):
        kept.pop("prior_state", None)
    return kept


def _same_form(key: str, value: JSON) -> JSON:
    """What is only said otherwise: the order of resources, and empty trees."""
    if key in {"resources", "resource_changes", "child_modules"}:
        return sorted(value, key=lambda one: str(one["address"]))
    if key in {"sensitive_values", "before_sensitive", "after_sensitive"}:
        return _without_empty(value)
    return value


def _walk(value: JSON, change: Callable[[str, JSON], JSON]) -> JSON:
    if isinstance(value, dict):
        return {
            key: change(key, _walk(item, change))
            for key, item in value.items()
            if not key.startswith("kvmplan_") and not (key == "depends_on" and "values" in value)
        }
    return [_walk(item, change) for item in value] if isinstance(value, list) else value


def _without_empty(tree: JSON) -> JSON:
    if isinstance(tree, dict):
        return {key: kept for key, item in tree.items() if (kept := _without_empty(item)) not in ({}, [])}
    return tree


def _resources(state: JSON) -> Iterator[JSON]:
    modules = [state["values"]["root_module"]] if state and "values" in state else []
    while modules:
        module = modules.pop()
        yield from module.get("resources", [])
        modules += module.get("child_modules", [])
