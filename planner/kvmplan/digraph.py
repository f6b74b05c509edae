"""Directed graphs of what comes before what: as much as planning needs, quick to import and to build.

Everything here takes time in proportion to nodes and edges, and no recursion: chains are as long as configurations.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from heapq import heapify, heappop, heappush
from typing import Any, Generic, TypeVar

Node = TypeVar("Node", bound=Hashable)


class Digraph(Generic[Node]):
    """Edges go from what comes first. Nodes and edges are in the order in which they were added."""

    __slots__ = ("_after", "_before")

    def __init__(self) -> None:
        self._after: dict[Node, dict[Node, None]] = {}
        self._before: dict[Node, dict[Node, None]] = {}

    def __iter__(self) -> Iterator[Node]:
        return iter(self._after)

    def __len__(self) -> int:
        return len(self._after)

    def __contains__(self, node: object) -> bool:
        return node in self._after

    def add_node(self, node: Node) -> None:
        if node not in self._after:
            self._after[node] = {}
            self._before[node] = {}

    def add_nodes_from(self, nodes: Iterable[Node]) -> None:
        for node in nodes:
            self.add_node(node)

    def add_edge(self, before: Node, after: Node) -> None:
        self.add_node(before)
        self.add_node(after)
        self._after[before][after] = None
        self._before[after][before] = None

    def add_edges_from(self, edges: Iterable[tuple[Node, Node]]) -> None:
        for before, after in edges:
            self.add_edge(before, after)

    def remove_edge(self, before: Node, after: Node) -> None:
        del self._after[before][after]
        del self._before[after][before]

    def successors(self, node: Node) -> Iterable[Node]:
        return self._after[node].keys()

    def predecessors(self, node: Node) -> Iterable[Node]:
        return self._before[node].keys()


def topological_order(graph: Digraph[Node], key: Callable[[Node], Any]) -> list[Node]:
    """Every node after those before it; of those that could be next, the one with the least ``key``. What is in a cycle
    or after one is left out.
    """
    missing = {node: sum(1 for _ in graph.predecessors(node)) for node in graph}
    place = {node: position for position, node in enumerate(graph)}
    ready = [(key(node), place[node], node) for node, count in missing.items() if not count]
    heapify(ready)
    order: list[Node] = []
    while ready:
        node = heappop(ready)[-1]
        order.append(node)
        for after in graph.successors(node):
            missing[after] -= 1
            if not missing[after]:
                heappush(ready, (key(after), place[after], after))
    return order


def reachable(graph: Digraph[Node], sources: Iterable[Node]) -> set[Node]:
    """``sources`` and everything after them."""
    found = set(sources)
    queue = list(found)
    while queue:
        for after in graph.successors(queue.pop()):
            if after not in found:
                found.add(after)
                queue.append(after)
    return found


def knots(graph: Digraph[Node]) -> list[list[Node]]:
    """The largest sets of nodes that all come after each other (and after themselves)."""
    place: dict[Node, int] = {}
    for node in reversed(_finishing_order(graph)):
        # What still leads to the last one to finish, and was not taken by a later one, lies in a circle with it.
        if node not in place:
            mark = len(place)
            queue = [node]
            place[node] = mark
            while queue:
                for before in graph.predecessors(queue.pop()):
                    if before not in place:
                        place[before] = mark
                        queue.append(before)
    members: dict[int, list[Node]] = {}
    for node in graph:
        members.setdefault(place[node], []).append(node)
    return [knot for knot in members.values() if len(knot) > 1 or knot[0] in graph.successors(knot[0])]


def _finishing_order(graph: Digraph[Node]) -> list[Node]:
    """Depth first: every node after all that were first met from it."""
    seen: set[Node] = set()
    order: list[Node] = []
    for start in graph:
        if start in seen:
            continue
        seen.add(start)
        path = [(start, iter(graph.successors(start)))]
        while path:
            rest = path[-1][1]
            further = next((after for after in rest if after not in seen), None)
            if further is None:
                order.append(path.pop()[0])
            else:
                seen.add(further)
                path.append((further, iter(graph.successors(further))))
    return order


def shortest_circle(graph: Digraph[Node], start: Node) -> list[Node]:
    """The fewest nodes from ``start`` back to it, each before the one it is listed after. Raises `ValueError` when
    there are none.
    """
    origin: dict[Node, Node] = {}
    layer = [start]
    while layer:
        beyond: list[Node] = []
        for node in layer:
            for before in graph.predecessors(node):
                if before == start:
                    path = [node]
                    while path[-1] != start:
                        path.append(origin[path[-1]])
                    return path[::-1]
                if before not in origin:
                    origin[before] = node
                    beyond.append(before)
        layer = beyond
    raise ValueError(f"{start} is in no circle")


__all__ = ["Digraph", "knots", "reachable", "shortest_circle", "topological_order"]
