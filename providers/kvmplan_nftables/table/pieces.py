"""The pieces that tables are made of, as they are wanted: text for nft(8), made of parsed parts alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kvmplan_nftables.table.identity import digest

TableName = tuple[str, str]
"""Family and name."""
OURS: TableName = ("inet", "kvmplan")
BRIDGE: TableName = ("bridge", "kvmplan")


@dataclass(frozen=True, slots=True)
class Rule:
    """``text`` is the rule without its comment. The rules of a resource in one chain keep their order; among those of
    others they stand anywhere.
    """

    chain: str
    text: str
    table: TableName = OURS

    @property
    def digest(self) -> str:
        return digest(self.text)


@dataclass(frozen=True, slots=True)
class Element:
    """An element of ``holder``, a set or, with ``data``, a map. Key and data are spelled as `listing` spells them."""

    holder: str
    key: str
    data: str = ""
    table: TableName = OURS


@dataclass(frozen=True, slots=True)
class Named:
    """An object with a name: a chain, set, map, flowtable, counter, limit. ``body``: what ``add`` is told of it, in
    braces; ``shape``: what nft must list of it (libnftables-json(5)), or it is another one.
    """

    kind: str
    name: str
    body: str = ""
    shape: Mapping[str, Any] = field(default_factory=dict, hash=False)
    table: TableName = OURS


Piece = Rule | Element | Named


def base_chain(name: str, type_: str, hook: str, priority: int, table: TableName = OURS) -> Named:
    shape = {"type": type_, "hook": hook, "prio": priority, "policy": "accept"}
    return Named("chain", name, f"type {type_} hook {hook} priority {priority} ; policy accept ;", shape, table)
