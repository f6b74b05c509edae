"""The toy provider keeps the contract: what the engine's tests find is not its fault."""

from __future__ import annotations

from pathlib import Path

import pytest

from kvmplan.hosts import LocalHost
from kvmplan_sdk.testing.conformance import Case, exercise
from kvmplan_sdk.testing.functions import assert_declared_well, call
from kvmplan_sdk.values import Value

from .toy.kvmplan_toy import Toy


@pytest.mark.parametrize("batch", [False, True])
def test_the_toy_provider_conforms(tmp_path: Path, *, batch: bool) -> None:
    provider = Toy()
    case = Case(
        type="toy_thing",
        create={"name": "a", "size": 2, "tags": ["x", "y"], "port": [{"number": 80}], "rule": [{"action": "drop"}]},
        updates=[
            {"name": "b", "size": 3, "tags": ["y"], "port": [{"number": 81, "open": False}, {"number": 82}]},
            {"name": "b", "size": 3, "label": "own", "place": {"rack": "r1"}, "subnet": "10.0.0.0/24"},
        ],
    )
    configuration: dict[str, Value] = {"world": str(tmp_path / "world.json"), "batch": batch}
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
