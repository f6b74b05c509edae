"""The table of the documentation that says of every attribute how a change is carried out and what it disturbs."""

from __future__ import annotations

from collections.abc import Iterator

from kvmplan_libvirt.document import Node
from kvmplan_libvirt.mechanism import Mechanism
from kvmplan_sdk import Nesting


def update_table(node: Node) -> str:
    """A Markdown table with a row for each attribute of ``node``, nested ones by their path."""
    lines = ["| attribute | impact | carried out by |", "| --- | --- | --- |"]
    lines += [f"| `{path}` | `{change.level}` | {change.call} |" for path, change in _rows(node, "")]
    return "\n".join(lines) + "\n"


def _rows(node: Node, at: str, entry: Mechanism | None = None) -> Iterator[tuple[str, Mechanism]]:
    """``entry``: how the list that ``node`` is inside of is changed, entry by entry."""
    for name, field in node.fields.items():
        yield at + name, entry or field.change or node.change
    for name, child in node.nodes.items():
        listed = child.change if child.change.section and child.nesting is not Nesting.SINGLE else entry
        yield from _rows(child, f"{at}{name}.", listed)
