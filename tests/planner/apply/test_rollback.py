"""Rollback: whichever operation fails, in whichever way, afterwards hosts and state are as they were before."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from kvmplan.apply.events import Event, OperationDone, RollbackEnded, RollbackStarted
from kvmplan.apply.stopping import Stop
from kvmplan.state.model import State

from ..workspace import Workspace, actions

BEFORE = """
resource "toy_thing" "base" {
  name = "base"
  size = 5
}
resource "toy_thing" "part" {
  count  = 3
  name   = "part-${count.index}"
  parent = toy_thing.base.id
}
resource "toy_thing" "loner" {
  name = "loner"
  tags = ["a", "b"]
}
resource "toy_thing" "gone" {
  name = "gone"
  note = toy_thing.loner.label
}
resource "toy_thing" "old_name" {
  name = "moved"
}
resource "toy_thing" "left" {
  name = "left"
}
resource "toy_copy" "kept" {
  name = "kept-1"
  lifecycle {
    destroy = false
  }
}
resource "toy_copy" "first" {
  name = "first-1"
  lifecycle {
    create_before_destroy = true
  }
}
resource "toy_thing" "user" {
  name = "user"
  note = toy_copy.first.id
}
output "base" {
  value = toy_thing.base.id
}
"""
AFTER = """
resource "toy_thing" "base" {
  name = "base"
  size = 4
}
resource "toy_thing" "part" {
  count  = 2
  name   = "part-${count.index}"
  parent = toy_thing.base.id
  note   = "second"
}
resource "toy_thing" "loner" {
  name = "loner"
  note = "changed"
}
resource "toy_thing" "new" {
  name = "new"
  note = toy_thing.loner.label
}
resource "toy_thing" "new_name" {
  name = "moved"
  note = "changed"
}
moved {
  from = toy_thing.old_name
  to   = toy_thing.new_name
}
removed {
  from = toy_thing.left
  lifecycle {
    destroy = false
  }
}
resource "toy_copy" "kept" {
  name = "kept-2"
  lifecycle {
    destroy = false
  }
}
resource "toy_copy" "first" {
  name = "first-2"
  lifecycle {
    create_before_destroy = true
  }
}
resource "toy_thing" "user" {
  name = "user"
  note = toy_copy.first.id
}
output "base" {
  value = toy_thing.base.id
}
"""


def without_counters(objects: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """A thing counts how often it was written, which nothing undoes."""
    return {
        name: {one: value for one, value in values.items() if one != "revision"} for name, values in objects.items()
    }


def described(state: State) -> dict[str, Any]:
    """All that a state says, but for its serial and counters."""
    return {
        "instances": {
            str(address): [
                one.dependencies,
                one.sensitive,
                one.tag,
                one.created_first,
                without_counters({"": one.values}),
            ]
            for address, one in state.instances.items()
        },
        "outputs": state.outputs,
        "hosts": state.hosts,
        "lineage": state.lineage,
    }


def operations(workspace: Workspace) -> list[tuple[str, str]]:
    plan = workspace.plan()
    return [(str(key[0].current), key[1].value) for step in plan.steps for key in step.operations]


@pytest.mark.parametrize("when", ["before", "after", "raise", "silent", "lie"])
def test_whatever_fails_everything_is_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str) -> None:
    tried = 0
    for number in range(100):
        directory = tmp_path / str(number)
        directory.mkdir()
        monkeypatch.chdir(directory)
        workspace = Workspace(directory)
        workspace.write(BEFORE)
        assert workspace.apply().complete
        host, state, log = workspace.objects(), workspace.state, workspace.log()
        workspace.write(AFTER)
        failing = operations(workspace)
        if number == len(failing):
            break
        address, verb = failing[number]
        if when == "lie" and verb != "create":
            continue  # a size that cannot be made smaller again
        workspace.fault(address, when, verb)
        result = workspace.apply(rollback=True)
        tried += 1
        place = (address, verb, [(one.address, one.summary, one.detail) for one in result.diagnostics])
        assert result.failed, place
        assert not result.complete
        assert result.undone is not None
        assert result.undone.left == (), place
        assert without_counters(workspace.objects()) == without_counters(host), place
        assert described(workspace.state) == described(state), place
        assert (workspace.state.serial > state.serial) is (workspace.log() != log)
        assert not workspace.journal.exists()
        workspace.write(BEFORE)
        assert actions(workspace.plan()) == {}, place
    assert tried >= (5 if when == "lie" else 12)


def test_what_is_undone_and_how_is_told(workspace: Workspace) -> None:
    workspace.write(BEFORE)
    workspace.apply()
    workspace.write(AFTER)
    workspace.fault("toy_thing.user", "before", "update")
    told: list[str] = []
    undoing = False

    def listener(event: Event) -> None:
        nonlocal undoing
        match event:
            case RollbackStarted():
                undoing = True
            case OperationDone(address=address, verb=verb) if undoing:
                told.append(f"{verb.value} {address}")
            case RollbackEnded(left):
                told.append(f"left {left}")

    workspace.apply(listener=listener, rollback=True)
    assert told[-1] == "left ()"
    assert told.index("delete toy_thing.new") < told.index("update toy_thing.loner")
    assert "delete toy_copy.first" in " ".join(told), "the successor goes, what it was to replace stays"
    assert not any(line.startswith("create toy_copy") for line in told)


def test_what_cannot_be_undone_without_a_new_object_is_left(workspace: Workspace) -> None:
    text = 'resource "toy_thing" "a" {\n  name = "a"\n  size = %d\n}\nresource "toy_thing" "b" {\n  name = "b"\n%s}\n'
    workspace.write(text % (1, ""))
    workspace.apply()
    workspace.write(text % (2, '  note = "x"\n'))
    workspace.fault("toy_thing.b", "before", "update")
    result = workspace.apply(rollback=True)
    assert result.undone is not None
    assert result.undone.left == ("toy_thing.a",)
    (problem,) = [one for one in result.diagnostics if one.summary == "Cannot be undone"]
    assert "size can only be what it was before on a new object" in problem.detail
    assert workspace.objects()["a"]["size"] == 2
    assert {one.values["size"] for one in workspace.state.instances.values()} == {1, 2}
    assert workspace.apply().complete, "what is left is where the next run goes on"


def test_what_changes_by_itself_is_not_in_the_way(workspace: Workspace) -> None:
    text = 'resource "toy_watched" "a" {\n  name = "a"\n%s}\nresource "toy_thing" "b" {\n  name = "b"\n%s}\n'
    workspace.write(text % ("", ""))
    workspace.apply()
    workspace.write(text % ('  note = "x"\n', "  note = toy_watched.a.id\n"))
    workspace.fault("toy_thing.b", "before", "update")
    result = workspace.apply(rollback=True)
    assert result.undone is not None
    assert result.undone.left == ()
    assert workspace.objects()["a"]["looks"] == 2


def test_a_rollback_that_fails_says_what_is_left_and_state_has_it(workspace: Workspace) -> None:
    workspace.write('resource "toy_thing" "a" {\n  name = "a"\n}\nresource "toy_thing" "b" {\n  name = "b"\n}\n')
    workspace.fault("toy_thing.b", "before", "create")
    workspace.fault("toy_thing.a", "before", "delete")
    result = workspace.apply(rollback=True)
    assert result.undone is not None
    assert result.undone.left == ("toy_thing.a",)
    assert set(workspace.objects()) == {"a"}
    assert {one.values["name"] for one in workspace.state.instances.values()} == {"a"}
    assert workspace.apply().counts() == (1, 0, 0)


def test_a_destroy_that_fails_is_undone(workspace: Workspace) -> None:
    workspace.write(BEFORE)
    workspace.apply()
    host, state = workspace.objects(), workspace.state
    workspace.fault("toy_thing.base", "before", "delete")
    result = workspace.apply(destroy=True, rollback=True)
    assert result.undone is not None
    assert result.undone.left == ()
    assert without_counters(workspace.objects()) == without_counters(host)
    assert described(workspace.state) == described(state)


def test_an_interrupt_is_no_failure(workspace: Workspace) -> None:
    workspace.write(BEFORE)
    stop = Stop()

    def listener(event: Event) -> None:
        if isinstance(event, OperationDone):
            stop.set()

    result = workspace.apply(listener=listener, stop=stop, rollback=True)
    assert result.interrupted
    assert result.undone is None
    assert workspace.objects()


def test_what_was_imported_is_as_it_was_and_in_no_state(workspace: Workspace) -> None:
    workspace.write("")
    workspace.change_world(
        hosts={"local": {"9": {"type": "toy_thing", "tag": "foreign", "values": {"name": "x", "size": 1, "id": "9"}}}}
    )
    workspace.write('resource "toy_thing" "new" {\n  name = "new"\n}\n')
    workspace.fault("toy_thing.new", "before")
    workspace.apply(rollback=True)
    assert set(workspace.objects()) == {"x"}
    assert workspace.state.instances == {}
