"""Workspaces as users have them: one state each, one of them at work on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ..cli.kvmplan_command import Said, kvmplan

MAIN = 'resource "terraform_data" "a" {\n  input = "${kvmplan.workspace} ${terraform.workspace}"\n}\n'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "main.kvm.hcl").write_text(MAIN)
    return tmp_path


def listed(project: Path, **more: str) -> list[str]:
    return kvmplan("workspace", "list", cwd=project, **more).stdout.splitlines()


def refused(said: Said, summary: str) -> None:
    assert (said.status, said.stdout) == (1, "")
    assert said.stderr.startswith(f"\nError: {summary}\n")


def test_each_workspace_has_a_state_of_its_own(project: Path) -> None:
    assert listed(project) == ["* default"]
    assert kvmplan("workspace", "new", "dev", cwd=project).status == 0
    assert listed(project) == ["  default", "* dev"]
    assert kvmplan("apply", "-auto-approve", cwd=project).status == 0
    assert '"dev dev"' in (project / "kvmplan.state.d" / "dev" / "kvmplan.state.json").read_text()
    assert kvmplan("console", cwd=project, stdin="terraform_data.a.output\n").stdout == '"dev dev"\n'
    assert kvmplan("workspace", "select", "default", cwd=project).status == 0
    assert kvmplan("state", "list", cwd=project).stdout == ""
    assert kvmplan("state", "list", cwd=project, KVMPLAN_WORKSPACE="dev").stdout == "terraform_data.a\n"
    assert kvmplan("workspace", "show", cwd=project, KVMPLAN_WORKSPACE="dev").stdout == "dev\n"
    listing = json.loads(kvmplan("workspace", "list", "--json", cwd=project).stdout)
    assert listing == {"workspaces": [{"name": "default", "current": True}, {"name": "dev", "current": False}]}


def test_a_plan_is_carried_out_in_its_workspace(project: Path) -> None:
    assert kvmplan("workspace", "new", "dev", cwd=project).status == 0
    assert kvmplan("plan", "-out", "p", cwd=project).status == 0
    assert kvmplan("workspace", "select", "default", cwd=project).status == 0
    assert kvmplan("apply", "p", cwd=project).status == 0
    assert kvmplan("state", "list", cwd=project).stdout == ""
    assert kvmplan("state", "list", cwd=project, KVMPLAN_WORKSPACE="dev").stdout == "terraform_data.a\n"


def test_what_cannot_be_made_selected_or_deleted(project: Path) -> None:
    kvmplan("workspace", "new", "dev", cwd=project)
    refused(kvmplan("workspace", "new", "dev", cwd=project), 'Workspace "dev" is there already')
    refused(kvmplan("workspace", "new", "a/b", cwd=project), "Invalid name of a workspace")
    refused(kvmplan("workspace", "new", "..", cwd=project), "Invalid name of a workspace")
    refused(kvmplan("plan", cwd=project, KVMPLAN_WORKSPACE="../x"), "Invalid name of a workspace")
    said = kvmplan("workspace", "select", "devs", cwd=project)
    refused(said, "No such workspace")
    assert 'Did you mean "dev"?' in said.stderr
    refused(kvmplan("workspace", "delete", "dev", cwd=project), 'Workspace "dev" is at work on')
    refused(kvmplan("workspace", "delete", "default", cwd=project), "The default workspace stays")
    environment = {"KVMPLAN_WORKSPACE": "dev"}
    said = kvmplan("workspace", "select", "default", cwd=project, **environment)
    refused(said, "The workspace is chosen by the environment")
    assert listed(project) == ["  default", "* dev"]


def test_a_workspace_is_made_on_demand(project: Path) -> None:
    refused(kvmplan("workspace", "select", "dev", cwd=project), "No such workspace")
    assert kvmplan("workspace", "select", "-or-create", "dev", cwd=project).status == 0
    assert listed(project) == ["  default", "* dev"]


def test_a_workspace_with_objects_is_deleted_by_force_only(project: Path) -> None:
    kvmplan("workspace", "new", "dev", cwd=project)
    kvmplan("apply", "-auto-approve", cwd=project)
    kvmplan("workspace", "select", "default", cwd=project)
    said = kvmplan("workspace", "delete", "dev", cwd=project)
    refused(said, 'Workspace "dev" is not empty')
    assert "\n  - terraform_data.a\n" in said.stderr
    said = kvmplan("workspace", "delete", "-force", "dev", cwd=project)
    assert (said.status, "\n  - terraform_data.a\n" in said.stderr) == (0, True)
    assert listed(project) == ["* default"]
    assert list((project / "kvmplan.state.d").iterdir()) == []
