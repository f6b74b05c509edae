"""The state document is read back as it was written, and what is no state document is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from kvmplan.addresses import Address
from kvmplan.state import migrations
from kvmplan.state.document import dump_state, load_state
from kvmplan.state.model import Instance, State
from kvmplan_sdk import DiagnosticError

from ..strategies import states

WHOLE = State(
    lineage="l",
    serial=3,
    instances={
        address: Instance(address=address, host="local", values={"name": "a", "size": 1})
        for address in (Address("x_y", "many", 10), Address("x_y", "many", 9), Address("x_y", "one"))
    },
)

CHECK = {"object_kind": "check", "object_addr": "check.c", "status": "pass"}


@given(states())
def test_a_state_is_read_back_as_it_was_written(state: State) -> None:
    assert load_state(dump_state(state), "x") == state


@given(states())
def test_equal_states_are_equal_bytes(state: State) -> None:
    other = State(
        lineage=state.lineage,
        serial=state.serial,
        instances=dict(reversed(list(state.instances.items()))),
        outputs=dict(reversed(list(state.outputs.items()))),
        hosts=dict(reversed(list(state.hosts.items()))),
        checks=tuple(reversed(state.checks)),
    )
    assert dump_state(other) == dump_state(state)


def test_a_state_torn_at_any_byte_is_refused() -> None:
    data = dump_state(WHOLE)
    for length in range(len(data) - 2):  # without its last newline, or the one before, it is whole
        with pytest.raises(DiagnosticError) as refused:
            load_state(data[:length], "kvmplan.state.json", "Look there.")
        assert refused.value.diagnostics[0].summary == "State cannot be read"
        assert refused.value.diagnostics[0].detail.endswith("Nothing was changed. Look there.")


def edited(change: Any) -> bytes:
    document = json.loads(dump_state(WHOLE))
    change(document)
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.pop("serial"),
        lambda d: d.pop("version"),
        lambda d: d.update(version="1"),
        lambda d: d.update(serial="x"),
        lambda d: d.update(resources={}) or d["resources"].update(a=1),
        lambda d: d.update(outputs=[]),
        lambda d: d["resources"][0].update(type="not a name"),
        lambda d: d["resources"][0]["instances"][0].update(attributes=5),
        lambda d: d["resources"][0]["instances"][0].update(attributes=[]),
        lambda d: d["resources"][0]["instances"][0].update(private=None),
        lambda d: d["resources"][0]["instances"][0].update(dependencies=["?"]),
        lambda d: d["resources"][0]["instances"][0].update(index_key=1.5),
        lambda d: d.update(check_results=[{**CHECK, "object_addr": "?"}]),
        lambda d: d.update(check_results=[{**CHECK, "status": "well"}]),
        lambda d: d.update(check_results=5),
        lambda d: d["resources"][0]["instances"].append(d["resources"][0]["instances"][0]),
    ],
)
def test_a_state_broken_by_hand_is_refused(change: Any) -> None:
    with pytest.raises(DiagnosticError) as refused:
        load_state(edited(change), "x")
    assert refused.value.diagnostics[0].summary == "State cannot be read"


@pytest.mark.parametrize("data", [b"", b"[]", b"null", b"\xff\xfe", b"5", b'"x"', b"[" * 100_000])
def test_what_is_no_document_at_all(data: bytes) -> None:
    with pytest.raises(DiagnosticError):
        load_state(data, "x")


def test_an_older_state_is_made_one_of_today(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = {0: lambda document: {**document, "serial": document["number"]}}
    monkeypatch.setattr(migrations, "STEPS", steps)
    older = edited(lambda d: d.update(version=0, number=d.pop("serial")))
    assert load_state(older, "x") == WHOLE


def test_a_version_that_never_was() -> None:
    with pytest.raises(DiagnosticError) as refused:
        load_state(edited(lambda d: d.update(version=-1)), "x")
    assert "there never was a version -1" in refused.value.diagnostics[0].detail


def test_a_state_of_terraforms_is_left_to_it() -> None:
    state = {"version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "l", "outputs": {}, "resources": []}
    with pytest.raises(DiagnosticError) as refused:
        load_state(json.dumps(state).encode(), "x")
    assert refused.value.diagnostics[0].summary == "A state of Terraform's"


def test_a_newer_state_is_refused_and_says_who_wrote_it() -> None:
    data = edited(lambda d: d.update(version=99, kvmplan_version="7.1", something="else"))
    with pytest.raises(DiagnosticError) as refused:
        load_state(data, "x")
    (problem,) = refused.value.diagnostics
    assert problem.summary == "State is newer than this kvmplan"
    assert "kvmplan 7.1" in problem.detail
