"""Tables as ``nft -s list table`` prints them, taken apart: objects, and the rules and elements in them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from kvmplan_nftables.table.identity import comment_parts
from kvmplan_nftables.table.pieces import TableName

_OBJECT = re.compile(r"^\t(\w[^\n{]*) (\S+) \{\n((?:\t\t.*\n)*)\t\}$", re.MULTILINE)
_SAID = re.compile(r"(?:\t\tcomment .*\n)?(?:\t\ttype .*\n)?")
_RULE = re.compile(r"^\t\t(?!\t)(.*\n(?:\t\t\t.*\n)*)", re.MULTILINE)
_ELEMENTS = re.compile(r"^\t\telements = \{ ([\s\S]*?) \}\n\Z", re.MULTILINE)
_ELEMENT = re.compile(r'(?:[^,"]|"[^"]*")+')
_COMMENT = re.compile(r' comment "([^"]*)"')
_COMMENT_AT_END = re.compile(_COMMENT.pattern + r"\n?\Z")


class Block(NamedTuple):
    """An object of a table: what is ``said`` of it, and the rules or elements in it; ``body`` is both."""

    kind: str
    name: str
    body: str
    said: str
    items: Sequence[str]


class Line(NamedTuple):
    """A rule or an element; ``said``: or what is said of the object itself, or of the table."""

    table: TableName
    kind: str
    name: str
    text: str
    said: bool = False

    @property
    def whose(self) -> tuple[str, str]:
        return ("", "") if self.said else whose_rule(self.text) if self.kind == "chain" else whose_element(self.text)


def blocks(table: str) -> list[Block]:
    return [_block(*found) for found in _OBJECT.findall(table)]


def lines(name: TableName, table: str) -> Iterator[Line]:
    yield Line(name, "table", name[1], "".join(_OBJECT.sub("", table).split()), said=True)
    for one in blocks(table):
        yield Line(name, one.kind, one.name, one.said, said=True)
        yield from (Line(name, one.kind, one.name, item) for item in one.items)


def whose_rule(rule: str) -> tuple[str, str]:
    """The tag and the digest in its comment; empty for other people's."""
    found = _COMMENT_AT_END.search(rule)
    return comment_parts(found[1])[:2] if found else ("", "")


def whose_element(element: str) -> tuple[str, str]:
    found = _COMMENT.search(element)
    return comment_parts(found[1])[:2] if found else ("", "")


def _block(kind: str, name: str, body: str) -> Block:
    if kind == "chain":
        found = _SAID.match(body)
        said = found[0] if found else ""
        return Block(kind, name, body, said, _RULE.findall(body[len(said) :]))
    elements = _ELEMENTS.search(body)
    if elements is None:
        return Block(kind, name, body, body, ())
    items = [one.strip() for one in _ELEMENT.findall(elements[1])]
    return Block(kind, name, body, body[: elements.start()], items)
