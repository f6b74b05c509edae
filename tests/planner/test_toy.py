"""The toy provider keeps the contract: what the engine's tests find is not its fault."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kvmplan.hosts import LocalHost
from kvmplan_sdk.testing.conformance import Case, exercise
from kvmplan_sdk.testing.functions import assert_declared_well, call
from kvmplan_sdk.values import Value

from .toy.kvmplan_toy import Toy


@pytest.mark.parametrize("batch", [False, True])
@pytest.mark.parametrize("type_", ["toy_thing", "toy_copy"])
def test_the_toy_provider_conforms(tmp_path: Path, type_: str, *, batch: bool) -> None:
    provider, world = Toy(), tmp_path / "world.json"
    theirs = {"type": type_, "tag": "theirs", "values": {"name": "theirs", "note": None, "id": "9"}}
    world.write_text(json.dumps({"hosts": {"local": {"9": theirs}}}))
    coexists = provider.schema.resources[type_].coexists
    name = "a" if coexists else "b"
    case = Case(
        type=type_,
        create={"name": "a", "size": 2, "tags": ["x", "y"], "port": [{"number": 80}], "rule": [{"action": "drop"}]},
        updates=[
            {"name": name, "size": 3, "tags": ["y"], "port": [{"number": 81, "open": False}, {"number": 82}]},
            {"name": name, "size": 3, "label": "own", "place": {"rack": "r1"}, "subnet": "10.0.0.0/24"},
        ],
        refused=[] if coexists else [{"name": "theirs", "size": 3}],
        anew=[{"name": "c", "size": 2}] if coexists else [{"name": "b", "size": 3, "zone": "z"}, {"name": "a"}],
    )
    configuration: dict[str, Value] = {"world": str(world), "batch": batch}
    exercise(provider, lambda: provider.open(LocalHost(), configuration, case.lineage), case)


@pytest.mark.parametrize(
    ("name", "arguments", "answer"),
    [
        ("half", (8,), 4),
        ("label", ("-", "a", "b"), "a-b"),
        ("either", (None, "b"), "b"),
        ("count", (["a", "b"],), 2),
        ("split", (["a", "b"],), {"first": "a", "rest": ["b"]}),
    ],
)
def test_the_functions_of_the_toy_provider_conform(name: str, arguments: tuple[Value, ...], answer: Value) -> None:
    assert_declared_well(Toy())
    assert call(Toy(), name, *arguments) == answer
