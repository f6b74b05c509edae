"""Whole configurations, step by step, as Terraform planned and applied them: actions, order, diagnostics, outputs.

``cases/`` holds ours, as `record` wrote down what the real Terraform did with them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ..cli.kvmplan_command import Said, kvmplan

CONFIGS = Path(__file__).resolve().parents[3].parent / "shared" / "conformance" / "configs"
CASES = Path(__file__).parent / "cases"
LEFT_OUT: dict[str, str] = json.loads((Path(__file__).parent / "configs_left_out.json").read_text())
DONE = re.compile(r"^(\S+): (Creation|Modifications|Destruction) complete", re.MULTILINE)
WORDS = {"Creation": "create", "Modifications": "update", "Destruction": "delete"}


def folders() -> list[Path]:
    return [path for folder in (CONFIGS, CASES) if folder.is_dir() for path in sorted(folder.iterdir())]


def lay_out(step: Path, folder: Path) -> None:
    """The files of a step under kvmplan's names, in place of those of the step before."""
    for old in folder.rglob("*.kvm*.*"):
        old.unlink()
    for path in step.rglob("*"):
        if path.is_dir() or path.name == "plan.txt":
            continue
        name = path.name.replace(".tfvars", ".kvmvars").replace("terraform.", "kvmplan.")
        name = re.sub(r"\.kvmvars$", ".kvmvars.hcl", name)
        name = re.sub(r"\.tf$", ".kvm.hcl", name).replace(".tf.json", ".kvm.json")
        target = folder / path.relative_to(step).parent / name
        target.parent.mkdir(parents=True, exist_ok=True)
        text = path.read_text().replace("terraform {", "kvmplan {").replace("terraform.workspace", "kvmplan.workspace")
        target.write_text(text)


def run(folder: Path, step: dict[str, Any], *arguments: str) -> Said:
    given = {name.replace("TF_VAR_", "KVMPLAN_VAR_"): value for name, value in step["env"].items()}
    done = kvmplan(*arguments, cwd=folder, **given)
    assert "Traceback" not in done.stderr, done.stderr
    return done


@pytest.mark.parametrize("case", folders(), ids=lambda path: path.name)
def test_config(case: Path, tmp_path: Path) -> None:
    if case.name in LEFT_OUT:
        pytest.skip(LEFT_OUT[case.name])
    expected = json.loads((case / "expected.json").read_text())
    for number, step in enumerate(expected["steps"], start=1):
        lay_out(case / f"step{number}", tmp_path)
        run(tmp_path, step, "init")
        for before, status in zip(step["pre"], step.get("pre_exit", [0] * len(step["pre"])), strict=True):
            done = run(tmp_path, step, *before)
            assert done.status == status, done.stderr
        _check_step(tmp_path, step)


def _check_step(folder: Path, step: dict[str, Any]) -> None:
    arguments = [argument.replace(".tfvars", ".kvmvars.hcl") for argument in step["plan_args"]]
    plan = run(folder, step, "plan", "--json", "--detailed-exitcode", "--out", "saved.plan", *arguments)
    assert plan.status == step["plan_exit"], plan.stdout + plan.stderr
    _check_diagnostics(plan.stdout, step["plan_diagnostics"])
    if step["plan_exit"] == 1:
        return
    document = json.loads(run(folder, step, "show", "--json", "saved.plan").stdout)
    actions = {change["address"]: change["change"]["actions"] for change in document["resource_changes"]}
    wanted = {change["address"]: change["actions"] for change in step["resource_changes"]}
    assert actions == wanted
    for change in step["resource_changes"]:
        _check_change(document, change)
    applied = run(folder, step, "apply", "saved.plan")
    assert applied.status == step["apply_exit"], applied.stdout + applied.stderr
    done = [f"{WORDS[word]} {address}" for address, word in DONE.findall(applied.stdout)]
    for first, second in step["order_observed_in_3_runs"]:
        if first in done and second in done:
            assert done.index(first) < done.index(second), f"{first} before {second}"
    state = json.loads(run(folder, step, "show", "--json").stdout)
    outputs = state.get("values", {}).get("outputs", {})
    found = {key: output["value"] for key, output in outputs.items()}
    assert _masked(found) == _masked({key: output["value"] for key, output in step["outputs_after"].items()})
    assert set(_addresses(state.get("values", {}).get("root_module", {}))) == {
        entry["address"] for entry in step["state_after"]
    }


def _check_diagnostics(stream: str, wanted: list[dict[str, Any]]) -> None:
    """There are errors and warnings where Terraform has such, and about what it says they are; more is no harm."""
    events = map(json.loads, stream.splitlines())
    said = [event["diagnostic"] for event in events if event["type"] == "diagnostic"]
    assert {one["severity"] for one in said} == {one["severity"] for one in wanted}
    about = {(one["severity"], one.get("address")) for one in said}
    assert about >= {(one["severity"], one["address"]) for one in wanted if one.get("address")}


def _addresses(module: dict[str, Any]) -> Iterator[str]:
    yield from (entry["address"] for entry in module.get("resources", []))
    for child in module.get("child_modules", []):
        yield from _addresses(child)


def _check_change(document: dict[str, Any], wanted: dict[str, Any]) -> None:
    (whole,) = [c for c in document["resource_changes"] if c["address"] == wanted["address"]]
    assert whole.get("action_reason") == wanted.get("action_reason"), wanted["address"]
    found = whole["change"]
    for part in ("before", "after"):
        for key, value in (wanted[part] or {}).items():
            if key != "id":
                assert _masked(found[part][key]) == _masked(value), f"{wanted['address']} {part} {key}"


def _masked(value: Any) -> Any:
    """``value`` with identifiers, which differ from run to run, all the same."""
    text = json.dumps(value, sort_keys=True)
    text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|<ID\d+>", "<ID>", text)
    return json.loads(text)


def test_left_out_configs_exist() -> None:
    assert not CONFIGS.is_dir() or LEFT_OUT.keys() <= {path.name for path in folders()}
