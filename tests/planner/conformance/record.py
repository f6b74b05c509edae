"""Record what the real Terraform does with the cases here: ``python record.py [NAME...]``, where it is installed.

A case is a folder: ``step1/*.tf``, ``step2/*.tf``, ..., and ``steps.json`` where a step needs more than that: a list of
``{"plan_args": [...], "pre": [[command...]], "env": {...}}``. ``expected.json`` is written beside it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from itertools import permutations
from pathlib import Path
from typing import Any

CASES = Path(__file__).parent / "cases"
RUNS = 5
"""Two operations count as ordered when one began after the other's end in every run."""


def terraform(folder: Path, env: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    given = {**os.environ, "TF_CLI_CONFIG_FILE": "/dev/null", "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1", **env}
    return subprocess.run(
        ["terraform", *arguments], cwd=folder, env=given, capture_output=True, text=True, check=False, timeout=120
    )


def record(case: Path) -> dict[str, Any]:
    steps = len(list(case.glob("step*/")))
    more = case / "steps.json"
    asked = json.loads(more.read_text()) if more.exists() else [{}] * steps
    runs = [_run(case, asked) for _ in range(RUNS)]
    first = runs[0]
    for number, step in enumerate(first):
        if "events" in step:
            orders = [_ordered(run[number]["events"]) for run in runs]
            step["order_observed_in_3_runs"] = sorted(map(list, set.intersection(*orders)))
            del step["events"]
    return {"steps": first}


def _run(case: Path, asked: list[dict[str, Any]]) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        return [_step(case / f"step{number}", folder, more) for number, more in enumerate(asked, start=1)]


def _step(source: Path, folder: Path, asked: dict[str, Any]) -> dict[str, Any]:
    for old in (*folder.rglob("*.tf"), *folder.rglob("*.tfvars"), *folder.rglob("*.tf.json")):
        if ".terraform" not in old.parts:
            old.unlink()
    shutil.copytree(source, folder, dirs_exist_ok=True)
    env, arguments = asked.get("env", {}), asked.get("plan_args", [])
    step: dict[str, Any] = {"plan_args": arguments, "pre": asked.get("pre", []), "env": env}
    terraform(folder, {}, "init", "-input=false", "-no-color")
    for command in step["pre"]:
        done = terraform(folder, env, *command)
        step.setdefault("pre_exit", []).append(done.returncode)
    plan = terraform(folder, env, "plan", "-input=false", "-json", "-detailed-exitcode", "-out=saved.plan", *arguments)
    step["plan_exit"] = plan.returncode
    events = [json.loads(line) for line in plan.stdout.splitlines() if line.startswith("{")]
    step["plan_diagnostics"] = [
        {
            "severity": event["diagnostic"]["severity"],
            "summary": event["diagnostic"]["summary"],
            "address": event["diagnostic"].get("address"),
        }
        for event in events
        if event["type"] == "diagnostic"
    ]
    if plan.returncode == 1:
        return step
    document = json.loads(terraform(folder, env, "show", "-json", "saved.plan").stdout)
    step["resource_changes"] = sorted(map(_change, document.get("resource_changes", [])), key=lambda c: c["address"])
    step["resource_drift"] = sorted(map(_change, document.get("resource_drift", [])), key=lambda c: c["address"])
    step["output_changes"] = document.get("output_changes", {})
    applied = terraform(folder, env, "apply", "-json", "saved.plan")
    step["apply_exit"] = applied.returncode
    events = [json.loads(line) for line in applied.stdout.splitlines() if line.startswith("{")]
    step["events"] = [
        (event["type"].removeprefix("apply_"), f"{event['hook']['action']} {event['hook']['resource']['addr']}")
        for event in events
        if event["type"] in ("apply_start", "apply_complete", "apply_errored")
    ]
    state = json.loads(terraform(folder, env, "show", "-json").stdout).get("values", {})
    step["outputs_after"] = state.get("outputs", {})
    step["state_after"] = [
        {"address": entry["address"]} for entry in _resources(state.get("root_module", {})) if entry["mode"] != "data"
    ]
    return step


def _change(change: dict[str, Any]) -> dict[str, Any]:
    inner = change["change"]
    kept: dict[str, Any] = {
        key: change[key] for key in ("address", "action_reason", "previous_address", "deposed") if key in change
    }
    parts = ("actions", "before", "after", "after_unknown", "before_sensitive", "after_sensitive", "replace_paths")
    return {**kept, **{part: inner[part] for part in parts if part in inner}}


def _resources(module: dict[str, Any]) -> list[dict[str, Any]]:
    own = list(module.get("resources", []))
    return own + [entry for child in module.get("child_modules", []) for entry in _resources(child)]


def _ordered(events: list[tuple[str, str]]) -> set[tuple[str, str]]:
    began = {what: place for place, (kind, what) in enumerate(events) if kind == "start"}
    ended = {what: place for place, (kind, what) in enumerate(events) if kind != "start"}
    return {(one, two) for one, two in permutations(began, 2) if one in ended and ended[one] < began[two]}


def _masked(text: str) -> str:
    """Identifiers, which differ from run to run, by the order in which they appear."""
    known: dict[str, str] = {}
    return re.sub(
        r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
        lambda found: known.setdefault(found[0], f"<ID{len(known) + 1}>"),
        text,
    )


if __name__ == "__main__":
    for folder in sorted(CASES.iterdir()):
        if folder.is_dir() and (not sys.argv[1:] or folder.name in sys.argv[1:]):
            expected = json.dumps(record(folder), indent=1, ensure_ascii=False, sort_keys=True)
            (folder / "expected.json").write_text(_masked(expected) + "\n")
            print(folder.name)
