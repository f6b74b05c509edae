"""Tables as nft lists them (libnftables-json(5)), taken apart into pieces that can be compared with wanted ones."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kvmplan_nftables.table.identity import comment_parts
from kvmplan_nftables.table.pieces import MARKS, TableName

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FoundRule:
    """``handle`` changes: it is never stored. ``tag`` is empty for somebody else's rule."""

    chain: str
    handle: int
    tag: str = ""
    digest: str = ""
    expressions: Sequence[Json] = field(default=(), hash=False)
    order: int = 0


@dataclass(frozen=True, slots=True)
class FoundElement:
    """``counted``: what it has counted, as nft is told. ``passing``: whether it runs out."""

    holder: str
    key: str
    data: str = ""
    tag: str = ""
    counted: str = ""
    passing: bool = False
    comment: str = ""


@dataclass(slots=True)
class Listing:
    """A table. ``named``: chains, sets, maps and so on, by kind and name, as nft shows them. ``texts``: the rules by
    handle, where they were asked for. ``marks``: the rules that say whose an object is, by `mark_of` that. ``version``:
    of the nft that lists it.
    """

    rules: list[FoundRule] = field(default_factory=list)
    elements: dict[tuple[str, str], FoundElement] = field(default_factory=dict)
    named: dict[tuple[str, str], Json] = field(default_factory=dict)
    texts: dict[int, str] = field(default_factory=dict)
    marks: dict[int, FoundRule] = field(default_factory=dict)
    version: str = ""
    _by_handle: dict[int, FoundRule] = field(default_factory=dict)
    _rules_of: dict[str, list[FoundRule]] = field(default_factory=dict)
    _in_chain: dict[str, list[FoundRule]] = field(default_factory=dict)
    _elements_of: dict[str, list[FoundElement]] = field(default_factory=dict)

    def rules_of(self, tag: str) -> Sequence[FoundRule]:
        """Those of nobody's have no tag."""
        return self._rules_of.get(tag, ())

    def with_handle(self, handle: int) -> FoundRule | None:
        return self._by_handle.get(handle)

    def in_chain(self, chain: str) -> Sequence[FoundRule]:
        return self._in_chain.get(chain, ())

    def elements_of(self, tag: str) -> Sequence[FoundElement]:
        return self._elements_of.get(tag, ())

    @property
    def tags(self) -> frozenset[str]:
        return (frozenset(self._rules_of) | frozenset(self._elements_of)) - {""}

    def add_rule(self, rule: FoundRule) -> None:
        self.rules.append(rule)
        self._by_handle[rule.handle] = rule
        self._in_chain.setdefault(rule.chain, []).append(rule)
        self._rules_of.setdefault(rule.tag, []).append(rule)
        if rule.chain == MARKS and rule.digest:
            match rule.expressions:
                case [{"match": {"left": {"meta": {"key": "mark"}}, "right": int(mark)}}, *_]:
                    self.marks[mark] = rule
                case _:
                    pass

    def add_element(self, element: FoundElement) -> None:
        self.elements[element.holder, element.key] = element
        self._elements_of.setdefault(element.tag, []).append(element)


Listings = Mapping[TableName, Listing]
"""The tables that are there."""


def parse_table(listing: bytes) -> Listing:
    """A table in the output of ``nft -j list table``."""
    table = Listing()
    for item in json.loads(listing)["nftables"]:
        kind, body = next(iter(item.items()))
        if kind == "rule":
            tag, digest, order = comment_parts(body.get("comment", ""))
            table.add_rule(FoundRule(body["chain"], body["handle"], tag, digest, body["expr"], order))
        elif kind == "metainfo":
            table.version = body["version"]
        else:
            # nft 1.0.6 writes one arbitrary letter of a table's flag: that there is one is all that can be known.
            elements = body.pop("elem", ())
            table.named[kind, body["name"]] = {**body, "dormant": "flags" in body} if kind == "table" else body
            for element in _elements(body, elements):
                table.add_element(element)
    return table


def _elements(holder: Json, elements: Sequence[Any]) -> Iterator[FoundElement]:
    name, maps = holder["name"], "map" in holder
    for item in elements:
        key, data = item if maps else (item, None)
        more = key.get("elem", {}) if isinstance(key, dict) else {}
        told = "" if data is None else spelled(data)
        comment = more.get("comment", "")
        tag = comment_parts(comment)[0]
        yield FoundElement(name, spelled(key), told, tag, _counted(more), "expires" in more, comment)


def _counted(element: Json) -> str:
    counter = element.get("counter")
    return f" counter packets {counter['packets']} bytes {counter['bytes']}" if isinstance(counter, dict) else ""


def spelled(value: Any) -> str:
    """A value of an element in nft's own language."""
    if isinstance(value, str):
        return value
    match value:
        case {"elem": {"val": inner}}:
            return spelled(inner)
        case {"concat": parts}:
            return " . ".join(map(spelled, parts))
        case {"prefix": {"addr": address, "len": length}}:
            return f"{address}/{length}"
        case {"range": [low, high]}:
            return f"{spelled(low)}-{spelled(high)}"
        case {"jump": {"target": chain}} | {"goto": {"target": chain}}:
            return f"{next(iter(value))} {chain}"
        case {"accept": None} | {"drop": None} | {"return": None} | {"continue": None}:
            return str(next(iter(value)))
    return str(value)
