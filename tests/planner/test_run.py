"""Saved plans: carried out exactly as they are, elsewhere and later, or refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kvmplan.apply.events import Event, OperationDone

from .apply.test_crash import killed_at
from .cli.kvmplan_command import Said, kvmplan
from .workspace import Workspace

TWO = """
variable "note" {
  default = "n"
}
data "toy_thing" "there" {
  name = "there"
}
locals {
  both = "${toy_thing.a.id}-${data.toy_thing.there.id}"
}
resource "toy_thing" "a" {
  name = "a"
  note = var.note
}
resource "toy_thing" "b" {
  name  = "b"
  note  = local.both
  label = data.toy_thing.there.id
}
output "both" {
  value = local.both
}
output "there" {
  value = data.toy_thing.there.size
}
"""
THERE = {"type": "toy_thing", "tag": "foreign", "values": {"name": "there", "size": 3, "id": "70"}}


@pytest.fixture
def project(workspace: Workspace) -> Workspace:
    workspace.write(TWO)
    workspace.change_world(hosts={"local": {"70": THERE}}, next=71)
    return workspace


def run(project: Workspace, *arguments: str) -> Said:
    return kvmplan(*arguments, cwd=project.directory)


def test_a_saved_plan_needs_neither_configuration_nor_variables(project: Workspace) -> None:
    assert run(project, "plan", "-out", "p", "-var", "note=given").status == 0
    (project.directory / "main.kvm.hcl").unlink()
    said = run(project, "apply", "p")
    assert said.status == 0, said.stderr
    things = project.objects()
    assert things["a"]["note"] == "given"
    assert things["b"]["note"] == f"{things['a']['id']}-70", "unknown when it was planned"
    outputs = {name: output.value for name, output in project.state.outputs.items()}
    assert outputs == {"both": f"{things['a']['id']}-70", "there": 3}


def test_a_saved_plan_is_refused_once_the_state_has_moved_on(project: Workspace) -> None:
    run(project, "plan", "-out", "p")
    assert run(project, "apply", "-auto-approve").status == 0
    said = run(project, "apply", "p")
    assert (said.status, "Saved plan is stale" in said.stderr) == (1, True)


def test_a_saved_plan_is_refused_once_a_run_was_cut_short(project: Workspace) -> None:
    run(project, "plan", "-out", "p")
    places = (place for place in range(1, 200) if killed_at(place, project.apply))
    while not (project.objects().keys() & {"a", "b"}):
        next(places)
    before = project.objects()
    said = run(project, "apply", "p")
    assert (said.status, "Saved plan is stale" in said.stderr) == (1, True)
    assert project.objects() == before
    assert run(project, "plan", "-out", "q").status == 0
    assert run(project, "apply", "q").status == 0, "one that was made since is carried out"
    assert set(project.objects()) == {"a", "b", "there"}


def test_a_saved_plan_is_refused_once_something_was_changed_that_only_a_journal_has(project: Workspace) -> None:
    project.apply()
    project.write(TWO.replace('"n"', '"other"'))
    run(project, "plan", "-out", "p")
    project.write(TWO.replace('"n"', '"mine"'))
    aside = project.directory / "aside"

    def listener(event: Event) -> None:
        if isinstance(event, OperationDone):
            project.state_path.rename(aside)
            project.state_path.mkdir()

    assert project.apply(listener=listener).unsaved
    project.state_path.rmdir()
    aside.rename(project.state_path)
    said = run(project, "apply", "p")
    assert (said.status, "A run was cut short since" in said.stderr) == (1, True)
    assert project.objects()["a"]["note"] == "mine"


def test_a_saved_plan_of_another_version_is_refused(project: Workspace) -> None:
    run(project, "plan", "-out", "p")
    path = project.directory / "p"
    path.write_bytes(path.read_bytes().replace(b'{"kvmplan_plan": ', b'{"kvmplan_plan": 9'))
    said = run(project, "apply", "p")
    assert (said.status, "Plan file of another version" in said.stderr) == (1, True)


def test_what_a_saved_plan_shows_is_what_plan_showed(project: Workspace) -> None:
    planned = run(project, "plan", "-out", "p")
    assert run(project, "show", "p").stdout in planned.stdout


def test_two_runs_at_once(project: Workspace) -> None:
    from kvmplan.state.store import local_store

    with local_store(project.state_path).locked("apply"):
        said = run(project, "plan")
    assert (said.status, "State is locked" in said.stderr) == (1, True)
    assert f"process {os.getpid()}" in said.stderr


def test_a_run_elsewhere_finds_state_and_configuration(
    project: Workspace, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "world.json").write_bytes(project.world_path.read_bytes())
    state = str(project.directory / "state.json")
    said = kvmplan("apply", "-auto-approve", "-chdir", str(project.directory), "-state", state, cwd=elsewhere)
    assert said.status == 0, said.stderr
    assert Path(state).exists()
