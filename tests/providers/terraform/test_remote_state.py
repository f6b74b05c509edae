"""``terraform_remote_state``: outputs of kvmplan's and Terraform's states, with their types; what is refused."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from kvmplan_sdk import DiagnosticError, Object, Value
from kvmplan_sdk.testing.fake_host import FakeHost
from kvmplan_sdk.types import STRING, ListType, MapType, ObjectType, SetType
from kvmplan_sdk.values import Typed
from kvmplan_terraform.remote_state import read_remote_state

LISTS = ObjectType({"a": ListType(STRING)})
STATE = {
    "version": 4,
    "outputs": {
        "text": {"value": "x", "type": "string"},
        "number": {"value": 1.5, "type": "number"},
        "list": {"value": ["a"], "type": ["list", "string"]},
        "set": {"value": ["a"], "type": ["set", "string"]},
        "map": {"value": {"a": "b"}, "type": ["map", "string"]},
        "lists": {"value": {"a": ["b"]}, "type": ["object", {"a": ["list", "string"]}]},
        "plain": {"value": {"a": ["b", 1]}, "type": ["object", {"a": ["tuple", ["string", "number"]]}]},
        "secret": {"value": "hush", "type": "string", "sensitive": True},
    },
}
HOST = FakeHost(files={"state.json": json.dumps(STATE).encode(), "broken.json": b"{", "sealed.json": b'{"meta": 1}'})


def asked(**given: Value) -> Object:
    config = {"path": "state.json"}
    return {"backend": "local", "config": config, "workspace": None, "defaults": None, "outputs": None, **given}


def test_outputs_have_their_types_and_secrets_stay_where_they_are() -> None:
    found = read_remote_state(HOST, asked(defaults={"text": "default", "other": 1}))
    assert found == {
        **asked(defaults={"text": "default", "other": 1}),
        "outputs": {
            "other": 1,
            "text": "x",
            "number": Decimal("1.5"),
            "list": Typed(["a"], ListType(STRING)),
            "set": Typed(["a"], SetType(STRING)),
            "map": Typed({"a": "b"}, MapType(STRING)),
            "lists": Typed({"a": ["b"]}, LISTS),
            "plain": {"a": ["b", 1]},
        },
    }


@pytest.mark.parametrize(
    ("given", "said", "where"),
    [
        ({"backend": "s3"}, "State that cannot be read", "backend"),
        ({"workspace": "test"}, "State of a workspace", "workspace"),
        ({"config": None}, "No path", "config"),
        ({"config": {"path": "none.json"}}, "No state there", "config"),
        ({"config": {"path": "broken.json"}}, "Not a state", "config"),
        ({"config": {"path": "sealed.json"}}, "Not a state", "config"),
    ],
)
def test_what_cannot_be_read(given: dict[str, Value], said: str, where: str) -> None:
    with pytest.raises(DiagnosticError) as refused:
        read_remote_state(HOST, asked(**given))
    assert [(one.summary, one.path) for one in refused.value.diagnostics] == [(said, (where,))]
