"""Plans and states as JSON: Terraform's shapes key by key, ours under ``kvmplan_`` keys only."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kvmplan.review.value_trees import marks_tree

from ..cli.kvmplan_command import environment, kvmplan

CASES = sorted((Path(__file__).parent / "cases").glob("*.json"))
SAMPLES = Path(__file__).parents[4] / "shared" / "conformance" / "samples"
needs_samples = pytest.mark.skipif(not SAMPLES.exists(), reason="no conformance data")
ADDED_FOR_PROGRAMS = {
    "terraform_version",
    "variables",
    "prior_state",
    "configuration",
    "relevant_attributes",
    "checks",
    "timestamp",
}
"""What `kvmplan.review.representation` adds, as text needs none of it."""


def sample(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((SAMPLES / name).read_text())
    return found


def ours() -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in CASES]


def foreign(entry: dict[str, Any]) -> set[str]:
    return {key for key in entry if not key.startswith("kvmplan_")}


@needs_samples
def test_the_keys_of_a_plan() -> None:
    theirs = sample("1-create.plan.json").keys() | sample("2-replace.plan.json").keys() | {"resource_drift"}
    for document in ours():
        assert foreign(document) == theirs - ADDED_FOR_PROGRAMS
        assert document["format_version"].startswith("1.")


@needs_samples
def test_the_keys_of_a_change() -> None:
    entries = [e for name in ("1-create", "2-replace") for e in sample(f"{name}.plan.json")["resource_changes"]]
    always = set.intersection(*(set(entry) for entry in entries))
    sometimes = set.union(*(set(entry) for entry in entries)) | {"action_reason", "index"}
    in_change = set.intersection(*(set(entry["change"]) for entry in entries))
    allowed = set.union(*(set(entry["change"]) for entry in entries)) | {"replace_paths"}
    for document in ours():
        for entry in (*document["resource_changes"], *document["resource_drift"]):
            assert always <= foreign(entry) <= sometimes
            assert in_change <= entry["change"].keys() <= allowed


@needs_samples
def test_what_is_null_unknown_and_sensitive_has_the_types_that_terraform_gives_it() -> None:
    """Where there is no object a side is null and its sensitivity false; else trees of the value's shape."""
    for document in [*ours(), sample("1-create.plan.json"), sample("2-replace.plan.json")]:
        for entry in document["resource_changes"]:
            change = entry["change"]
            creating, deleting = change["actions"] == ["create"], change["actions"] == ["delete"]
            assert (change["before"] is None) is creating
            assert (change["after"] is None) is deleting
            assert (change["before_sensitive"] is False) is creating
            assert (change["after_sensitive"] is False) is deleting
            assert isinstance(change["after_unknown"], dict)


@needs_samples
def test_the_keys_of_outputs_and_planned_values() -> None:
    theirs = sample("1-create.plan.json")
    wanted = set(next(iter(theirs["output_changes"].values())))
    resource = set(theirs["planned_values"]["root_module"]["resources"][0]) | {"index"}
    for document in ours():
        for change in document["output_changes"].values():
            assert set(change) == wanted
        for entry in document["planned_values"]["root_module"].get("resources", []):
            assert foreign(entry) - {"index"} == resource - {"index"}


@needs_samples
def test_the_keys_of_a_state(tmp_path: Path) -> None:
    theirs = sample("1-show-state.json")
    (tmp_path / "main.kvm.hcl").write_text(
        'resource "toy_thing" "a" {\n  count = 1\n  name = "a"\n}\nresource "toy_thing" "b" {\n  name = "b"\n'
        '  note = toy_thing.a[0].name\n}\noutput "o" {\n  value = "x"\n}\n'
    )
    assert kvmplan("apply", "-auto-approve", cwd=tmp_path).status == 0
    document = json.loads(kvmplan("show", "-json", cwd=tmp_path).stdout)
    assert foreign(document) == theirs.keys() - {"checks"}
    assert document["values"].keys() == theirs["values"].keys()
    resources = theirs["values"]["root_module"]["resources"]
    for entry in document["values"]["root_module"]["resources"]:
        assert foreign(entry) - {"index", "depends_on"} == set(resources[0]) - {"index", "depends_on"}
    assert document["values"]["outputs"]["o"].keys() == next(iter(theirs["values"]["outputs"].values())).keys()


@pytest.mark.parametrize(
    ("paths", "tree"),
    [
        ([], {}),
        ([("a",)], {"a": True}),
        ([("a", "b"), ("c",)], {"a": {"b": True}, "c": True}),
        ([("a", 1, "b")], {"a": [{}, {"b": True}]}),
        ([("a", "b"), ("a",)], {"a": True}),
    ],
)
def test_sensitive_paths_as_a_tree(paths: list[tuple[str | int, ...]], tree: Any) -> None:
    assert marks_tree(paths) == tree


def test_the_same_configuration_gives_the_same_bytes(tmp_path: Path) -> None:
    (tmp_path / "main.kvm.hcl").write_text(
        'resource "toy_thing" "many" {\n  for_each = toset(["x", "y", "z", "a"])\n  name = each.key\n'
        '  tags = ["q", each.key]\n  labels = { b = 1, a = 2 }\n}\n'
        'output "all" {\n  value = { for k, v in toy_thing.many : k => v.tags }\n}\n'
    )
    for seed in ("1", "2", "3"):
        command = [sys.executable, "-m", "kvmplan", "plan", "-out", seed]
        subprocess.run(command, cwd=tmp_path, env=environment(PYTHONHASHSEED=seed), capture_output=True, check=True)
    shown = {kvmplan("show", "-json", seed, cwd=tmp_path).stdout for seed in ("1", "2", "3")}
    assert len({re.sub(r'"timestamp": "[^"]+"', "", text) for text in shown}) == 1
