"""Schemas and signatures as JSON: the keys are those of Terraform's formats, and what we share with it is the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kvmplan.lang import FUNCTIONS
from kvmplan.plugins import Plugins
from kvmplan.review.schemas_json import schemas_json
from kvmplan.review.signatures_json import functions_json

from ..cli.kvmplan_command import kvmplan

SAMPLES = Path(__file__).parents[4] / "shared" / "conformance" / "samples"
KNOWN = {
    "provider": {"version", "block"},
    "block": {"attributes", "block_types", "description", "description_kind"},
    "attribute": {
        *("type", "description", "description_kind", "required", "optional", "computed", "sensitive"),
        *("kvmplan_default", "kvmplan_replaces"),
    },
    "block_type": {"nesting_mode", "block", "min_items", "max_items"},
}


def sample(name: str) -> Any:
    path = SAMPLES / name
    if not path.exists():
        pytest.skip("the samples are kept beside the repository")
    return json.loads(path.read_text())


def strange_keys(block: dict[str, Any]) -> Iterator[str]:
    yield from block.keys() - KNOWN["block"]
    for attribute in block.get("attributes", {}).values():
        yield from attribute.keys() - KNOWN["attribute"]
        assert {"required", "optional", "computed"} & attribute.keys()
    for nested in block.get("block_types", {}).values():
        yield from nested.keys() - KNOWN["block_type"]
        yield from strange_keys(nested["block"])


def test_keys_are_those_that_readers_know() -> None:
    plugins = Plugins()
    document = schemas_json({name: plugins.provider(name).schema for name in plugins.names})
    assert document.keys() == {"format_version", "provider_schemas"}
    for provider in document["provider_schemas"].values():
        assert provider.keys() <= {"provider", "resource_schemas", "data_source_schemas", "functions"}
        objects = [
            one for kind in ("resource_schemas", "data_source_schemas") for one in provider.get(kind, {}).values()
        ]
        for schema in [provider["provider"], *objects]:
            assert schema.keys() <= KNOWN["provider"]
            assert list(strange_keys(schema.get("block", {}))) == []
    assert json.loads(json.dumps(document)) == document


def test_what_we_share_with_terraform_has_the_same_schema() -> None:
    theirs = sample("7-providers-schema.json")["provider_schemas"]["terraform.io/builtin/terraform"]
    ours = schemas_json({"terraform": Plugins().provider("terraform").schema})["provider_schemas"]["terraform"]
    attributes = ours["resource_schemas"]["terraform_data"]["block"]["attributes"]
    shared = {"type", "required", "optional", "computed"}
    assert {
        name: {key: value for key, value in one.items() if key in shared} for name, one in attributes.items()
    } == theirs["resource_schemas"]["terraform_data"]["block"]["attributes"]
    assert ours["provider"] == theirs["provider"]


def test_signatures_are_terraforms() -> None:
    theirs = sample("7-functions-metadata.json")["function_signatures"]
    ours = functions_json(FUNCTIONS)["function_signatures"]
    assert theirs.keys() <= ours.keys()
    for name, signature in theirs.items():
        mine = ours[name]
        assert mine.keys() == {"description", *signature}, name
        assert _types(mine) == _types(signature), name
        told, meant = mine["return_type"], signature["return_type"]
        assert told == meant or "dynamic" in (told, meant) or name == "chunklist", name


def _types(signature: dict[str, Any]) -> list[Any]:
    parameters = [*signature.get("parameters", ()), signature.get("variadic_parameter", {"type": None})]
    return [one["type"] for one in parameters]


def test_the_commands(tmp_path: Path) -> None:
    (tmp_path / "main.kvm.hcl").write_text('resource "toy_thing" "a" {\n  name = "a"\n}\n')
    document = json.loads(kvmplan("providers", "schema", "-json", cwd=tmp_path).stdout)
    assert list(document["provider_schemas"]) == ["toy"]
    assert "abs" in json.loads(kvmplan("metadata", "functions", "-json", cwd=tmp_path).stdout)["function_signatures"]
    for command in (["providers", "schema"], ["metadata", "functions"]):
        said = kvmplan(*command, cwd=tmp_path)
        assert (said.status, "add --json" in said.stderr) == (1, True)
