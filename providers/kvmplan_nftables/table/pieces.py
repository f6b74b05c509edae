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
    others they stand anywhere, unless it is ``placed``: made anew it keeps its place. ``order``: among the rules of
    ours that have one, from 1; ``first``: before all that were there. ``about``: what the digest is of, where it is not
    the text. ``comment``: the user's own.
    """

    chain: str
    text: str
    table: TableName = OURS
    placed: bool = False
    order: int = 0
    first: bool = False
    about: str = ""
    comment: str = ""

    @property
    def digest(self) -> str:
        return digest(self.about or (f"{self.text} # {self.comment}" if self.comment else self.text))


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
    braces; ``shape``: what nft must list of it (libnftables-json(5)), or it is another one. ``live``: which of that can
    be changed while it is there. ``marked``: it is ours only with its `marker`.
    """

    kind: str
    name: str
    body: str = ""
    shape: Mapping[str, Any] = field(default_factory=dict, hash=False)
    table: TableName = OURS
    live: frozenset[str] = frozenset()
    marked: bool = False


MARKS = "kvmplan"
"""The chain of a user's table whose rules say what in it is ours: nft lists no comments of tables and chains."""


def marker(table: TableName, kind: str, name: str, fixed: str = "") -> Rule:
    """The rule that stands for a named object. ``fixed``: all of it that cannot be changed while it is there."""
    return Rule(
        MARKS,
        f"meta mark {mark_of(kind, name)} return",
        table,
        about=f"{kind} {name}{'' if kind == 'table' else f' {fixed}'}",
    )


def mark_of(kind: str, name: str) -> int:
    """What the rule that stands for an object says of it: whose a set is can be seen whatever the set is like."""
    return int(digest(f"{kind} {name}"), 16)


def mark_in(rule: Rule) -> int | None:
    """Of a `marker`."""
    words = rule.text.split()
    return int(words[2]) if rule.chain == MARKS and len(words) > 2 else None


Piece = Rule | Element | Named


def base_chain(name: str, type_: str, hook: str, priority: int, table: TableName = OURS) -> Named:
    shape = {"type": type_, "hook": hook, "prio": priority, "policy": "accept"}
    return Named("chain", name, f"type {type_} hook {hook} priority {priority} ; policy accept ;", shape, table)
