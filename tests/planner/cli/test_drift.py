"""Drift on the command line: what plans show of it, and the state following the hosts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from .kvmplan_command import Said, kvmplan

CONFIGURATION = """
resource "toy_thing" "a" {
  name = "a"
  size = 3
}
resource "toy_thing" "b" {
  name = "b"
  note = "hers"
  lifecycle {
    ignore_changes = [note]
  }
}
output "size" {
  value = toy_thing.a.size
}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "main.kvm.hcl").write_text(CONFIGURATION)
    assert kvmplan("apply", "--auto-approve", cwd=tmp_path).status == 0
    return tmp_path


def outside(project: Path, name: str, **values: Any) -> None:
    world = json.loads((project / "world.json").read_text())
    for thing in world["hosts"]["local"].values():
        if thing["values"]["name"] == name:
            thing["values"].update(values)
    (project / "world.json").write_text(json.dumps(world))


def run(project: Path, *arguments: str, stdin: str = "") -> Said:
    said = kvmplan(*arguments, cwd=project, stdin=stdin)
    assert "Traceback" not in said.stderr
    return said


def test_a_plan_shows_what_matters_and_counts_the_rest(project: Path) -> None:
    outside(project, "b", note="his")
    said = run(project, "plan", "--detailed-exitcode")
    assert said.status == 0
    assert "Note: Objects have changed outside" not in said.stdout
    assert "1 object has changed outside of kvmplan in ways that do not matter here" in said.stdout
    outside(project, "a", size=4)
    said = run(project, "plan", "--detailed-exitcode")
    assert said.status == 2
    note, _, rest = said.stdout.partition("kvmplan will perform the following actions")
    assert note.startswith("Note: Objects have changed outside of kvmplan\n")
    assert "# toy_thing.a has changed" in note
    assert "toy_thing.b has changed" not in said.stdout
    assert "1 object has changed outside of kvmplan" in rest
    drift = json.loads(run(project, "plan", "--out=p", "--json").stdout)["resource_drift"]
    assert {one["address"]: one["kvmplan_relevant"] for one in drift} == {"toy_thing.a": True, "toy_thing.b": False}


def test_the_state_follows_the_hosts_when_that_is_approved(project: Path) -> None:
    outside(project, "a", size=4)
    before = (project / "world.json").read_text()
    assert run(project, "plan", "--refresh-only", "--detailed-exitcode").status == 2
    said = run(project, "apply", "--refresh-only", stdin="no\n")
    assert said.status == 1
    assert "change nothing on any host" in said.stdout
    assert json.loads(run(project, "output", "--json").stdout)["size"]["value"] == 3
    said = run(project, "apply", "--refresh-only", stdin="yes\n")
    assert said.status == 0
    assert "Apply complete! Resources: 0 added, 0 changed, 0 destroyed." in said.stdout
    assert json.loads(run(project, "output", "--json").stdout)["size"]["value"] == 4
    assert (project / "world.json").read_text() == before
    assert run(project, "plan", "--refresh-only", "--detailed-exitcode").status == 0


def test_refresh_does_not_ask(project: Path) -> None:
    outside(project, "a", size=4)
    assert run(project, "refresh").status == 0
    assert json.loads(run(project, "output", "--json").stdout)["size"]["value"] == 4


def test_a_saved_refresh_is_carried_out_as_it_is(project: Path) -> None:
    outside(project, "a", size=4)
    assert run(project, "plan", "--refresh-only", "--out=p").status == 0
    outside(project, "a", size=5)
    said = run(project, "apply", "p")
    assert said.status == 0, said.stderr
    assert json.loads(run(project, "output", "--json").stdout)["size"]["value"] == 4


@pytest.mark.parametrize("option", ["--replace=toy_thing.a", "--refresh=false", "--destroy"])
def test_refreshing_alone_goes_with_nothing_else(option: str, project: Path) -> None:
    said = run(project, "plan", "--refresh-only", option)
    assert said.status == 1
    assert "Error: Refreshing, and something else" in said.stderr
