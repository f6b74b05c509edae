"""Applying on the toy world: what fails stops what depends on it and nothing else, and state says what is there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kvmplan.apply.events import Event, OperationDone, OperationFailed, StepStarted
from kvmplan.apply.journal import Journal, head
from kvmplan.apply.stopping import Stop
from kvmplan.state.taint import tainted
from kvmplan_sdk import Diagnostic

from ..workspace import PlanningError, Workspace, actions, address

THREE = """
resource "toy_thing" "a" {
  name = "a"
}
resource "toy_thing" "b" {
  name   = "b"
  parent = toy_thing.a.id
}
resource "toy_thing" "c" {
  name = "c"
}
"""


def told(diagnostics: tuple[Diagnostic, ...]) -> list[tuple[str | None, str]]:
    return [(diagnostic.address, diagnostic.summary) for diagnostic in diagnostics]


def test_everything_is_made_then_nothing_is_left_to_do(workspace: Workspace) -> None:
    workspace.write(THREE)
    result = workspace.apply()
    assert result.complete
    assert result.counts() == (3, 0, 0)
    assert workspace.objects()["b"]["parent"] == workspace.objects()["a"]["id"]
    assert workspace.plan().is_empty
    assert not workspace.journal.exists()


def test_destroy_deletes_dependents_first(workspace: Workspace) -> None:
    workspace.write(THREE)
    workspace.apply()
    assert workspace.apply(destroy=True).counts() == (0, 0, 3)
    deletes = workspace.log()[3:]
    assert deletes.index("delete toy_thing.b") < deletes.index("delete toy_thing.a")
    assert workspace.objects() == {}
    assert workspace.state.instances == {}


@pytest.mark.parametrize("when", ["before", "raise", "silent"])
def test_what_depends_on_a_failure_is_not_tried_and_the_rest_is_done(workspace: Workspace, when: str) -> None:
    workspace.write(THREE)
    workspace.fault("toy_thing.a", when)
    result = workspace.apply()
    assert [str(key[0]) for key in result.failed] == ["toy_thing.a"]
    assert "toy_thing.b" in [str(key[0]) for key in result.skipped]
    assert len(result.diagnostics) == 1
    if when != "raise":  # a provider that raises is not asked again for what it did not come to
        assert set(workspace.objects()) == {"c"}
        assert [str(key[0]) for key in result.done] == ["toy_thing.c"]
    assert set(workspace.state.instances) == {address(f"toy_thing.{name}") for name in workspace.objects()}
    assert workspace.apply().complete
    assert set(workspace.objects()) == {"a", "b", "c"}


def test_of_a_batch_nothing_is_done_when_one_spoils_it(workspace: Workspace) -> None:
    workspace.write('provider "toy" {\n  batch = true\n}\n' + THREE)
    workspace.fault("toy_thing.c", "before")
    result = workspace.apply()
    assert not result.done
    assert workspace.objects() == {}
    assert workspace.apply().complete


def test_what_was_done_and_yet_reported_as_failed_is_in_the_state(workspace: Workspace) -> None:
    workspace.write(THREE)
    workspace.fault("toy_thing.a", "after")
    result = workspace.apply()
    assert [str(key[0]) for key in result.failed] == ["toy_thing.a"]
    assert workspace.state.instances[address("toy_thing.a")].values["id"] == workspace.objects()["a"]["id"]
    assert workspace.apply().complete
    assert len(workspace.objects()) == 3


def test_verification_names_the_attribute_planned_and_found(workspace: Workspace) -> None:
    workspace.write(THREE)
    workspace.fault("toy_thing.c", "lie")
    result = workspace.apply()
    (problem,) = result.diagnostics
    assert (problem.address, problem.summary, problem.path) == ("toy_thing.c", "Not as planned", ("size",))
    assert problem.detail == "size was planned as 1, but the host has 4711."
    assert problem.source is not None and problem.source.start.line == 9
    assert workspace.state.instances[address("toy_thing.c")].values["size"] == 4711
    assert actions(workspace.plan()) == {"toy_thing.c": "replace"}


def test_a_sensitive_value_that_is_not_as_planned_stays_hidden(workspace: Workspace) -> None:
    workspace.write(
        'variable "n" {\n  sensitive = true\n  default = 7\n}\n'
        'resource "toy_thing" "c" {\n  name = "c"\n  size = var.n\n}\n'
    )
    workspace.fault("toy_thing.c", "lie")
    (problem,) = workspace.apply().diagnostics
    assert "7" not in problem.detail.replace("4711", "")
    assert "4711" not in problem.detail


def test_an_outcome_nobody_asked_for_is_the_providers_fault(workspace: Workspace) -> None:
    workspace.write(THREE)
    workspace.fault("toy_thing.c", "stray")
    result = workspace.apply()
    assert told(result.diagnostics) == [("toy_thing.c", "Provider toy failed")]
    assert "toy_thing.nobody" in result.diagnostics[0].detail
    assert set(workspace.state.instances) >= {address("toy_thing.c")}, "it was made, so state has it"
    assert workspace.apply().complete


def test_a_delete_that_fails_keeps_the_instance_with_what_it_depends_on(workspace: Workspace) -> None:
    workspace.write(THREE)
    workspace.apply()
    before = workspace.state.instances[address("toy_thing.b")]
    workspace.fault("toy_thing.b", "before", "delete")
    result = workspace.apply(destroy=True)
    assert [str(key[0]) for key in result.failed] == ["toy_thing.b"]
    assert [str(key[0]) for key in result.skipped] == ["toy_thing.a"]
    assert workspace.state.instances[address("toy_thing.b")] == before
    assert workspace.apply(destroy=True).complete
    assert workspace.objects() == {}


def test_a_replacement_that_fails_between_delete_and_create_is_completed(workspace: Workspace) -> None:
    workspace.write(THREE)
    workspace.apply()
    workspace.write(THREE.replace('name = "c"', 'name = "c"\n  zone = "x"'))
    workspace.fault("toy_thing.c", "before", "create")
    result = workspace.apply()
    assert [(str(key[0]), key[1].value) for key in result.failed] == [("toy_thing.c", "create")]
    assert set(workspace.state.instances) == {address("toy_thing.a"), address("toy_thing.b")}
    assert actions(workspace.plan()) == {"toy_thing.c": "create"}
    assert workspace.apply().complete
    assert workspace.objects()["c"]["zone"] == "x"


def test_the_state_follows_what_the_configuration_says_of_what_stays(workspace: Workspace) -> None:
    workspace.write('resource "toy_thing" "a" {\n  name = "a"\n}\nresource "toy_thing" "b" {\n  name = "b"\n}\n')
    workspace.apply()
    workspace.write(
        'resource "toy_thing" "a" {\n  name = "a"\n  lifecycle {\n    prevent_destroy = true\n  }\n}\n'
        'resource "toy_thing" "b" {\n  name = "b"\n  depends_on = [toy_thing.a]\n}\n'
    )
    assert workspace.apply().counts() == (0, 0, 0)
    assert workspace.state.instances[address("toy_thing.b")].dependencies == (address("toy_thing.a"),)
    workspace.write("locals {}\n")
    with pytest.raises(PlanningError) as refused:
        workspace.plan()
    assert refused.value.summaries == ["Instance cannot be destroyed"]


def test_values_known_only_after_others_were_made(workspace: Workspace) -> None:
    workspace.write(
        """
