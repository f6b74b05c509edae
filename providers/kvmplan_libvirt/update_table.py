"""The table of the documentation that says of every attribute how a change is carried out and what it disturbs."""

from __future__ import annotations

from collections.abc import Iterator

from kvmplan_libvirt.document import Node
from kvmplan_libvirt.mechanism import Mechanism
from kvmplan_sdk import Nesting

_MANY = 99
"""A block with more attributes than this that all change alike is told of as a whole."""


def update_table(node: Node) -> str:
    """A Markdown table with a row for each attribute of ``node``, nested ones by their path."""
    lines = ["| attribute | impact | carried out by |", "| --- | --- | --- |"]
    lines += [f"| `{path}` | `{change.level}` | {change.call} |" for path, change in _rows(node, "")]
    return "\n".join(lines) + "\n"


def _rows(node: Node, at: str, entry: Mechanism | None = None) -> Iterator[tuple[str, Mechanism]]:
    """``entry``: how the list that ``node`` is inside of is changed, entry by entry."""
    for name, field in node.fields.items():
        if field.attribute.observed:
            continue
        yield at + name, entry or field.change or node.change
    for name, child in node.nodes.items():
        listed = child.change if child.change.section and child.nesting is not Nesting.SINGLE else entry
        rows = list(_rows(child, f"{at}{name}.", listed))
        alike = len(rows) > _MANY and len({change for _, change in rows}) == 1
        yield from [(f"{at}{name}", rows[0][1])] if alike else rows
