"""Planning on the toy world: actions and their reasons, drift, what is ignored, what is hidden, and what goes wrong."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import replace

import pytest

from kvmplan.plan.model import Action
from kvmplan_sdk import UNKNOWN, Planned, Proposal, Session
from kvmplan_sdk.values import differences

from ..workspace import PlanningError, Workspace, actions, address

A = address("toy_thing.a")


def thing(name: str, *lines: str) -> str:
    return f'resource "toy_thing" "{name}" {{\n  name = "{name}"\n' + "".join(f"  {line}\n" for line in lines) + "}\n"


def test_actions_and_reasons(workspace: Workspace) -> None:
    workspace.write(
        thing("a")
        + thing("b", "zone = 1")
        + thing("c", "size = 3")
        + thing("gone")
        + 'resource "toy_thing" "n" {\n  count = 2\n  name = "n${count.index}"\n}\n'
        + 'resource "toy_thing" "e" {\n  for_each = toset(["x", "y"])\n  name = "e${each.key}"\n}\n'
        + thing("turns")
    )
    workspace.apply()
    workspace.write(
        thing("a", 'note = "x"')
        + thing("b", "zone = 2")
        + thing("c", "size = 2")
        + 'resource "toy_thing" "n" {\n  count = 1\n  name = "n${count.index}"\n}\n'
        + 'resource "toy_thing" "e" {\n  for_each = toset(["y"])\n  name = "e${each.key}"\n}\n'
        + 'resource "toy_thing" "turns" {\n  for_each = toset(["k"])\n  name = "turned"\n}\n'
    )
    plan = workspace.plan()
    assert actions(plan) == {
        "toy_thing.a": "update",
        "toy_thing.b": "replace",
        "toy_thing.c": "replace",
        'toy_thing.e["x"]': "delete",
        "toy_thing.gone": "delete",
        "toy_thing.n[1]": "delete",
        "toy_thing.turns": "delete",
        'toy_thing.turns["k"]': "create",
    }
    reasons = {str(at): change.reason for at, change in plan.changes.items() if change.reason}
    assert reasons == {
        "toy_thing.b": "replace_because_cannot_update",
        "toy_thing.c": "replace_because_cannot_update",
        'toy_thing.e["x"]': "delete_because_each_key",
        "toy_thing.gone": "delete_because_no_resource_config",
        "toy_thing.n[1]": "delete_because_count_index",
        "toy_thing.turns": "delete_because_wrong_repetition",
    }
    assert plan.changes[address("toy_thing.b")].replace_paths == (("zone",),)
    assert plan.changes[address("toy_thing.c")].replace_paths == (("size",),)


def test_drift_is_told_apart_and_repaired(workspace: Workspace) -> None:
    workspace.write(thing("a") + thing("b"))
    workspace.apply()
    world = workspace.world()
    by_name = {one["values"]["name"]: id_ for id_, one in world["hosts"]["local"].items()}
    del world["hosts"]["local"][by_name["b"]]
    world["hosts"]["local"][by_name["a"]]["values"]["size"] = 9
    workspace.change_world(hosts=world["hosts"])
    plan = workspace.plan()
    assert [(str(one.address), one.after is None) for one in plan.drift] == [
        ("toy_thing.a", False),
        ("toy_thing.b", True),
    ]
    assert actions(plan) == {"toy_thing.a": "replace", "toy_thing.b": "create"}
    workspace.apply()
    assert workspace.objects()["a"]["size"] == 1
    assert not workspace.plan().drift


def test_what_is_there_but_not_ours_is_neither_touched_nor_taken(workspace: Workspace) -> None:
    workspace.write(thing("a"))
    workspace.apply()
    world = workspace.world()
    for one in world["hosts"]["local"].values():
        one["tag"] = "somebody else"
    workspace.change_world(hosts=world["hosts"])
    with pytest.raises(PlanningError) as refused:
        workspace.plan()
    assert refused.value.summaries == ["Name taken"]
    assert workspace.apply(destroy=True).counts() == (0, 0, 0)
    assert set(workspace.objects()) == {"a"}


@pytest.mark.parametrize(
    ("ignored", "action"),
    [
        ("[note]", Action.NO_OP),
        ("all", Action.NO_OP),
        ("[tags]", Action.UPDATE),
        ("[note, tags]", Action.NO_OP),
    ],
)
def test_ignore_changes(workspace: Workspace, ignored: str, action: Action) -> None:
    workspace.write(thing("a", 'note = "one"'))
    workspace.apply()
    workspace.write(thing("a", 'note = "two"', "lifecycle {", f"  ignore_changes = {ignored}", "}"))
    assert workspace.plan().changes[A].action is action


@pytest.mark.parametrize(
    ("ignored", "differing"),
    [
        ("port[0].open", {("port", 1, "number"), ("labels", "k")}),
        ("port[1]", {("port", 0, "open"), ("labels", "k")}),
        ("port", {("labels", "k")}),
        ('labels["k"]', {("port", 0, "open"), ("port", 1, "number")}),
        ("labels.k", {("port", 0, "open"), ("port", 1, "number")}),
        ("port[7].open", {("port", 0, "open"), ("port", 1, "number"), ("labels", "k")}),
    ],
)
def test_ignore_changes_of_a_part(workspace: Workspace, ignored: str, differing: set[tuple[object, ...]]) -> None:
    text = (
        'labels = {{ k = "{k}", other = "o" }}',
        "port {{\n number = 80\n open = {o}\n}}",
        "port {{\n number = {n}\n}}",
    )
    workspace.write(thing("a", *(line.format(k="1", o="true", n=1) for line in text)))
    workspace.apply()
    lifecycle = f"lifecycle {{\n    ignore_changes = [{ignored}]\n  }}"
    workspace.write(thing("a", *(line.format(k="2", o="false", n=2) for line in text), lifecycle))
    change = workspace.plan().changes[A]
    assert change.before is not None and change.after is not None
    assert set(differences(change.before, change.after)) - {("revision",)} == differing


def test_sensitive_by_mark_by_schema_in_blocks_and_before(workspace: Workspace) -> None:
    text = 'variable "s" {\n  default = "hush"\n  sensitive = %s\n}\n' + thing(
        "a", "note = var.s", 'secret = "x"', 'port {\n number = 1\n key = "k"\n}', "rule {\n action = var.s\n}"
    )
    workspace.write(text % "true")
    plan = workspace.plan()
    assert set(plan.changes[A].sensitive) == {("note",), ("secret",), ("port", 0, "key"), ("rule",)}
    workspace.apply()
    workspace.write(text % "false")
    change = workspace.plan().changes[A]
    assert set(change.before_sensitive) == {("note",), ("secret",), ("port", 0, "key"), ("rule",)}
    assert set(change.sensitive) == {("secret",), ("port", 0, "key")}


def test_what_others_wait_for_is_unknown_and_what_is_derived_is_not(workspace: Workspace) -> None:
    workspace.write(thing("a") + thing("b", "parent = toy_thing.a.id", "note = toy_thing.a.label"))
    after = workspace.plan().changes[address("toy_thing.b")].after
    assert after is not None
    assert (after["parent"], after["note"]) == (UNKNOWN, "label of a")


def test_prevent_destroy_of_a_replacement_and_a_removal(workspace: Workspace) -> None:
    guard = "lifecycle {\n    prevent_destroy = true\n  }"
    workspace.write(thing("a", "size = 5", guard))
    workspace.apply()
    for text, why in [(thing("a", "size = 4", guard), "size cannot be changed"), (thing("b"), "its block is gone")]:
        workspace.write(text)
        with pytest.raises(PlanningError) as refused:
            workspace.plan()
        assert refused.value.summaries == ["Instance cannot be destroyed"]
        assert why in refused.value.diagnostics[0].detail
    with pytest.raises(PlanningError):
        workspace.write(thing("a", "size = 5", guard))
        workspace.plan(destroy=True)


def test_a_wrong_for_each_deletes_nothing(workspace: Workspace) -> None:
    workspace.write(
        'resource "toy_thing" "e" {\n  for_each = toset(["x", "y"])\n  name = each.key\n}\n' + thing("gone")
    )
    workspace.apply()
    workspace.write('resource "toy_thing" "e" {\n  for_each = ["x"]\n  name = each.key\n}\n')
    with pytest.raises(PlanningError) as refused:
        workspace.apply()
    assert refused.value.summaries == ["Invalid for_each"]
    assert set(workspace.objects()) == {"x", "y", "gone"}


def test_a_host_that_cannot_be_read_is_told_once_and_nothing_is_planned(workspace: Workspace) -> None:
    workspace.write("".join(thing(f"r{i}") for i in range(5)))
    workspace.apply()
    workspace.world_path.write_bytes(b"unreachable")
    for destroy in (False, True):
        with pytest.raises(PlanningError) as refused:
            workspace.plan(destroy=destroy)
        assert refused.value.summaries == ["Host local cannot be reached"]


def test_the_same_problem_of_many_instances_is_told_once(workspace: Workspace) -> None:
    workspace.write('resource "toy_thing" "n" {\n  count = 50\n  name = "N!"\n}\n')
    with pytest.raises(PlanningError) as refused:
        workspace.plan()
    assert refused.value.summaries == ['Invalid value of "name"']
    assert refused.value.diagnostics[0].address == "toy_thing.n"


def test_claims_of_different_instances_that_overlap(workspace: Workspace) -> None:
    workspace.write(thing("a", 'subnet = "10.0.0.0/8"') + thing("b", 'subnet = "10.1.0.0/16"'))
    with pytest.raises(PlanningError) as refused:
        workspace.plan()
    assert refused.value.summaries == ["Overlapping subnets"]


def test_the_hosts_own_validator_is_asked_before_anybody_approves(workspace: Workspace) -> None:
    workspace.write(thing("a", 'label = "refused"'))
    with pytest.raises(PlanningError) as refused:
        workspace.plan()
    (problem,) = refused.value.diagnostics
    assert (problem.summary, problem.address) == ("The host would refuse it", "toy_thing.a")
    assert problem.source is not None and problem.source.start.line == 3


def test_deletes_see_through_data_sources(workspace: Workspace) -> None:
    """What a data source depends on, whoever uses the data source depends on too."""
    there = {"type": "toy_thing", "tag": "foreign", "values": {"name": "z", "size": 1, "id": "9"}}
    workspace.change_world(hosts={"local": {"9": there}})
    workspace.write(
        thing("a")
        + 'data "toy_thing" "d" {\n  name = "z"\n  depends_on = [toy_thing.a]\n}\n'
        + thing("b", "note = data.toy_thing.d.id")
    )
    assert A in workspace.plan().changes[address("toy_thing.b")].dependencies


def test_outputs_change_by_value_and_by_type(workspace: Workspace) -> None:
    workspace.write('output "o" {\n  value = [1]\n}\noutput "same" {\n  value = { a = 1 }\n}\n')
    workspace.apply()
    assert workspace.plan().is_empty
    workspace.write('output "o" {\n  value = [true]\n}\noutput "same" {\n  value = { a = 1 }\n}\n')
    plan = workspace.plan()
    assert {name: change.action.name for name, change in plan.outputs.items()} == {"o": "UPDATE", "same": "NO_OP"}
    workspace.write("locals {}\n")
    assert {change.action for change in workspace.plan().outputs.values()} == {Action.DELETE}
    workspace.apply()
    assert workspace.state.outputs == {}


def test_what_a_provider_says_that_its_plan_changes_is_shown(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of an object that runs otherwise than it is defined, the one was read and the other is changed."""
    workspace.write(thing("a", "size = 3"))
    workspace.apply()
    session = importlib.import_module("kvmplan_toy.provider").ToySession
    plan: Callable[[Session, Proposal], Planned] = session.plan

    def torn(self: Session, proposal: Proposal) -> Planned:
        assert proposal.prior is not None
        return replace(plan(self, proposal), prior={**proposal.prior, "size": 2})

    monkeypatch.setattr(session, "plan", torn)
    change = workspace.plan().changes[A]
    assert change.action is Action.UPDATE
    assert change.before is not None
    assert change.after is not None
    assert [(path, change.before["size"]) for path in differences(change.before, change.after)] == [(("size",), 2)]
    workspace.write(thing("a", "size = 3", "lifecycle {", "ignore_changes = [size]", "}"))
    assert workspace.plan().changes[A].action is Action.NO_OP
