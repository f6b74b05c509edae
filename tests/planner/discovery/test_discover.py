"""What is on hosts and in no state becomes configuration whose plan changes nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from kvmplan.cli.discover import NOTHING
from kvmplan.discovery.discover import Discovery, discover
from kvmplan.plugins import Plugins
from kvmplan.preparing import prepare
from kvmplan.run import started
from kvmplan_sdk import DiagnosticError
from kvmplan_sdk.proposing import configure

from ..cli.kvmplan_command import kvmplan
from ..toy.kvmplan_toy.schema import SCHEMA
from ..workspace import Workspace, actions

HOSTS = 'host "kvm" {\n  for_each = toset(["a", "b"])\n  address  = "local"\n}\n'
ON_A = 'host.kvm["a"]'


def thing(number: int, name: str, tag: str = "", **values: Any) -> dict[str, dict[str, Any]]:
    """A thing as somebody else made it: all that the toy works out is as it would work it out."""
    shape = configure(SCHEMA.resources["toy_thing"], {"name": name, "size": 1, **values})
    worked_out = {"id": str(number), "revision": 1, "label": f"label of {name}", "link": {"mac": "52:54:00:00:00:0b"}}
    return {str(number): {"type": "toy_thing", "tag": tag or f"by hand {number}", "values": {**shape, **worked_out}}}


def world(workspace: Workspace, **hosts: Mapping[str, Any]) -> None:
    names = {"local": "local", "a": 'kvm["a"]', "b": 'kvm["b"]'}
    there = {names[host]: things for host, things in hosts.items()}
    workspace.change_world(next=100, hosts=there, log=[], faults=[])


def discovered(
    workspace: Workspace, *, host: str | None = None, provider: str | None = "toy", orphans: bool = False
) -> Discovery:
    plugins = Plugins()
    prepared = prepare(workspace.directory, workspace.given, plugins, empty=True)
    assert not prepared.failed, prepared.diagnostics
    with started(prepared, workspace.store, plugins) as run:
        return discover(run, host=host, provider=provider, orphans=orphans)


def found(workspace: Workspace, **options: Any) -> list[str]:
    """The resources that have an import."""
    lines = discovered(workspace, **options).text.splitlines()
    return [line.split()[-1] for line in lines if line.startswith("  to = ")]


def test_without_any_configuration_everything_is_written(workspace: Workspace) -> None:
    world(workspace, local={**thing(1, "a", note="Read this."), **thing(2, "b", parent="1", size=5)})
    made = discovered(workspace)
    assert made == Discovery(EVERYTHING, found=2, left_out=0)
    workspace.write(made.text)
    plan = workspace.plan()
    assert [change.imported for change in plan.changes.values() if change.only_takes_in] == ["a", "b"]


EVERYTHING = """# Read this.
import {
  to = toy_thing.a
  id = "a"
}

resource "toy_thing" "a" {
  name = "a"
  note = "Read this."
}

import {
  to = toy_thing.b
  id = "b"
}

