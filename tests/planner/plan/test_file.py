"""A plan file is read back as what was planned; values unknown in places survive it."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from kvmplan.encryption import PLAIN, Protection
from kvmplan.plan.file import PlanFile, digest, digest_of, read_plan, write_plan
from kvmplan.plan.file.container import pack, read_head, unpack
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


OLD = """
resource "toy_copy" "old" {
  name = "c"
}
resource "toy_copy" "again" {
  name = "d"
  zone = "1"
}
resource "terraform_data" "gone" {}
"""
NEW = """
resource "toy_copy" "new" {
  name = "c"
}
moved {
  from = toy_copy.old
  to   = toy_copy.new
}
resource "toy_copy" "again" {
  name = "e"
  zone = "2"
  lifecycle {
    create_before_destroy = true
    postcondition {
      condition     = self.id != ""
      error_message = "It has no identity."
    }
  }
}
resource "terraform_data" "in" {}
import {
  to = terraform_data.in
  id = "known"
}
removed {
  from = terraform_data.gone
  lifecycle {
    destroy = false
  }
}
"""


@pytest.fixture
def rearranged(workspace: Workspace) -> Plan:
    """A plan with moves, imports, and an object set aside."""
    workspace.write(OLD)
    workspace.apply()
    workspace.write(NEW)
    return workspace.plan()


def save(plan: Plan, path: Path, workspace: Workspace, protection: Protection = PLAIN) -> str:
    file = PlanFile(
        plan=plan,
        review={"review": 1},
        sources={"main.kvm.hcl": CONFIGURATION},
        directory=str(workspace.directory),
        layout={},
        given={"secret": "y"},
        workspace="default",
        makers={"toy": "1.0"},
        digest=digest_of(plan),
    )
    write_plan(path, file, protection)
    return file.digest


def read(path: Path, protection: Protection = PLAIN) -> PlanFile:
    return read_plan(path, lambda _directory: protection)


def assert_same(read: Plan, plan: Plan) -> None:
    for part in ("prior", "refreshed", "outputs", "steps", "needs", "hosts", "destroy", "data", "unsure"):
        assert getattr(read, part) == getattr(plan, part), part
    assert read.changes.keys() == plan.changes.keys()
    for address, change in plan.changes.items():
        for name in change.__dataclass_fields__:
            if name not in {"source", "claims"}:
                assert getattr(read.changes[address], name) == getattr(change, name), name


def test_a_plan_is_read_back_as_it_was_made(planned: Plan, workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "plan"
    digest = save(planned, path, workspace)
    assert path.stat().st_mode & 0o777 == 0o600
    found = read(path)
    assert_same(found.plan, planned)
    assert (found.digest, found.given, found.sources) == (digest, {"secret": "y"}, {"main.kvm.hcl": CONFIGURATION})


def test_moves_imports_and_what_is_set_aside_survive(rearranged: Plan, workspace: Workspace, tmp_path: Path) -> None:
    changes = rearranged.changes.values()
    assert all(any(getattr(one, name) for one in changes) for name in ("former", "imported", "deposed", "confirms"))
    assert any(address.deposed for step in rearranged.steps for address, _ in step.operations)
    save(rearranged, tmp_path / "plan", workspace)
    assert_same(read(tmp_path / "plan").plan, rearranged)


def test_plans_that_do_the_same_have_the_same_digest(planned: Plan, workspace: Workspace, tmp_path: Path) -> None:
    first = save(planned, tmp_path / "first", workspace)
    again = workspace.plan()
    assert again.prior.lineage != planned.prior.lineage, "there is no state yet"
    assert save(again, tmp_path / "second", workspace) == first
    workspace.write(CONFIGURATION + "# a remark\n")
    assert save(workspace.plan(), tmp_path / "third", workspace) == first
    workspace.write(CONFIGURATION.replace("s3cret", "other"))
    assert save(workspace.plan(), tmp_path / "fourth", workspace) != first


def test_order_and_values_count_and_what_stays_does_not(planned: Plan, workspace: Workspace) -> None:
    first = digest_of(planned)
    workspace.write(CONFIGURATION.replace('action = "drop"', 'action = "accept"'))
    assert digest_of(workspace.plan()) != first
    workspace.write(CONFIGURATION)
    workspace.apply()
    nothing = digest_of(workspace.plan())
    workspace.write(CONFIGURATION.replace("count  = 2", "count  = 1"))
    one_less = digest_of(workspace.plan())
    assert len({first, nothing, one_less}) == 3
    workspace.write('output "other" {\n  value = 1\n}\n')
    assert digest_of(workspace.plan(destroy=True)) != nothing


def test_a_secret_cannot_be_found_by_trying_values_in_what_the_digest_is_made_of(planned: Plan) -> None:
    """The digest is of a text in which no sensitive value stands, not even hashed in one step."""
    secrets: list[Any] = []
    change = next(change for change in planned.changes.values() if change.address.name == "a")
    entry = digest._change(change, secrets)
    assert "s3cret" not in json.dumps(entry, default=encode_value)
    assert secrets == [{"known": "s3cret"}]


def test_a_plan_file_grows_with_its_plan_and_hardly_with_what_stays(workspace: Workspace, tmp_path: Path) -> None:
    text = 'resource "terraform_data" "a" {{\n  count = {}\n  input = "{}"\n}}\n'
    sizes = []
    for count in (50, 100):
        workspace.write(text.format(count, "x" * 100))
        workspace.apply()
        save(workspace.plan(), tmp_path / "p", workspace)
        sizes.append((tmp_path / "p").stat().st_size)
    assert sizes[1] < 2.2 * sizes[0]
    assert sizes[1] < 0.5 * workspace.state_path.stat().st_size


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"[]",
        b"\xff",
        b'{"kvmplan_plan": ',
        b'{"kvmplan_plan": 1, "kvmplan_version": "0.0.1"}\n',
        b'{"kvmplan_plan": 2}\n',
        b'{"kvmplan_plan": 2, "directory": 3}\n',
        b'{"kvmplan_plan": 2, "directory": "."}\nrest',
    ],
)
def test_what_is_no_plan_file(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "plan"
    path.write_bytes(data)
    with pytest.raises(DiagnosticError):
        read(path)


def test_a_plan_file_that_was_cut_off_or_changed_is_refused(
    planned: Plan, workspace: Workspace, tmp_path: Path
) -> None:
    path = tmp_path / "plan"
    save(planned, path, workspace)
    data = path.read_bytes()
    line = data.index(b"\n")
    for at in [*range(0, len(data), 97), line, line + 1, len(data) - 1]:
        path.write_bytes(data[:at])
        with pytest.raises(DiagnosticError):
            read(path)
        if at > line:
            path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
            with pytest.raises(DiagnosticError, match="is damaged"):
                read(path)


def test_a_plan_that_was_changed_by_hand_has_another_digest(
    planned: Plan, workspace: Workspace, tmp_path: Path
) -> None:
    path = tmp_path / "plan"
    save(planned, path, workspace)
    data = path.read_bytes()
    head = read_head(data, "plan")
    contents = unpack(data, head, PLAIN, "plan").replace(b'"drop"', b'"pass"')
    told = {name: value for name, value in head.items() if name not in {"kvmplan_plan", "kvmplan_version", "checksum"}}
    path.write_bytes(pack(told, contents, PLAIN))
    with pytest.raises(DiagnosticError, match="is not the plan that it says"):
        read(path)
