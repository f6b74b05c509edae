"""Whole configurations, step by step, as Terraform planned and applied them: actions, order, diagnostics, outputs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

CONFIGS = Path(__file__).resolve().parents[3].parent / "shared" / "conformance" / "configs"
LEFT_OUT: dict[str, str] = json.loads((Path(__file__).parent / "configs_left_out.json").read_text())
DONE = re.compile(r"^(\S+): (Creation|Modifications|Destruction) complete", re.MULTILINE)
WORDS = {"Creation": "create", "Modifications": "update", "Destruction": "delete"}


def names() -> list[str]:
    return sorted(path.name for path in CONFIGS.iterdir()) if CONFIGS.is_dir() else []


def lay_out(step: Path, folder: Path) -> None:
    """The files of a step under kvmplan's names, in place of those of the step before."""
    for old in folder.rglob("*.kvm*"):
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


def kvmplan(folder: Path, step: dict[str, Any], *arguments: str) -> subprocess.CompletedProcess[str]:
    given = {name.replace("TF_VAR_", "KVMPLAN_VAR_"): value for name, value in step["env"].items()}
    done = subprocess.run(
        [sys.executable, "-m", "kvmplan", *arguments],
        cwd=folder,
        env={**os.environ, **given},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


@pytest.mark.parametrize(
    "name", names() or [pytest.param("none", marks=pytest.mark.skip(reason="no conformance data"))]
)
def test_config(name: str, tmp_path: Path) -> None:
    if name in LEFT_OUT:
        pytest.skip(LEFT_OUT[name])
    expected = json.loads((CONFIGS / name / "expected.json").read_text())
    for number, step in enumerate(expected["steps"], start=1):
        lay_out(CONFIGS / name / f"step{number}", tmp_path)
        for before in step["pre"]:
            done = kvmplan(tmp_path, step, *before)
            assert done.returncode == 0, done.stderr
        _check_step(tmp_path, step)


def _check_step(folder: Path, step: dict[str, Any]) -> None:
    arguments = [argument.replace(".tfvars", ".kvmvars.hcl") for argument in step["plan_args"]]
    plan = kvmplan(folder, step, "plan", "--json", "--detailed-exitcode", "--out", "saved.plan", *arguments)
    assert plan.returncode == step["plan_exit"], plan.stdout + plan.stderr
    if step["plan_exit"] == 1:
        assert plan.stderr.count("Error:") >= 1
        return
    document = json.loads(plan.stdout)
    actions = {change["address"]: change["change"]["actions"] for change in document["resource_changes"]}
    wanted = {change["address"]: change["actions"] for change in step["resource_changes"]}
    assert actions == wanted
    for change in step["resource_changes"]:
        _check_change(document, change)
    applied = kvmplan(folder, step, "apply", "saved.plan")
    assert applied.returncode == step["apply_exit"], applied.stdout + applied.stderr
    done = [f"{WORDS[word]} {address}" for address, word in DONE.findall(applied.stdout)]
    for first, second in step["order_observed_in_3_runs"]:
        if first in done and second in done:
            assert done.index(first) < done.index(second), f"{first} before {second}"
    state = json.loads(kvmplan(folder, step, "show", "--json").stdout)
    outputs = state.get("values", {}).get("outputs", {})
    found = {key: output["value"] for key, output in outputs.items()}
    assert _masked(found) == _masked({key: output["value"] for key, output in step["outputs_after"].items()})
    assert set(_addresses(state.get("values", {}).get("root_module", {}))) == {
        entry["address"] for entry in step["state_after"]
    }


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
    if CONFIGS.is_dir():
        assert LEFT_OUT.keys() <= set(names())
