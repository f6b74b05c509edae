"""Drift on the command line: what plans show of it, and the state following the hosts."""

from __future__ import annotations

import json
import re
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
    run(project, "plan", "--out=p")
    drift = json.loads(run(project, "show", "--json", "p").stdout)["resource_drift"]
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


def test_drift_only_looks(project: Path) -> None:
    assert run(project, "drift").status == 0
    outside(project, "a", size=4)
    outside(project, "b", note="his")
    before = {path.name: path.read_bytes() for path in project.iterdir() if path.is_file()}
    said = run(project, "drift")
    assert said.status == 2
    assert "Host local:" in said.stdout
    assert re.search("~ size += 3 -> 4", said.stdout)
    assert said.stdout.count("has changed") == 2
    assert "Drift: 2 changed, 0 deleted." in said.stdout
    assert {path.name: path.read_bytes() for path in project.iterdir() if path.is_file()} == before


def test_drift_needs_no_lock(project: Path) -> None:
    import fcntl

    with (project / "kvmplan.state.json.lock").open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert run(project, "drift").status == 0


def test_known_drift_is_left_out(project: Path) -> None:
    outside(project, "a", size=4, revision=9)
    outside(project, "b", note="his")
    (project / "known.txt").write_text("# hers\ntoy_thing.b\ntoy_thing.a.size\n")
    said = run(project, "drift", "--ignore-file=known.txt", "--json")
    assert said.status == 2
    document = json.loads(said.stdout)
    (entry,) = document["resource_drift"]
    assert (entry["change"]["before"]["revision"], entry["change"]["after"]["revision"]) == (1, 9)
    assert entry["change"]["before"]["size"] == entry["change"]["after"]["size"] == 3
    assert document["ignored"] == ["toy_thing.b"]
    (project / "more.txt").write_text("toy_thing.a.revision\n")
    said = run(project, "drift", "--ignore-file=known.txt", "--ignore-file=more.txt")
    assert said.status == 0
    assert "No drift, 2 ignored." in said.stdout


def test_what_is_gone_is_left_out_only_as_a_whole(project: Path) -> None:
    world = json.loads((project / "world.json").read_text())
    world["hosts"]["local"].clear()
    (project / "world.json").write_text(json.dumps(world))
    (project / "known.txt").write_text("toy_thing.a.size\ntoy_thing.b\n")
    said = run(project, "drift", "--ignore-file=known.txt")
    assert said.status == 2
    assert "# toy_thing.a has been deleted" in said.stdout
    assert "Drift: 0 changed, 1 deleted, 1 ignored." in said.stdout


def test_a_rule_that_is_none_is_an_error_where_it_stands(project: Path) -> None:
    (project / "known.txt").write_text("toy_thing.a\ntoy_thing..b\n")
    said = run(project, "drift", "--ignore-file=known.txt")
    assert said.status == 1
    assert "on known.txt line 2" in said.stderr


def test_a_host_that_cannot_be_read_is_an_error_and_hides_no_other(project: Path) -> None:
    (project / "main.kvm.hcl").write_text(
        'provider "toy" {\n  alias = "other"\n  world = "other.json"\n}\n'
        + CONFIGURATION
        + 'resource "toy_thing" "c" {\n  provider = toy.other\n  name = "c"\n}\n'
    )
    assert run(project, "apply", "--auto-approve").status == 0
    outside(project, "a", size=4)
    (project / "other.json").write_text("broken")
    said = run(project, "drift")
    assert said.status == 1
    assert "Error: " in said.stderr
    assert "# toy_thing.a has changed" in said.stdout


def test_the_stream_says_what_drifted_and_what_moved(project: Path) -> None:
    outside(project, "a", size=4)
    moved = CONFIGURATION.replace('"toy_thing" "b"', '"toy_thing" "c"')
    (project / "main.kvm.hcl").write_text(moved + "moved {\n  from = toy_thing.b\n  to   = toy_thing.c\n}\n")
    lines = [json.loads(line) for line in run(project, "plan", "--refresh-only", "--json").stdout.splitlines()]
    changes = [line["change"] for line in lines if line["type"] == "resource_drift"]
    assert [(one["resource"]["addr"], one["action"]) for one in changes] == [
        ("toy_thing.a", "update"),
        ("toy_thing.c", "move"),
    ]
    assert changes[1]["previous_resource"]["addr"] == "toy_thing.b"
