"""The lines by which tools around pull requests (tfcmt, Atlantis) know what a plan or an apply did, in real output: the
patterns of the contract match where they should, and nowhere else. That objects changed "outside of Terraform" is not
said: here it is "outside of kvmplan".
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from .kvmplan_command import Said, kvmplan

CONTRACT = Path(__file__).parents[4] / "shared" / "conformance" / "pr_tool_contract.json"
pytestmark = pytest.mark.skipif(not CONTRACT.exists(), reason="no conformance data")

BEFORE = """
resource "terraform_data" "updated" {
  input = 1
}
resource "terraform_data" "deleted" {
}
resource "terraform_data" "replaced" {
  triggers_replace = 1
}
resource "terraform_data" "requested" {
}
resource "terraform_data" "triggered" {
  lifecycle {
    replace_triggered_by = [terraform_data.updated]
  }
}
resource "terraform_data" "tainted" {
}
resource "terraform_data" "left" {
}
resource "terraform_data" "left_and_changed" {
  input = 1
}
output "o" {
  value = 1
}
"""
AFTER = """
resource "terraform_data" "created" {
}
resource "terraform_data" "updated" {
  input = 2
}
resource "terraform_data" "replaced" {
  triggers_replace = 2
}
resource "terraform_data" "requested" {
}
resource "terraform_data" "triggered" {
  lifecycle {
    replace_triggered_by = [terraform_data.updated]
  }
}
resource "terraform_data" "tainted" {
}
resource "terraform_data" "moved" {
}
moved {
  from = terraform_data.left
  to   = terraform_data.moved
}
resource "terraform_data" "moved_and_changed" {
  input = 2
}
moved {
  from = terraform_data.left_and_changed
  to   = terraform_data.moved_and_changed
}
resource "terraform_data" "imported" {
}
import {
  to = terraform_data.imported
  id = "there"
}
resource "terraform_data" "imported_and_changed" {
  input = 1
}
import {
  to = terraform_data.imported_and_changed
  id = "there too"
}
output "o" {
  value = 2
}
check "c" {
  assert {
    condition     = terraform_data.updated.input == 1
    error_message = "It is not 1."
  }
}
"""
NAMES = {
    "create": ["created"],
    "update": ["imported_and_changed", "moved_and_changed", "updated"],
    "delete": ["deleted"],
    "replace": ["replaced", "tainted"],
    "replace_option": ["requested"],
    "replace_triggered_by": ["triggered"],
    "import": ["imported"],
}


@pytest.fixture(scope="module")
def contract() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = json.loads(CONTRACT.read_text())
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("pr")
    (made / "main.kvm.hcl").write_text(BEFORE)
    assert kvmplan("apply", "-auto-approve", cwd=made).status == 0
    assert kvmplan("taint", "terraform_data.tainted", cwd=made).status == 0
    (made / "main.kvm.hcl").write_text(AFTER)
    return made


@pytest.fixture(scope="module")
def planned(folder: Path) -> Said:
    said = kvmplan("plan", "-no-color", "-replace=terraform_data.requested", "-detailed-exitcode", cwd=folder)
    assert said.status == 2, said.stderr
    return said


def matches(pattern: str, text: str) -> list[Any]:
    """As tfcmt matches: every line by itself."""
    return [found for line in text.splitlines() for found in re.findall(pattern, line)]


@pytest.mark.parametrize("name", NAMES)
def test_what_tfcmt_reads_of_changes(name: str, planned: Said, contract: dict[str, dict[str, str]]) -> None:
    found = matches(contract["tfcmt_plan"][name], planned.stdout)
    assert found == [f"terraform_data.{resource}" for resource in NAMES[name]]


def test_what_tfcmt_reads_of_moves_and_imports(planned: Said, contract: dict[str, dict[str, str]]) -> None:
    patterns = contract["tfcmt_plan"]
    assert matches(patterns["move"], planned.stdout) == [("terraform_data.left", "terraform_data.moved")]
    assert matches(patterns["moved_from"], planned.stdout) == ["terraform_data.left_and_changed"]
    assert matches(patterns["imported_from"], planned.stdout) == ['"there too"']


def test_what_tfcmt_reads_of_the_whole(planned: Said, contract: dict[str, dict[str, str]]) -> None:
    patterns, text = contract["tfcmt_plan"], planned.stdout + planned.stderr
    for name in ("pass", "outputs_changes", "has_destroy", "warning"):
        assert re.search(patterns[name], text), name
    for name in ("fail", "has_no_changes"):
        assert not re.search(patterns[name], text), name


def test_what_atlantis_reads(planned: Said, contract: dict[str, dict[str, str]]) -> None:
    patterns = contract["atlantis"]
    assert re.findall(patterns["plan_changes"], planned.stdout) == [("2", "5", "3", "5", "")]
    assert not re.search(patterns["no_changes"], planned.stdout)
    assert re.search(patterns["diff_resource"], planned.stdout)
    assert re.search(patterns["diff_keyword"], planned.stdout)


def test_what_is_read_of_an_apply_and_of_what_comes_next(
    planned: Said, folder: Path, contract: dict[str, dict[str, str]]
) -> None:
    del planned  # it comes first
    applied = kvmplan("apply", "-no-color", "-auto-approve", "-replace=terraform_data.requested", cwd=folder)
    assert applied.status == 0
    assert re.search(contract["tfcmt_apply"]["pass"], applied.stdout)
    assert "Resources: 2 imported, 5 added, 3 changed, 5 destroyed." in applied.stdout
    nothing = kvmplan("plan", "-no-color", "-detailed-exitcode", cwd=folder)
    assert nothing.status == 0
    for name in ("pass", "has_no_changes"):
        assert re.search(contract["tfcmt_plan"][name], nothing.stdout), name
    assert re.search(contract["atlantis"]["no_changes"], nothing.stdout)


def test_what_is_read_of_errors(tmp_path: Path, contract: dict[str, dict[str, str]]) -> None:
    (tmp_path / "main.kvm.hcl").write_text("output {\n}\n")
    said = kvmplan("plan", "-no-color", "-detailed-exitcode", cwd=tmp_path)
    assert said.status == 1
    assert re.search(contract["tfcmt_plan"]["fail"], said.stdout + said.stderr)
    (tmp_path / "main.kvm.hcl").write_text('resource "toy_thing" "a" {\n  name = "a"\n}\n')
    (tmp_path / "world.json").write_text(json.dumps({"faults": [{"address": "toy_thing.a", "when": "before"}]}))
    said = kvmplan("apply", "-no-color", "-auto-approve", cwd=tmp_path)
    assert said.status == 1
    assert re.search(contract["tfcmt_apply"]["fail"], said.stdout + said.stderr)
    assert not re.search(contract["tfcmt_apply"]["pass"], said.stdout)


def test_what_is_forgotten(tmp_path: Path, contract: dict[str, dict[str, str]]) -> None:
    (tmp_path / "main.kvm.hcl").write_text('resource "terraform_data" "a" {\n}\n')
    assert kvmplan("apply", "-auto-approve", cwd=tmp_path).status == 0
    (tmp_path / "main.kvm.hcl").write_text(
        "removed {\n  from = terraform_data.a\n  lifecycle {\n    destroy = false\n  }\n}\n"
    )
    text = kvmplan("plan", "-no-color", cwd=tmp_path).stdout
    assert re.findall(contract["atlantis"]["plan_changes"], text) == [("", "0", "0", "0", "1")]
    assert not matches(contract["tfcmt_plan"]["delete"], text)
