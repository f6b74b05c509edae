"""What a data source says of itself, and how it asks nft."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kvmplan_nftables.blocks.names import TABLE_FAMILIES, name_of, parse_name
from kvmplan_nftables.parts import parse_one_of
from kvmplan_sdk import Attribute, Host, Object, ObjectSchema
from kvmplan_sdk.host import check
from kvmplan_sdk.schema import STRING
from kvmplan_sdk.types import Type
from kvmplan_sdk.validators import one_of


@dataclass(frozen=True, slots=True)
class DataSource:
    schema: ObjectSchema
    read: Callable[[Host, Object], Object]


FAMILY = Attribute(type=STRING, doc="The table's family.", default="inet", validators=(one_of(*TABLE_FAMILIES),))


def table(doc: str, *, required: bool = False) -> Attribute:
    return Attribute(type=STRING, doc=doc, required=required, validators=(name_of("table"),))


def told(type_: Type, doc: str) -> Attribute:
    return Attribute(type=type_, doc=doc, computed=True, read_only=True)


def table_of(configuration: Object) -> tuple[str, str]:
    """Family and name, as a command takes them."""
    family = parse_one_of(configuration.get("family") or "inet", TABLE_FAMILIES)
    return family, parse_name(configuration["table"])


def asked(host: Host, *words: str) -> bytes:
    return check(host.run(("nft", *words)), "Asking nft")


def listed(host: Host, kind: str, *words: str) -> Iterator[Mapping[str, Any]]:
    """Those of a kind in what nft lists."""
    items = json.loads(asked(host, "-j", "list", *words))["nftables"]
    return (item[kind] for item in items if kind in item)
