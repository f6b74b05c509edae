"""A run killed at any instant is finished by the next one: nothing doubled, nothing orphaned, nothing lost.

The run is a forked child in which every call that touches a disk (the engine's journal, state and backup, the toy
world) is a place to die: before the call, or for a write half-way through. The child ends by `os._exit`, as under
``kill -9``: no clean-up runs in any thread.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kvmplan.apply import saving

from ..workspace import Workspace, actions

pytestmark = pytest.mark.slow

CALLS = ("write", "fsync", "replace", "rename", "unlink", "open", "ftruncate")
KILLED = 77

FIRST = """
provider "toy" {
  batch = %(batch)s
}
resource "toy_thing" "base" {
  name = "base"
  size = 5
}
resource "toy_thing" "part" {
  count  = 3
  name   = "part-${count.index}"
  parent = toy_thing.base.id
}
data "toy_thing" "base" {
  name = toy_thing.base.name
}
resource "toy_thing" "loner" {
  name = "loner"
  note = "base has ${data.toy_thing.base.size}"
}
output "base" {
  value = toy_thing.base.id
}
"""
SECOND = """
provider "toy" {
  batch = %(batch)s
}
resource "toy_thing" "base" {
  name = "base"
  size = 4 # smaller: a new thing, and so new parts
}
resource "toy_thing" "part" {
  count  = 2
  name   = "part-${count.index}"
  parent = toy_thing.base.id
  note   = "second"
}
resource "toy_thing" "other" {
  name = "other"
  note = toy_thing.loner.label
}
resource "toy_thing" "loner" {
  name = "loner"
  note = "changed"
}
output "base" {
  value = toy_thing.base.revision
}
"""
COPIES = """
provider "toy" {
  batch = %(batch)s
}
resource "toy_copy" "base" {
  name = "base-%(zone)s"
  zone = "%(zone)s"
}
resource "toy_copy" "part" {
  count  = 2
  name   = "part-${count.index}-%(zone)s"
  parent = toy_copy.base.id
  lifecycle {
    create_before_destroy = true
  }
}
resource "toy_thing" "user" {
  name = "user"
  note = toy_copy.base.id
}
"""


class Place:
    """Counts the places to die and dies at number ``at``. Half of them are in the middle of a write."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.passed = 0

    def reach(self) -> bool:
        self.passed += 1
        return self.passed == self.at

    def wrap(self, name: str) -> Callable[..., Any]:
        original: Callable[..., Any] = getattr(os, name)

        def called(*arguments: Any, **options: Any) -> Any:
            if self.reach():
                os._exit(KILLED)
            if name == "write" and self.reach():
                descriptor, data = arguments
                original(descriptor, data[: len(data) // 2])
                os._exit(KILLED)
            return original(*arguments, **options)

        return called


def killed_at(place: int, work: Callable[[], object]) -> bool:
    """Do ``work`` in a child that dies at ``place``. Returns whether it got there."""
    child = os.fork()
    if child == 0:
        try:
            counter = Place(place)
            for name in CALLS:
                setattr(os, name, counter.wrap(name))
            work()
        except BaseException:  # noqa: BLE001 - the child must not go on with the tests
            import traceback

            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in (0, KILLED), f"the run failed by itself, with {code}"
    return code == KILLED


def places() -> Iterator[int]:
    yield from range(1, 2000)
    raise AssertionError("too many places to die")


def check_whole(workspace: Workspace, things: set[str]) -> None:
    """State equals reality equals configuration."""
    state = {str(instance.values["name"]): instance.values for instance in workspace.state.instances.values()}
    assert state == workspace.objects()
    assert set(state) == things
    assert not workspace.journal.exists()
    assert actions(workspace.plan()) == {}
    assert not [path for path in workspace.directory.iterdir() if path.name.endswith(".tmp")]


@pytest.mark.parametrize("batch", ["false", "true"])
@pytest.mark.parametrize("twice", [False, True])
def test_a_first_run_killed_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batch: str, *, twice: bool
) -> None:
    for place in places():
        workspace = fresh(tmp_path, place, monkeypatch, often_saved=twice)
        workspace.write(FIRST % {"batch": batch})
        if not killed_at(place, workspace.apply):
            break
        if twice:
            killed_at(place * 7 % 40 + 1, workspace.apply)
        result = workspace.apply()
        assert result.complete, (place, result.diagnostics)
        check_whole(workspace, {"base", "part-0", "part-1", "part-2", "loner"})
        shutil.rmtree(workspace.directory)
    assert place > 25


@pytest.mark.parametrize("batch", ["false", "true"])
@pytest.mark.parametrize("twice", [False, True])
def test_a_run_of_updates_replacements_and_deletes_killed_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batch: str, *, twice: bool
) -> None:
    for place in places():
        workspace = fresh(tmp_path, place, monkeypatch, often_saved=twice)
        workspace.write(FIRST % {"batch": batch})
        workspace.apply()
        workspace.write(SECOND % {"batch": batch})
        if not killed_at(place, workspace.apply):
            break
        if twice:
            killed_at(place * 7 % 40 + 1, workspace.apply)
        result = workspace.apply()
        assert result.complete, (place, result.diagnostics)
        check_whole(workspace, {"base", "part-0", "part-1", "other", "loner"})
        assert workspace.state.outputs["base"].value == 1
        shutil.rmtree(workspace.directory)
    assert place > 25


