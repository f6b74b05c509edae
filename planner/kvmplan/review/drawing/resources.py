"""The resources of a configuration and what each needs, whatever of locals, variables and modules is between them."""

from __future__ import annotations

from itertools import groupby

from kvmplan.addresses import format_module
from kvmplan.graph import Dependencies, Node
from kvmplan.review.drawing.model import Box, Drawing, Group
from kvmplan.review.drawing.reduction import reduced


def resources_drawing(dependencies: Dependencies) -> Drawing:
    """A group for each module, as written: instances are not known yet."""
    needs: dict[Node, set[Node]] = {}
    nearest: dict[Node, set[Node]] = {}
    for node in dependencies.order:
        nearest[node] = set()
        for before in dependencies.graph.predecessors(node):
            nearest[node] |= {before} if before.kind == "resource" else nearest[before]
        if node.kind == "resource":
            needs[node] = nearest[node]
    kept = reduced(needs, needs)
    ordered = sorted(needs, key=_place)
    groups = [
        Group(_module(path), tuple(Box(str(node), node.name) for node in nodes))
        for path, nodes in groupby(ordered, lambda node: node.module)
    ]
    return Drawing(tuple(groups), {str(node): tuple(map(str, sorted(kept[node], key=_place))) for node in ordered})


def _place(node: Node) -> tuple[object, ...]:
    return (node.module, node.name)


def _module(path: tuple[str, ...]) -> str:
    return format_module(tuple((name, None) for name in path))
