"""A plan file is read back as what was planned; values unknown in places survive it."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvmplan.config.loader import parse_sources
from kvmplan.plan.file import read_plan, write_plan
from kvmplan.plan.model import Plan
from kvmplan.plan.unknowns import known_part, overlay, unknown_tree
from kvmplan.state.values_json import encode_value
from kvmplan_sdk import DiagnosticError, Value

from ..strategies import partly_unknown, values
from ..workspace import Workspace

CONFIGURATION = """
variable "secret" {
  sensitive = true
  default   = "s3cret"
}
data "toy_thing" "there" {
  name = "there"
}
resource "toy_thing" "a" {
  name   = "a"
  secret = var.secret
  rule {
    action = "drop"
  }
}
resource "toy_thing" "b" {
  count  = 2
  name   = "b-${count.index}"
  parent = toy_thing.a.id
  note   = data.toy_thing.there.id
}
output "id" {
  value = toy_thing.a.id
}
output "there" {
  value = data.toy_thing.there.size
}
"""
THERE = {"local": {"7": {"type": "toy_thing", "tag": "else", "values": {"name": "there", "id": "7", "size": 3}}}}


@given(values(partly_unknown))
def test_what_is_known_and_where_it_is_not_make_up_the_value(value: Value) -> None:
    texts = [json.dumps(part, default=encode_value) for part in (known_part(value), unknown_tree(value))]
    known, unknown = (json.loads(text, parse_float=Decimal) for text in texts)
    assert overlay(known, unknown) == value


@pytest.fixture
def planned(workspace: Workspace) -> Plan:
    workspace.write(CONFIGURATION)
    workspace.change_world(hosts=THERE, next=8)
    return workspace.plan()


def save(plan: Plan, path: Path, workspace: Workspace) -> str:
    configuration, _ = parse_sources({"main.kvm.hcl": CONFIGURATION}, ".")
    placed = replace(configuration, directory=str(workspace.directory))
    return write_plan(path, plan, {"review": 1}, placed, {"secret": "y"})


def test_a_plan_is_read_back_as_it_was_made(planned: Plan, workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "plan"
    digest = save(planned, path, workspace)
    assert path.stat().st_mode & 0o777 == 0o600
    read = read_plan(path)
    for part in ("prior", "refreshed", "outputs", "steps", "needs", "hosts", "destroy", "data", "unsure"):
        assert getattr(read.plan, part) == getattr(planned, part), part
    assert read.plan.changes.keys() == planned.changes.keys()
    for address, change in planned.changes.items():
        for name in change.__dataclass_fields__:
            if name not in {"source", "claims"}:
                assert getattr(read.plan.changes[address], name) == getattr(change, name), name
    assert (read.digest, read.given, read.sources) == (digest, {"secret": "y"}, {"main.kvm.hcl": CONFIGURATION})


def test_plans_that_do_the_same_have_the_same_digest(planned: Plan, workspace: Workspace, tmp_path: Path) -> None:
    first = save(planned, tmp_path / "first", workspace)
    again = workspace.plan()
    assert again.prior.lineage != planned.prior.lineage, "there is no state yet"
    assert save(again, tmp_path / "second", workspace) == first
    workspace.write(CONFIGURATION + "# a remark\n")
    assert save(workspace.plan(), tmp_path / "third", workspace) == first
    workspace.write(CONFIGURATION.replace("s3cret", "other"))
    assert save(workspace.plan(), tmp_path / "fourth", workspace) != first


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"\xff", b'{"format": 1, "kvmplan_version": "0.1.0"}'])
def test_what_is_no_plan_file(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "plan"
    path.write_bytes(data)
    with pytest.raises(DiagnosticError):
        read_plan(path)


@given(st.integers(0, 10**4))
def test_a_plan_file_torn_at_any_byte_is_refused(tmp_path_factory: pytest.TempPathFactory, at: int) -> None:
    data = json.dumps({"format": 1, "kvmplan_version": "0.1.0", "digest": "x", "changes": [{}] * 50}).encode()
    path = tmp_path_factory.getbasetemp() / "torn-plan"
    path.write_bytes(data[: at % len(data)])
    with pytest.raises(DiagnosticError):
        read_plan(path)
