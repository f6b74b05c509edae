"""Schemas of providers as JSON, in the format of ``terraform providers schema -json`` (1.0).

Ours: ``kvmplan_default`` and ``kvmplan_replaces`` of an attribute.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kvmplan.review.signatures_json import declared_json
from kvmplan_sdk import types
from kvmplan_sdk.schema import Attribute, Block, ObjectSchema, ProviderSchema

FORMAT_VERSION = "1.0"


def schemas_json(schemas: Mapping[str, ProviderSchema]) -> dict[str, Any]:
    """``{"format_version", "provider_schemas": {NAME: ...}}``; without providers only the version."""
    found = {name: _provider(schema) for name, schema in sorted(schemas.items())}
    return {"format_version": FORMAT_VERSION, **({"provider_schemas": found} if found else {})}


def _provider(schema: ProviderSchema) -> dict[str, Any]:
    return {
        "provider": _configuration(schema.configuration),
        **_named("resource_schemas", {name: _object(one) for name, one in sorted(schema.resources.items())}),
        **_named("data_source_schemas", {name: _object(one) for name, one in sorted(schema.data_sources.items())}),
        **_named("functions", {name: declared_json(one) for name, one in sorted(schema.functions.items())}),
    }


def _configuration(schema: ObjectSchema) -> dict[str, Any]:
    return _object(schema) if schema.attributes or schema.blocks else {"version": schema.version}


def _named(name: str, entries: Mapping[str, Any]) -> dict[str, Any]:
    return {name: entries} if entries else {}


def _object(schema: ObjectSchema) -> dict[str, Any]:
    return {"version": schema.version, "block": _block(schema)}


def _block(schema: ObjectSchema | Block) -> dict[str, Any]:
    return {
        **_named("attributes", {name: _attribute(one) for name, one in sorted(schema.attributes.items())}),
        **_named("block_types", {name: _nested(one) for name, one in sorted(schema.blocks.items())}),
        "description": schema.doc,
        "description_kind": "plain",
    }


def _nested(block: Block) -> dict[str, Any]:
    return {
        "nesting_mode": block.nesting.value,
        "block": _block(block),
        **({"min_items": block.min_items} if block.min_items else {}),
        **({"max_items": block.max_items} if block.max_items is not None else {}),
    }


def _attribute(attribute: Attribute) -> dict[str, Any]:
    return {
        "type": types.to_json(attribute.type),
        "description": attribute.doc,
        "description_kind": "plain",
        **dict.fromkeys(_presence(attribute), True),
        **({"sensitive": True} if attribute.sensitive else {}),
        **({"kvmplan_default": attribute.default} if attribute.default is not None else {}),
        **({"kvmplan_replaces": True} if attribute.replaces else {}),
    }


def _presence(attribute: Attribute) -> tuple[str, ...]:
    """Who gives it a value."""
    if attribute.required:
        return ("required",)
    if attribute.read_only:
        return ("computed",)
    return ("optional", "computed") if attribute.computed else ("optional",)