@pytest.mark.parametrize("batch", ["false", "true"])
@pytest.mark.parametrize("twice", [False, True])
def test_a_run_that_creates_first_killed_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batch: str, *, twice: bool
) -> None:
    for place in places():
        workspace = fresh(tmp_path, place, monkeypatch, often_saved=twice)
        workspace.write(COPIES % {"batch": batch, "zone": 1})
        workspace.apply()
        workspace.write(COPIES % {"batch": batch, "zone": 2})
        if not killed_at(place, workspace.apply):
            break
        if twice:
            killed_at(place * 7 % 40 + 1, workspace.apply)
        result = workspace.apply()
        assert result.complete, (place, result.diagnostics)
        check_whole(workspace, {"base-2", "part-0-2", "part-1-2", "user"})
        shutil.rmtree(workspace.directory)
    assert place > 25


def test_a_rollback_killed_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for place in places():
        workspace = fresh(tmp_path, place, monkeypatch, often_saved=True)
        workspace.write(FIRST % {"batch": "false"})
        workspace.apply()
        before = workspace.objects()
        workspace.write(SECOND % {"batch": "false"})
        workspace.fault("toy_thing.part[1]", "after", "create", always=True)
        killed = killed_at(place, lambda workspace=workspace: workspace.apply(rollback=True))  # type: ignore[misc]
        workspace.change_world(faults=[])
        if not killed:
            assert {name: one["id"] for name, one in workspace.objects().items()} == {
                name: one["id"] for name, one in before.items()
            }
            break
        result = workspace.apply()
        assert result.complete, (place, result.diagnostics)
        state = {str(one.values["name"]): one.values for one in workspace.state.instances.values()}
        assert state == workspace.objects(), place
        assert not workspace.journal.exists()
        assert actions(workspace.plan()) == {}
        workspace.write(FIRST % {"batch": "false"})
        assert workspace.apply().complete, "and back again"
        shutil.rmtree(workspace.directory)
    assert place > 60


@pytest.mark.parametrize("batch", ["false", "true"])
def test_a_killed_run_is_taken_in_by_a_destroy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batch: str) -> None:
    for place in places():
        workspace = fresh(tmp_path, place, monkeypatch)
        workspace.write(FIRST % {"batch": batch})
        if not killed_at(place, workspace.apply):
            break
        result = workspace.apply(destroy=True)
        assert result.complete, (place, result.diagnostics)
        assert workspace.objects() == {}
        assert not workspace.state.instances
        shutil.rmtree(workspace.directory)
    assert place > 25


def fresh(tmp_path: Path, place: int, monkeypatch: pytest.MonkeyPatch, *, often_saved: bool = False) -> Workspace:
    """``often_saved``: the state is saved after every step, and not only at the end of a run that takes no time."""
    if often_saved:
        monkeypatch.setattr(saving, "SAVE_SECONDS", 0.0)
        monkeypatch.setattr(saving, "SHARE", 0)
    directory = tmp_path / str(place)
    directory.mkdir()
    monkeypatch.chdir(directory)
    return Workspace(directory)
