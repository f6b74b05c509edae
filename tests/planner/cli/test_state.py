"""``kvmplan state``: the commands that change it, from a configuration that is applied to the plan after them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .kvmplan_command import kvmplan

BEFORE = """
resource "toy_thing" "a" {
  name = "a"
}

resource "toy_thing" "b" {
  name   = "b"
  parent = toy_thing.a.id
}
"""
AFTER = """
resource "toy_thing" "all" {
  for_each = toset(["a"])
  name     = each.key
}

resource "toy_thing" "b" {
  name   = "b"
  parent = toy_thing.all["a"].id
}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "main.kvm.hcl").write_text(BEFORE)
    assert kvmplan("apply", "-auto-approve", cwd=tmp_path).status == 0
    return tmp_path


def state(project: Path) -> dict[str, object]:
    document: dict[str, object] = json.loads((project / "kvmplan.state.json").read_text())
    return document


def test_what_is_moved_by_hand_is_not_made_anew(project: Path) -> None:
    before = state(project)
    said = kvmplan("state", "mv", "-dry-run", "toy_thing.a", 'toy_thing.all["a"]', cwd=project)
    assert said.stdout == 'Would move "toy_thing.a" to "toy_thing.all[\\"a\\"]"\n'
    assert state(project) == before
    said = kvmplan("state", "mv", "toy_thing.a", 'toy_thing.all["a"]', cwd=project)
    assert said.stdout == 'Move "toy_thing.a" to "toy_thing.all[\\"a\\"]"\nSuccessfully moved 1 object(s).\n'
    assert json.loads((project / "kvmplan.state.json.backup").read_text()) == before
    (project / "main.kvm.hcl").write_text(AFTER)
    assert " 0 to add, 1 to change, 0 to destroy" in kvmplan("plan", cwd=project).stdout
    assert kvmplan("apply", "-auto-approve", cwd=project).status == 0
    assert kvmplan("plan", "-detailed-exitcode", cwd=project).status == 0
    assert "Destroy complete! Resources: 2 destroyed." in kvmplan("destroy", "-auto-approve", cwd=project).stdout


def test_what_is_removed_stays_on_its_host(project: Path) -> None:
    world = (project / "world.json").read_text()
    said = kvmplan("state", "rm", "toy_thing.a", "toy_thing.c", cwd=project)
    assert (said.status, 'Did you mean "toy_thing.' in said.stderr) == (1, True)
    assert kvmplan("state", "rm", "-dry-run", "toy_thing.a", cwd=project).stdout == "Would remove toy_thing.a\n"
    assert kvmplan("state", "list", cwd=project).stdout == "toy_thing.a\ntoy_thing.b\n"
    said = kvmplan("state", "rm", "toy_thing.a", cwd=project)
    assert said.stdout == "Removed toy_thing.a\nSuccessfully removed 1 resource instance(s).\n"
    assert kvmplan("state", "list", cwd=project).stdout == "toy_thing.b\n"
    assert (project / "world.json").read_text() == world
    assert "Destroy complete! Resources: 1 destroyed." in kvmplan("destroy", "-auto-approve", cwd=project).stdout


def test_a_state_is_pulled_edited_and_pushed(project: Path) -> None:
    pulled = kvmplan("state", "pull", cwd=project).stdout
    document = json.loads(pulled)
    assert document == state(project)
    (project / "same.json").write_text(pulled)
    assert kvmplan("state", "push", "same.json", cwd=project).status == 0
    document["resources"] = []
    said = kvmplan("state", "push", "-", cwd=project, stdin=json.dumps(document))
    assert (said.status, "State is another one of the same serial" in said.stderr) == (1, True)
    document["serial"] += 1
    assert kvmplan("state", "push", "-", cwd=project, stdin=json.dumps(document)).status == 0
    assert kvmplan("state", "list", cwd=project).stdout == ""
    said = kvmplan("state", "push", "same.json", cwd=project)
    assert (said.status, "State is older" in said.stderr) == (1, True)
    assert kvmplan("state", "push", "-force", "same.json", cwd=project).status == 0
    assert kvmplan("state", "list", cwd=project).stdout == "toy_thing.a\ntoy_thing.b\n"
    for wrong in ("no.json", "main.kvm.hcl"):
        said = kvmplan("state", "push", "-force", wrong, cwd=project)
        assert (said.status, "Traceback" in said.stderr) == (1, False)
    assert json.loads((project / "kvmplan.state.json").read_text()) == json.loads(pulled)


def test_a_provider_is_replaced_only_by_one_that_knows_the_types(project: Path) -> None:
    before = state(project)
    said = kvmplan("state", "replace-provider", "nothing", "toy", cwd=project)
    assert (said.status, 'Nothing in the state is of the provider "nothing"' in said.stdout) == (0, True)
    said = kvmplan("state", "replace-provider", "toy", "terraform", cwd=project)
    assert (said.status, '"terraform" has no toy_thing' in said.stderr) == (1, True)
    said = kvmplan("state", "replace-provider", "toy", "toyy", cwd=project)
    assert (said.status, 'Did you mean "toy"?' in said.stderr) == (1, True)
    said = kvmplan("state", "replace-provider", "toy", "toy", cwd=project, stdin="no\n")
    assert (said.status, "Nothing was changed." in said.stdout) == (1, True)
    assert state(project) == before


def test_a_state_with_something_in_doubt_stays_as_it_is(project: Path) -> None:
    before = state(project)
    journal = [
        {"lineage": before["lineage"], "hosts": {}, "over": ""},
        {"intent": [{"address": "toy_thing.c", "verb": "create", "instance": None}]},
    ]
    (project / "kvmplan.state.json.journal").write_text("".join(f"{json.dumps(line)}\n" for line in journal))
    for command in (["mv", "toy_thing.a", "toy_thing.c"], ["rm", "toy_thing.a"], ["push", "kvmplan.state.json"]):
        said = kvmplan("state", *command, cwd=project)
        assert (said.status, "What became of toy_thing.c" in said.stderr) == (1, True), command
    assert state(project) == before
    assert kvmplan("state", "push", "-force", "kvmplan.state.json", cwd=project).status == 0


def test_what_has_lost_its_tag_is_taken_in_again_in_the_way_that_is_told(project: Path) -> None:
    """Whatever redefined it kept everything else."""
    world = project / "world.json"
    document = json.loads(world.read_text())
    (thing,) = (one for one in document["hosts"]["local"].values() if one["values"]["name"] == "b")
    thing["tag"] = ""
    world.write_text(json.dumps(document))
    told = " ".join(kvmplan("plan", cwd=project).stderr.split())
    assert "no longer ours" in told
    assert "(`kvmplan state rm toy_thing.b`); then write an `import` block" in told
    assert kvmplan("state", "rm", "toy_thing.b", cwd=project).status == 0
    (project / "import.kvm.hcl").write_text('import {\n  to = toy_thing.b\n  id = "b"\n}\n')
    assert "1 to import, 0 to add, 0 to change, 0 to destroy" in kvmplan("plan", cwd=project).stdout
