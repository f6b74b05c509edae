"""Marking by hand: what is marked, what is said when it cannot be, and that nothing else changes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kvmplan.state.document import dump_state, load_state
from kvmplan.state.model import Instance, State
from kvmplan.state.taint import tainted, untainted
from kvmplan_sdk import DiagnosticError

from ..cli.kvmplan_command import kvmplan
from ..workspace import address

A = Instance(address=address("toy_thing.a"), host="kvm", values={"name": "a"})
STATE = State(lineage="l", serial=3, instances={A.address: A}, hosts={"kvm": "ssh://kvm"})


def test_the_mark_is_all_that_changes_and_is_kept() -> None:
    marked = tainted(STATE, "toy_thing.a")
    assert marked == replace(STATE, serial=4, instances={A.address: replace(A, tainted=True)})
    assert load_state(dump_state(marked), "state") == marked
    assert untainted(marked, "toy_thing.a") == replace(STATE, serial=5)


@pytest.mark.parametrize(
    ("state", "text", "said"),
    [
        (STATE, "toy_thing.b", "No such instance"),
        (None, "toy_thing.a", "No such instance"),
        (STATE, "toy_thing", "Invalid address"),
        (STATE, "toy_thing.a", "Not tainted"),
    ],
)
def test_what_is_refused(state: State | None, text: str, said: str) -> None:
    with pytest.raises(DiagnosticError) as refused:
        untainted(state, text)
    assert [one.summary for one in refused.value.diagnostics] == [said]


def test_commands(tmp_path: Path) -> None:
    (tmp_path / "main.kvm.hcl").write_text('resource "terraform_data" "a" {}\n')
    assert kvmplan("apply", "--auto-approve", cwd=tmp_path).status == 0
    assert kvmplan("taint", "terraform_data.a", cwd=tmp_path).status == 0
    assert "# terraform_data.a: (tainted)" in kvmplan("state", "show", "terraform_data.a", cwd=tmp_path).stdout
    assert kvmplan("taint", "terraform_data.b", cwd=tmp_path).status == 1
    assert kvmplan("taint", "--allow-missing", "terraform_data.b", cwd=tmp_path).status == 0
    assert kvmplan("plan", "--detailed-exitcode", cwd=tmp_path).status == 2
    assert kvmplan("untaint", "terraform_data.a", cwd=tmp_path).status == 0
    assert kvmplan("plan", "--detailed-exitcode", cwd=tmp_path).status == 0


def test_a_resource_with_keys_names_its_instances() -> None:
    instances = {one: replace(A, address=one) for one in (address(f'toy_thing.a["{key}"]') for key in "gfedcba")}
    with pytest.raises(DiagnosticError) as refused:
        tainted(replace(STATE, instances=instances), "toy_thing.a")
    named = ", ".join(f'toy_thing.a["{key}"]' for key in "abcde")
    assert refused.value.diagnostics[0].detail == f"toy_thing.a has instances with keys: name one of {named}, ...."
