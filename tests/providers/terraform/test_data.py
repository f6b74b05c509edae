"""``terraform_data``: its values through create, update and delete, of every type."""

from __future__ import annotations

import pytest

from kvmplan_sdk import UNKNOWN, Known, Operation, Proposal, Step, Value, Verb
from kvmplan_sdk.testing.fake_host import FakeHost
from kvmplan_sdk.types import STRING, SetType
from kvmplan_sdk.values import Object, Typed
from kvmplan_terraform.provider import TerraformSession

VALUES: list[Value] = ["text", 5, True, ["a", 1], {"a": {"b": None}}, Typed(["a", "b"], SetType(STRING)), None]
ADDRESS = "terraform_data.x"


def plan(session: TerraformSession, value: Value, prior: Object | None) -> Object:
    configured: Object = {"input": value, "triggers_replace": None, "output": None, "id": None}
    computed: Object = {"output": UNKNOWN, "id": UNKNOWN} if prior is None else prior
    proposed = {**configured, "output": computed["output"], "id": computed["id"]}
    proposal = Proposal(
        address=ADDRESS, type="terraform_data", host="local", configured=configured, proposed=proposed, prior=prior
    )
    return session.plan(proposal).values


def apply(session: TerraformSession, verb: Verb, before: Object | None, after: Object | None) -> Object | None:
    operation = Operation(verb=verb, address=ADDRESS, type="terraform_data", before=before, after=after)
    (outcome,) = session.apply(Step(operations=(operation,), lineage="l"))
    return outcome.values


def known(values: Object) -> Known:
    return Known(address=ADDRESS, type="terraform_data", values=values)


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_life(value: Value) -> None:
    session = TerraformSession(FakeHost())
    planned = plan(session, value, None)
    assert planned["id"] is UNKNOWN
    assert planned["output"] is (None if value is None else UNKNOWN)
    made = apply(session, Verb.CREATE, None, planned)
    assert made is not None
    assert made["output"] == value
    (observed,) = session.read([known(made)])
    assert observed is not None
    assert plan(session, value, observed.values) == made, "a second plan changes nothing"

    planned = plan(session, "another", made)
    assert (planned["id"], planned["output"]) == (made["id"], UNKNOWN)
    changed = apply(session, Verb.UPDATE, made, planned)
    assert changed == {**made, "input": "another", "output": "another"}
    assert apply(session, Verb.DELETE, changed, None) is None
    assert list(session.read([known(changed)])) == [None]


def test_one_that_was_cut_short_was_never_made() -> None:
    half = {"input": 1, "triggers_replace": None, "output": None, "id": None}
    assert list(TerraformSession(FakeHost()).read([known(half)])) == [None]