locals {
  ids = [for thing in toy_thing.many : thing.id]
}
resource "toy_thing" "many" {
  for_each = { a = 1, b = 2, c = 3 }
  name     = each.key
}
resource "toy_thing" "all" {
  name = "all"
  note = join(",", local.ids)
}
resource "toy_thing" "each" {
  for_each = toset(["a", "b", "c"])
  name     = "of-${each.key}"
  parent   = toy_thing.many[each.key].id
}
output "ids" {
  value = local.ids
}
output "name" {
  value = toy_thing.all.name
}
"""
    )
    plan = workspace.plan()
    assert {str(a) for a, change in plan.changes.items() if change.waits} == {
        "toy_thing.all",
        'toy_thing.each["a"]',
        'toy_thing.each["b"]',
        'toy_thing.each["c"]',
    }
    assert [len(step.operations) for step in plan.steps] == [3, 4]
    result = workspace.apply()
    assert result.complete
    ids = [workspace.objects()[name]["id"] for name in "abc"]
    assert workspace.objects()["all"]["note"] == ",".join(ids)
    assert workspace.objects()["of-b"]["parent"] == ids[1]
    assert {name: output.value for name, output in result.outputs.items()} == {"ids": ids, "name": "all"}
    assert workspace.plan().is_empty


def test_what_is_known_now_and_cannot_be_is_an_error_of_the_one_that_waited(workspace: Workspace) -> None:
    workspace.write(
        'resource "toy_thing" "a" {\n  name = "a"\n}\n'
        'resource "toy_thing" "b" {\n  name = "B${toy_thing.a.id}"\n}\n'
        'resource "toy_thing" "c" {\n  name = "c"\n}\n'
    )
    result = workspace.apply()
    assert told(result.diagnostics) == [("toy_thing.b", 'Invalid value of "name"')]
    assert set(workspace.objects()) == {"a", "c"}


def test_an_interrupt_finishes_what_is_in_flight_and_begins_nothing(workspace: Workspace) -> None:
    workspace.write(THREE)
    stop = Stop()

    def listener(event: Event) -> None:
        if isinstance(event, OperationDone):
            stop.set()

    result = workspace.apply(listener=listener, stop=stop)
    assert result.interrupted
    assert [str(key[0]) for key in result.skipped] == ["toy_thing.b"]
    assert set(workspace.objects()) == {"a", "c"}
    assert not workspace.journal.exists()
    assert workspace.apply().counts() == (1, 0, 0)


def test_a_provider_that_waits_is_told_of_a_wish_to_stop(workspace: Workspace) -> None:
    workspace.write(THREE)
    workspace.fault("toy_thing.a", "waits")
    stop = Stop()

    def listener(event: Event) -> None:
        if isinstance(event, StepStarted):
            stop.set()

    result = workspace.apply(stop=stop, listener=listener)
    assert result.interrupted
    assert "a" in workspace.objects()


def test_the_order_of_events(workspace: Workspace) -> None:
    workspace.write(THREE)
    workspace.fault("toy_thing.b", "before")
    events: list[str] = []

    def listener(event: Event) -> None:
        match event:
            case StepStarted(step, operations):
                events.append(f"step {step.number}: {', '.join(str(a) for a, _ in operations)}")
            case OperationDone(address=done, verb=verb):
                events.append(f"{verb.value} {done}")
            case OperationFailed(address=failed, verb=verb):
                events.append(f"{verb.value} {failed} failed")

    workspace.apply(listener=listener)
    assert events == [
        "step 1: toy_thing.a, toy_thing.c",
        "create toy_thing.a",
        "create toy_thing.c",
        "step 2: toy_thing.b",
        "create toy_thing.b failed",
    ]


def test_a_journal_of_another_state_stops_everything(workspace: Workspace) -> None:
    workspace.write(THREE)
    workspace.apply()
    plan = workspace.plan(destroy=True)
    journal = Journal(workspace.journal, head("another-lineage", {}, ""))
    journal.intent({key: plan.changes[key[0]] for step in plan.steps for key in step.operations})
    journal.commit()
    with pytest.raises(PlanningError) as refused:
        workspace.apply(destroy=True)
    assert refused.value.summaries == ["Journal of another state"]
    assert len(workspace.objects()) == 3
    assert workspace.journal.exists()


def test_a_journal_that_others_overtook_loses_nothing_and_brings_nothing_back(workspace: Workspace) -> None:
    """A run is killed; somebody without its journal goes on; then the machine with the journal is back."""
    workspace.write(THREE)
    plan = workspace.plan()
    workspace.apply()
    journal = Journal(workspace.journal, head(workspace.state.lineage, {}, ""))
    operations = {key: plan.changes[key[0]] for step in plan.steps for key in step.operations}
    journal.intent(operations)
    journal.outcome([(key, workspace.state.instances[key[0]]) for key in operations])
    workspace.write(THREE.replace('name = "c"', 'name = "c"\n  size = 7'))
    workspace.apply()
    workspace.write(THREE.partition('resource "toy_thing" "c"')[0])
    workspace.apply()
    journal.commit()
    assert workspace.plan().is_empty
    assert workspace.apply().complete
    assert set(workspace.objects()) == {"a", "b"}
    assert {str(one) for one in workspace.state.instances} == {"toy_thing.a", "toy_thing.b"}


def test_a_resource_that_moves_to_another_host_leaves_nothing_behind(workspace: Workspace) -> None:
    text = """
