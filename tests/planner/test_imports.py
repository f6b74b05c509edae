"""Imports with a provider that tags: the object is ours from the next apply on, and until then not taken for lost."""

from __future__ import annotations

import pytest

from kvmplan.plan.imports import with_imported
from kvmplan.plan.model import Plan
from kvmplan.plan.request import Request
from kvmplan.review.plan_json import plan_json
from kvmplan.review.plan_text import counts
from kvmplan.run import Run
from kvmplan_sdk.provider import UNTAGGED

from .toy.kvmplan_toy.schema import SCHEMA
from .workspace import Workspace, actions, address

THING = 'resource "toy_thing" "a" {\n  name = "a"\n  size = 3\n}\n'
IMPORT = 'import {\n  to = toy_thing.a\n  id = "a"\n}\n'
A = address("toy_thing.a")


@pytest.fixture
def foreign(workspace: Workspace) -> Workspace:
    """A thing that is there as it is configured, made by nobody we know."""
    workspace.write(THING)
    workspace.apply()
    workspace.store.save(workspace.state.next(instances={}, outputs={}, hosts={}))
    hosts = workspace.world()["hosts"]
    hosts["local"]["1"]["tag"] = "somebody"
    workspace.change_world(hosts=hosts)
    return workspace


def tag(workspace: Workspace) -> str:
    return str(workspace.world()["hosts"]["local"]["1"]["tag"])


def planned(workspace: Workspace) -> tuple[object, object, object]:
    """The changes, the drift and what was said."""
    return workspace.with_plan(lambda run, plan: (actions(plan), plan.drift, list(run.prepared.diagnostics)), Request())


def take_in(workspace: Workspace) -> None:
    """What `kvmplan import` does."""

    def save(run: Run, plan: Plan) -> None:
        workspace.store.save(with_imported(run.state, plan, [A]))

    workspace.with_plan(save, Request(importing={A: "a"}))


def test_an_import_block_tags_what_needs_no_change(foreign: Workspace) -> None:
    foreign.write(IMPORT + THING)
    plan = foreign.plan()
    assert actions(plan) == {"toy_thing.a": "update"}
    assert plan.changes[A].only_takes_in
    document = plan_json(plan, SCHEMA.resources)
    assert counts(document["resource_changes"]) == "1 to import, 0 to add, 0 to change, 0 to destroy."
    assert [one["operations"] for one in document["kvmplan_steps"]] == [
        [{"address": "toy_thing.a", "action": "import"}]
    ]
    result = foreign.apply()
    assert result.complete
    assert result.counts(plan) == (0, 0, 0)
    assert tag(foreign).endswith(":toy_thing.a")
    assert planned(foreign) == ({}, (), [])


def test_the_import_command_leaves_the_object_and_the_next_apply_tags_it(foreign: Workspace) -> None:
    take_in(foreign)
    assert foreign.state.instances[A].tag == UNTAGGED
    assert tag(foreign) == "somebody"
    assert planned(foreign) == ({"toy_thing.a": "update"}, (), [])
    assert foreign.apply().complete
    assert foreign.state.instances[A].tag == ""
    assert tag(foreign).endswith(":toy_thing.a")
    assert actions(foreign.plan()) == {}


def test_what_was_taken_in_can_move_and_go_before_it_is_tagged(foreign: Workspace) -> None:
    take_in(foreign)
    foreign.write(
        THING.replace('"toy_thing" "a"', '"toy_thing" "b"') + "moved {\n  from = toy_thing.a\n  to = toy_thing.b\n}\n"
    )
    assert actions(foreign.plan()) == {"toy_thing.b": "update"}
    foreign.write("locals {}\n")
    assert foreign.apply().complete
    assert foreign.world()["hosts"]["local"] == {}


@pytest.mark.parametrize("note", ['"changed"', "null"])
def test_a_rollback_lets_go_of_what_an_import_block_took_in(foreign: Workspace, note: str) -> None:
    foreign.write(
        IMPORT
        + THING.replace("3", f"3\n  note = {note}")
        + 'resource "toy_thing" "z" {\n  note = toy_thing.a.id\n  name = "z"\n}\n'
    )
    foreign.fault("toy_thing.z", "before")
    result = foreign.apply(rollback=True)
    assert result.undone is not None
    assert not result.undone.left
    assert foreign.state.instances == {}
    assert foreign.objects()["a"]["note"] is None
