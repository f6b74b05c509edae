"""Schemas: what a provider's resources and data sources look like, as literals with prose.

The engine converts and validates configuration against them, and prints reference pages from them.

Not here: how an object is read, planned or changed (`kvmplan_sdk.provider`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from kvmplan_sdk.functions import Function
from kvmplan_sdk.types import BOOL, NUMBER, STRING, ListType, ObjectType, SetType, Type
from kvmplan_sdk.values import Value

Validator = Callable[[Value], str | None]
"""Given a known, non-null value: what is wrong with it and what to write instead, or None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """One argument of a resource, a data source, a nested block or a provider's configuration.

    ``required`` must be configured; ``computed`` is filled in by the provider where it is not configured (both unset:
    optional, null when left out); ``read_only``: computed, and never configured; ``default`` stands where nothing is
    configured; ``replaces``: a change of an existing object's value makes a new object; ``sensitive``: never shown;
    ``refers_to``: the attribute of another resource type whose value this is, on the same host:
    ``libvirt_network.name``.

    ``observed``, of one that is read only: it changes by itself, as the address that a guest was given does. It can be
    referred to as it was last read, but that it differs is no drift, never fails verification and changes no plan. A
    provider plans it as it was before, or unknown where the object is made or changed.
    """

    type: Type
    doc: str
    required: bool = False
    computed: bool = False
    read_only: bool = False
    observed: bool = False
    default: Value = None
    replaces: bool = False
    sensitive: bool = False
    validators: tuple[Validator, ...] = ()
    refers_to: str = ""


class Nesting(Enum):
    """How often a nested block may be written, and what it becomes: a dict or None, a list of dicts, a set of dicts.

    ``GROUP`` is a block written at most once that is always there: left out, it is as if written empty, so its
    defaults stand and the provider fills in what is computed.
    """

    SINGLE = "single"
    GROUP = "group"
    LIST = "list"
    SET = "set"


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A nested block. Its value: a dict or None (``SINGLE``), a dict (``GROUP``), a list of dicts (the others)."""

    doc: str
    nesting: Nesting = Nesting.LIST
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    blocks: Mapping[str, Block] = field(default_factory=dict)
    min_items: int = 0
    max_items: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectSchema:
    """A resource, a data source, or a provider's configuration. ``version`` counts changes of its stored form;
    ``coexists``: whether two objects of one address can be there at a time, the new one made before the old one goes.
    """

    doc: str
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    blocks: Mapping[str, Block] = field(default_factory=dict)
    version: int = 0
    coexists: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSchema:
    """Everything a provider offers: types by their full name (``libvirt_network``), functions by the last part of
    theirs (``bridge_name`` of ``provider::libvirt::bridge_name``).
    """

    configuration: ObjectSchema = field(default_factory=lambda: ObjectSchema(doc="No configuration."))
    resources: Mapping[str, ObjectSchema] = field(default_factory=dict)
    data_sources: Mapping[str, ObjectSchema] = field(default_factory=dict)
    functions: Mapping[str, Function] = field(default_factory=dict)


def type_of(schema: ObjectSchema | Block) -> ObjectType:
    """The type of the object that ``schema`` describes, nested blocks included."""
    attributes: dict[str, Type] = {name: attribute.type for name, attribute in schema.attributes.items()}
    for name, block in schema.blocks.items():
        inner = type_of(block)
        match block.nesting:
            case Nesting.SINGLE | Nesting.GROUP:
                attributes[name] = inner
            case Nesting.LIST:
                attributes[name] = ListType(inner)
            case Nesting.SET:
                attributes[name] = SetType(inner)
    return ObjectType(attributes)


__all__ = [
    "BOOL",
    "NUMBER",
    "STRING",
    "Attribute",
    "Block",
    "Nesting",
    "ObjectSchema",
    "ProviderSchema",
    "Validator",
    "type_of",
]
