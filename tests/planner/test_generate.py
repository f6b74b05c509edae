"""Blocks made from objects: a plan with them changes nothing, and what is in the way is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kvmplan.plan.generating import resource_text
from kvmplan.syntax.format import format_configuration
from kvmplan_sdk.proposing import configure
from kvmplan_sdk.values import Object

from .cli.kvmplan_command import kvmplan
from .toy.kvmplan_toy.schema import SCHEMA
from .workspace import Workspace, actions, address

THING = """resource "toy_thing" "a" {
  name   = "a"
  size   = 2
  note   = "$${x} %%{y}\\n\\"z\\""
  secret = null # sensitive: write it here, or refer to it
  tags = [
    "x",
    "y",
  ]
  labels = {
    "a b" = "c"
  }

  port {
    number = 1
  }

  port {
    number = 2
    open   = false
  }

  place {
    rack = "r"
  }
}
"""


def test_a_block_says_what_is_there_and_no_more() -> None:
    schema = SCHEMA.resources["toy_thing"]
    values: Object = {
        "name": "a",
        "size": 2,
        "note": '${x} %{y}\n"z"',
        "secret": "hush",
        "tags": ["x", "y"],
        "labels": {"a b": "c"},
        "port": [{"number": 1, "open": True}, {"number": 2, "open": False}],
        "place": {"rack": "r"},
    }
    made = resource_text(address("toy_thing.a"), schema, configure(schema, values))
    assert made == THING
    assert format_configuration(made, "main.kvm.hcl") == (made, [])


def test_a_plan_with_what_was_made_changes_nothing(workspace: Workspace) -> None:
    workspace.write(THING.replace("null # sensitive: write it here, or refer to it", '"hush"'))
    workspace.apply()
    schema, there = SCHEMA.resources["toy_thing"], workspace.state.instances[address("toy_thing.a")]
    made = resource_text(there.address, schema, {**there.values, "id": None, "revision": None})
    workspace.write(made.replace("null # sensitive: write it here, or refer to it", '"hush"').replace(MAC, ""))
    assert not actions(workspace.plan())


MAC = '  link {\n    mac = "52:54:00:00:00:0b"\n  }\n'


@pytest.mark.parametrize(
    ("files", "name", "said"),
    [
        ({"gen.kvm.hcl": ""}, "gen.kvm.hcl", "gen.kvm.hcl exists"),
        ({}, "gen.tf", "No file of the configuration"),
        ({}, "other/gen.kvm.hcl", "No file of the configuration"),
        (
            {"more.kvm.hcl": 'import {\n  to = terraform_data.e["x"]\n  id = "x"\n}\n'},
            "gen.kvm.hcl",
            "Nothing made for",
        ),
        ({"more.kvm.hcl": 'import {\n  to = toy_nothing.e\n  id = "x"\n}\n'}, "gen.kvm.hcl", "Unknown resource type"),
        (
            {"more.kvm.hcl": 'provider "toy" {\n  batch = true\n}\nimport {\n  to = toy_thing.e\n  id = "x"\n}\n'},
            "gen.kvm.hcl",
            "Provider toy cannot import",
        ),
    ],
)
def test_what_is_in_the_way(files: dict[str, str], name: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "main.kvm.hcl").write_text('import {\n  to = terraform_data.a\n  id = "one"\n}\n')
    for file, text in files.items():
        (tmp_path / file).write_text(text)
    before = sorted(tmp_path.rglob("*.kvm.hcl"))
    refused = kvmplan("plan", f"--generate-config-out={name}", cwd=tmp_path)
    assert refused.status == 1
    assert said in refused.stderr
    assert sorted(tmp_path.rglob("*.kvm.hcl")) == before


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("terraform_data.c", "Import without a configuration"),
        ("terraform_data.b[5]", "Import without a configuration"),
        ("data.toy_thing.x", "Invalid import"),
        ("terraform_data", "Invalid import"),
        ("toy_thing.a", "Provider toy cannot import"),
    ],
)
def test_import_is_refused(typed: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "main.kvm.hcl").write_text(
        'resource "terraform_data" "b" {\n  count = 1\n}\nresource "toy_thing" "a" {\n  name = "a"\n}\n'
        'provider "toy" {\n  batch = true\n}\n'
    )
    refused = kvmplan("import", typed, "one", cwd=tmp_path)
    assert refused.status == 1
    assert said in refused.stderr
    assert kvmplan("state", "list", cwd=tmp_path).stdout == ""


def test_import_takes_one_instance_and_what_the_configuration_says_of_it(tmp_path: Path) -> None:
    (tmp_path / "main.kvm.hcl").write_text(
        'resource "terraform_data" "a" {\n  input = 1\n}\n'
        'resource "terraform_data" "b" {\n  count = 2\n  input = terraform_data.a.id\n'
        "  lifecycle {\n    prevent_destroy = true\n  }\n}\n"
    )
    assert kvmplan("import", "terraform_data.b[1]", "one", cwd=tmp_path).status == 0
    assert kvmplan("state", "list", cwd=tmp_path).stdout == "terraform_data.b[1]\n"
    (tmp_path / "main.kvm.hcl").write_text("locals {}\n")
    assert "Instance cannot be destroyed" in kvmplan("plan", cwd=tmp_path).stderr


def test_what_is_made_refers_to_what_else_is_made(tmp_path: Path) -> None:
    things = {
        number: {"type": "toy_thing", "tag": f"by hand {number}", "values": _thing(name, number, parent)}
        for number, name, parent in (("1", "a", None), ("2", "b", "1"))
    }
    (tmp_path / "world.json").write_text(json.dumps({"next": 9, "hosts": {"local": things}}))
    imports = "".join(f'import {{\n  to = toy_thing.{name}\n  id = "{name}"\n}}\n' for name in "ab")
    (tmp_path / "main.kvm.hcl").write_text(imports)
    said = kvmplan("plan", "--generate-config-out=gen.kvm.hcl", cwd=tmp_path)
    assert "Plan: 2 to import, 0 to add, 0 to change, 0 to destroy." in said.stdout
    assert "  parent = toy_thing.a.id\n" in (tmp_path / "gen.kvm.hcl").read_text()


def _thing(name: str, number: str, parent: str | None) -> Object:
    shape = configure(SCHEMA.resources["toy_thing"], {"name": name, "size": 1, "parent": parent})
    return {**shape, "id": number, "revision": 1, "label": f"label of {name}", "link": {"mac": "52:54:00:00:00:0b"}}