resource "toy_thing" "b" {
  name   = "b"
  size   = 5
  parent = toy_thing.a.id
}
"""


def test_what_is_in_the_state_or_in_an_import_block_is_left_out(workspace: Workspace) -> None:
    workspace.write('resource "toy_thing" "mine" {\n  name = "mine"\n}\n')
    workspace.apply()
    mine = workspace.world()["hosts"]["local"]
    world(workspace, local={**mine, **thing(50, "part", parent="1"), **thing(51, "theirs")})
    made = discovered(workspace)
    assert made.found == 2
    assert "parent = toy_thing.mine.id" in made.text
    assert discovered(workspace) == made, "the same host, the same text"
    (workspace.directory / "found.kvm.hcl").write_text(made.text)
    assert discovered(workspace) == Discovery("", found=0, left_out=0)
    assert workspace.apply().complete
    assert actions(workspace.plan()) == {}
    assert discovered(workspace) == Discovery("", found=0, left_out=0)


def test_orphans_carry_the_tag_of_this_state_and_get_back_their_addresses(workspace: Workspace) -> None:
    block = 'resource "toy_thing" "a" {\n  for_each = toset(["x"])\n  name = each.key\n}\n'
    workspace.write(block + 'resource "toy_thing" "b" {\n  name = "y"\n}\n')
    workspace.apply()
    mine = workspace.world()["hosts"]["local"]
    workspace.store.save(workspace.state.next(instances={}, outputs={}, hosts={}))
    world(workspace, local={**mine, **thing(50, "theirs")})
    workspace.write(block)
    assert found(workspace, orphans=True) == ['toy_thing.a["x"]', "toy_thing.b"]
    made = discovered(workspace, orphans=True)
    assert made.text.count("resource ") == 1, "the block of toy_thing.a is there"
    (workspace.directory / "found.kvm.hcl").write_text(made.text)
    assert workspace.apply().complete
    assert workspace.log() == ['update toy_thing.a["x"]', "update toy_thing.b"]
    assert found(workspace) == ["toy_thing.theirs"]
    assert found(workspace, orphans=True) == []


def test_every_host_is_looked_at_and_names_begin_with_theirs(workspace: Workspace) -> None:
    world(workspace, a=thing(1, "lan"), b=thing(1, "lan"))
    workspace.write(HOSTS)
    assert found(workspace) == ["toy_thing.kvm_a_lan", "toy_thing.kvm_b_lan"]
    made = discovered(workspace, host='kvm["a"]')
    assert f"host = {ON_A}" in made.text
    (workspace.directory / "found.kvm.hcl").write_text(made.text)
    assert found(workspace) == ["toy_thing.kvm_b_lan"], "the same name on another host is another thing"
    assert workspace.apply().complete
    assert found(workspace) == ["toy_thing.kvm_b_lan"]


def test_aliases_of_a_provider_are_places_of_their_own(workspace: Workspace) -> None:
    world(workspace, local=thing(1, "a"))
    workspace.write('provider "toy" {\n  alias = "east"\n}\n')
    assert "provider = toy.east" in discovered(workspace).text


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a b", "a.b"], ["toy_thing.a_b", "toy_thing.a_b_2"]),
        (["7", "grün", "a-b"], ["toy_thing._7", "toy_thing.grün", "toy_thing.a-b"]),
        (["a", "A"], ["toy_thing.a", "toy_thing.A"]),
    ],
)
def test_names_are_those_of_objects_as_far_as_they_can_be(
    workspace: Workspace, names: list[str], expected: list[str]
) -> None:
    things: dict[str, Any] = {}
    for number, name in enumerate(names, start=1):
        things |= thing(number, name)
    world(workspace, local=things)
    assert found(workspace) == expected


def test_names_of_the_configuration_are_taken(workspace: Workspace) -> None:
    world(workspace, local=thing(1, "a"))
    workspace.write('resource "toy_thing" "a" {\n  name = "other"\n}\n')
    assert found(workspace) == ["toy_thing.a_2"]


def test_what_cannot_be_taken_in_is_remarked_upon(workspace: Workspace) -> None:
    world(workspace, local={**thing(1, "lost"), **thing(2, "a")})
    made = discovered(workspace)
    assert (made.found, made.left_out) == (1, 1)
    assert made.text.endswith("\n# Left out: toy_thing \"nothing\".\n# No such thing. There is no 'nothing'.\n")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"host": "x"}, 'No host "x": There are no host blocks, so there is only this machine, "local".'),
        ({"provider": "toys"}, 'No provider "toys": No installed plugin brings it. Did you mean "toy"?'),
        ({"provider": "netplan"}, "Provider netplan cannot discover: It has no way to say what is there."),
    ],
)
def test_what_is_not_there_is_told(workspace: Workspace, options: dict[str, str], said: str) -> None:
    with pytest.raises(DiagnosticError) as caught:
        discovered(workspace, **options)  # type: ignore[arg-type]
    assert str(caught.value).startswith(said)


def test_a_misspelt_host_is_told_with_what_is_declared(workspace: Workspace) -> None:
    workspace.write(HOSTS)
    with pytest.raises(DiagnosticError, match=r'Did you mean "kvm\["a"\]"'):
        discovered(workspace, host="kvm[a]")
    with pytest.raises(DiagnosticError, match=r'Declared are kvm\["a"\], kvm\["b"\]\.'):
        discovered(workspace, host="local")


def test_a_host_that_does_not_answer_ends_it(workspace: Workspace) -> None:
    (workspace.directory / "world.json").write_bytes(b"unreachable")
    with pytest.raises(DiagnosticError, match="Host local cannot be reached"):
        discovered(workspace)


def test_the_command_writes_a_new_file_and_only_then(tmp_path: Path) -> None:
    things = {**thing(1, "lost"), **thing(2, "a")}
    (tmp_path / "world.json").write_text(json.dumps({"next": 9, "hosts": {"local": things}}))
    options = ("discover", "--provider", "toy", "--out")
    said = kvmplan(*options, "found.txt", cwd=tmp_path)
    assert said.stdout == (
        "Wrote found.txt: 1 to import. Read it, and change it as you like. Left out: 1; its last lines say why. To "
        "plan with it, give it a name that ends in .kvm.hcl.\n"
    )
    assert (tmp_path / "found.txt").read_text() == kvmplan("discover", "--provider", "toy", cwd=tmp_path).stdout
    for name, why in (("found.txt", "found.txt exists"), ("no/x.kvm.hcl", "Cannot write no/x.kvm.hcl")):
        refused = kvmplan(*options, name, cwd=tmp_path)
        assert refused.status == 1
        assert why in refused.stderr
    (tmp_path / "world.json").unlink()
    assert kvmplan(*options, "none.kvm.hcl", cwd=tmp_path).stdout == f"{NOTHING}\n"
    assert not (tmp_path / "none.kvm.hcl").exists()
    assert kvmplan("discover", "--host", "x", cwd=tmp_path).stderr.startswith('\nError: No host "x"')