host "a" {
  address = "local"
}
host "b" {
  address = "local"
}
resource "toy_thing" "x" {
  host = host.%s
  name = "x"
}
"""
    workspace.write(text % "a")
    workspace.apply()
    workspace.write(text % "b")
    plan = workspace.plan()
    assert actions(plan) == {"toy_thing.x": "replace"}
    assert [str(step.lane) for step in plan.steps] == ["a / toy", "b / toy"]
    assert workspace.apply().complete
    assert workspace.objects("a") == {}
    assert set(workspace.objects("b")) == {"x"}
    assert workspace.plan().is_empty


def test_a_state_that_cannot_be_written_leaves_the_journal_and_the_next_run_takes_it_in(workspace: Workspace) -> None:
    workspace.write(THREE)

    def listener(event: Event) -> None:
        if isinstance(event, StepStarted) and not workspace.state_path.exists():
            workspace.state_path.mkdir()  # nothing can be renamed onto a directory

    result = workspace.apply(listener=listener)
    assert result.unsaved
    assert not result.complete
    assert told(result.diagnostics) == [(None, "State was changed by somebody else")]
    made = workspace.objects()
    assert set(made) == {"a", "b", "c"}, "what cannot be saved yet is no reason to leave the rest undone"
    workspace.state_path.rmdir()
    assert actions(workspace.plan()) == {}
    assert workspace.apply().complete
    assert {one.values["name"] for one in workspace.state.instances.values()} == set(made)
    assert not workspace.journal.exists()


def test_a_journal_that_cannot_be_written_ends_what_is_begun_and_nothing_is_lost(workspace: Workspace) -> None:
    workspace.write(THREE)

    def listener(event: Event) -> None:
        if isinstance(event, StepStarted):
            fill_the_disk(workspace.journal)

    result = workspace.apply(listener=listener)
    (problem,) = result.diagnostics
    assert problem.summary == f"Cannot write {workspace.journal}"
    assert "Nothing more was begun" in problem.detail
    assert [str(key[0]) for key in result.skipped] == ["toy_thing.b"]
    assert {one.values["name"] for one in workspace.state.instances.values()} == {"a", "c"} == set(workspace.objects())
    assert workspace.apply().counts() == (1, 0, 0)


def test_a_journal_that_cannot_be_written_leaves_what_was_to_be_replaced_where_it_is(workspace: Workspace) -> None:
    text = """
