"""The tables of the documentation that say of every attribute how a change is carried out and what it disturbs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from kvmplan_libvirt.document import Node
from kvmplan_libvirt.mechanism import Mechanism
from kvmplan_sdk import Nesting

Measured = Mapping[str, tuple[str | None, str]]
"""What a change did on a host: the level of its impact, None where it could not be tried, and what was seen. By
attribute, or by block for all that is in it.
"""


@dataclass(frozen=True, slots=True)
class Row:
    """``since``: the version of libvirt that has the attribute, 0 for all."""

    attribute: str
    mechanism: Mechanism
    since: int


def update_table(node: Node, measured: Measured | None = None) -> str:
    """Two Markdown tables: the ways in which ``node`` is changed, and that of each attribute. A block is told of at
    once where all in it is alike.
    """
    rows = list(update_rows(node))
    lines = ["| way | what is called | what it means |", "| --- | --- | --- |"]
    lines += dict.fromkeys(f"| {way.way} | {way.call} | {way.why} |" for way in (row.mechanism for row in rows))
    columns = ["attribute", "impact", "way", "libvirt", *(() if measured is None else ("measured",))]
    lines += ["", f"| {' | '.join(columns)} |", f"| {' | '.join('---' for _ in columns)} |"]
    return "\n".join([*lines, *_told(rows, measured, 0)]) + "\n"


def _told(rows: Sequence[Row], measured: Measured | None, depth: int) -> Iterator[str]:
    for _, group in groupby(rows, lambda row: row.attribute.split(".")[depth]):
        inside = list(group)
        first = inside[0].attribute
        if len(inside) == 1:
            yield f"| `{first}` | {_cells(inside[0], measured)} |"
        elif len({_cells(row, measured) for row in inside}) == 1:
            block = ".".join(first.split(".")[: depth + 1])
            yield f"| `{block}.*` | {_cells(inside[0], measured)} |"
        else:
            yield from _told(inside, measured, depth + 1)


def _cells(row: Row, measured: Measured | None) -> str:
    since = max(row.since, row.mechanism.since)
    version = f"{since // 1_000_000}.{since // 1_000 % 1_000}" if since else ""
    before = row.mechanism.before
    way = row.mechanism.way if before is None else f"{row.mechanism.way}; before, {before.way}"
    cells = [f"`{row.mechanism.level}`", way, version]
    if measured is not None:
        cells.append(found[1] if (found := measured_of(row.attribute, measured)) else "")
    return " | ".join(cells)


def measured_of(attribute: str, measured: Measured) -> tuple[str | None, str] | None:
    """The measurement of ``attribute``, or of the innermost block of it that was changed as a whole."""
    while attribute and attribute not in measured:
        attribute = attribute.rpartition(".")[0]
    return measured.get(attribute)


def update_rows(node: Node, at: str = "", entry: Mechanism | None = None) -> Iterator[Row]:
    """``entry``: how the list that ``node`` is inside of is changed, entry by entry."""
    for name, field in node.fields.items():
        if not field.attribute.observed:
            yield Row(at + name, entry or field.change or node.change, field.since)
    for name, child in node.nodes.items():
        listed = child.change if child.change.section and child.nesting is not Nesting.SINGLE else entry
        yield from update_rows(child, f"{at}{name}.", listed)
