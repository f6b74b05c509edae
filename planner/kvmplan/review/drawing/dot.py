"""A drawing in DOT, Graphviz's language, as ``terraform graph`` writes it."""

from __future__ import annotations

from collections.abc import Iterator

from kvmplan.review.drawing.model import Drawing, Group


def dot(drawing: Drawing) -> str:
    return "\n".join(_lines(drawing)) + "\n"


def quoted(text: str) -> str:
    """A DOT string: only quotes and backslashes are special in it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _lines(drawing: Drawing) -> Iterator[str]:
    yield "digraph G {"
    yield '  rankdir = "RL";'
    yield '  node [shape = rect, fontname = "sans-serif"];'
    for group in drawing.groups:
        yield from _framed(group) if group.label else _boxes(group, "  ")
    for start, end in drawing.pairs:
        yield f"  {quoted(start)} -> {quoted(end)};"
    yield "}"


def _framed(group: Group) -> Iterator[str]:
    yield f"  subgraph {quoted(f'cluster_{group.label}')} {{"
    yield f"    label = {quoted(group.label)}"
    yield '    fontname = "sans-serif"'
    yield from _boxes(group, "    ")
    yield "  }"


def _boxes(group: Group, indent: str) -> Iterator[str]:
    for box in group.boxes:
        yield f"{indent}{quoted(box.name)} [label={quoted(box.label)}];"