resource "toy_thing" "first" {
  name = "first"
  note = "%s"
}
resource "toy_copy" "then" {
  name = "then-${toy_thing.first.revision}"
  zone = "zone-${toy_thing.first.revision}"
  lifecycle {
    create_before_destroy = true
  }
}
"""
    workspace.write(text % "before")
    workspace.apply()
    workspace.write(text % "after")

    def listener(event: Event) -> None:
        if isinstance(event, StepStarted):
            fill_the_disk(workspace.journal)

    result = workspace.apply(listener=listener)
    assert {str(key[0].current) for key in result.skipped} == {"toy_copy.then"}
    assert set(map(str, workspace.state.instances)) == {"toy_thing.first", "toy_copy.then"}


class KilledError(Exception):
    pass


def killed_before_anything_is_done(workspace: Workspace) -> None:
    def listener(event: Event) -> None:
        if isinstance(event, StepStarted):
            raise KilledError

    with pytest.raises(KilledError):
        workspace.apply(listener=listener)
    assert workspace.journal.exists()


def test_what_is_tainted_stays_so_when_its_replacement_is_killed(workspace: Workspace) -> None:
    workspace.write(THREE)
    workspace.apply()
    workspace.store.save(tainted(workspace.state, "toy_thing.c"))
    killed_before_anything_is_done(workspace)
    assert actions(workspace.plan()) == {"toy_thing.c": "replace"}


def test_what_a_replacement_that_was_killed_was_to_let_go_of_still_goes_after_it(workspace: Workspace) -> None:
    workspace.write(THREE)
    workspace.apply()
    workspace.write('resource "toy_thing" "b" {\n  name = "b"\n}\n')
    killed_before_anything_is_done(workspace)
    assert workspace.apply().complete
    assert set(workspace.objects()) == {"b"}


COPY = """
resource "toy_copy" "a" {
  name = "a-%s"
  zone = "%s"
  lifecycle {
    create_before_destroy = %s
  }
}
"""


@pytest.mark.parametrize("rollback", [False, True])
@pytest.mark.parametrize("first", ["true", "false"])
def test_a_successor_that_could_not_be_read_and_what_it_replaces_are_both_accounted_for(
    workspace: Workspace, first: str, *, rollback: bool
) -> None:
    workspace.write(COPY % (1, 1, first))
    workspace.apply()
    workspace.write(COPY % (2, 2, first))
    workspace.fault("toy_copy.a", "unread", "create")
    result = workspace.apply(rollback=rollback)
    assert result.failed
    if rollback:
        assert set(workspace.objects()) == {"a-1"}
        assert actions(workspace.plan())["toy_copy.a"]
    else:
        assert "a-2" in workspace.objects()
    assert workspace.apply().complete
    assert set(workspace.objects()) == {"a-2"}
    assert [one.values["name"] for one in workspace.state.instances.values()] == ["a-2"]
    assert not workspace.journal.exists()


def test_what_was_done_and_not_read_back_is_told_as_done(workspace: Workspace) -> None:
    workspace.write('resource "toy_thing" "t" {\n  for_each = toset(["a", "b"])\n  name = each.key\n}\n')
    workspace.fault('toy_thing.t["b"]', "unread", "create")
    result = workspace.apply()
    told = {(one.address, one.summary) for one in result.diagnostics}
    assert ('toy_thing.t["a"]', "Done, but not read back: No answer") in told
    assert ('toy_thing.t["b"]', "No answer") in told
    assert [str(one) for one in workspace.state.instances] == ['toy_thing.t["a"]']


def fill_the_disk(path: Path) -> None:
    """Let every further write to ``path``, which is open, fail as on a full disk."""
    full = os.open("/dev/full", os.O_WRONLY)
    for link in Path("/proc/self/fd").iterdir():
        if link.exists() and link.resolve() == path:
            os.dup2(full, int(link.name))
    os.close(full)
