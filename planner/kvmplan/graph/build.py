"""Building the graph: the nodes of every module, edges from what is referred to, to what refers to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import networkx as nx

from kvmplan.config.calls import is_host_argument
from kvmplan.config.model import Configuration
from kvmplan.graph.nodes import Node, depends_on, expressions_of, nodes_of, place, repeater, resource_node
from kvmplan.graph.targets import Place, needed_targets, targets
from kvmplan.syntax import Expression, references
from kvmplan_sdk.diagnostics import Diagnostic, error


@dataclass(frozen=True, slots=True)
class Dependencies:
    """``order``: every node after those it refers to; stable for one configuration."""

    graph: nx.DiGraph[Node]
    order: tuple[Node, ...]


def build_graph(configuration: Configuration) -> tuple[Dependencies, list[Diagnostic]]:
    """The graph, and every reference to nothing. With a cycle in it, ``order`` is empty."""
    graph: nx.DiGraph[Node] = nx.DiGraph()
    diagnostics: dict[Diagnostic, None] = {}
    modules = list(configuration.tree())
    for module in modules:
        graph.add_nodes_from(nodes_of(module))
    for module in modules:
        for before, after in _edges(module, diagnostics):
            if after in graph:  # an import may name what is not there, which planning tells
                graph.add_edge(before, after)
        for name, child in module.modules.items():
            for edge in _between(module, name, child, diagnostics):
                graph.add_edge(*edge)
    cycle = _cycle(graph, configuration)
    if cycle is not None:
        return Dependencies(graph, ()), [*diagnostics, cycle]
    order = nx.lexicographical_topological_sort(graph, key=lambda node: (node.module, node.kind, node.name))
    return Dependencies(graph, tuple(order)), list(diagnostics)


def _edges(configuration: Configuration, diagnostics: dict[Diagnostic, None]) -> Iterator[tuple[Node, Node]]:
    """The edges that references in one module make."""
    for node in nodes_of(configuration):
        here = Place(configuration, node, repeater(configuration, node))
        own = _own_expressions(configuration, node)
        for expression in expressions_of(configuration, node):
            at = replace(here, own=True) if id(expression) in own else here
            yield from _referred(expression, at, node, diagnostics)
        for reference in depends_on(configuration, node):
            found = needed_targets(reference, here)
            if isinstance(found, Diagnostic):
                diagnostics[found] = None
            else:
                yield from ((target, node) for target in found)
        if node.kind == "contents":
            yield Node(configuration.path, "module", node.name), node
        elif node.kind == "import":
            target = configuration.imports[int(node.name)].target
            yield node, resource_node((*configuration.path, *target.path), target.resource)


def _own_expressions(configuration: Configuration, node: Node) -> frozenset[int]:
    """The expressions in which ``self`` has a meaning."""
    if node.address is None:
        return frozenset()
    conditions = configuration.resources[node.address].lifecycle.postconditions
    return frozenset(id(part) for one in conditions for part in (one.condition, one.error_message))


def _referred(
    expression: Expression, at: Place, node: Node, diagnostics: dict[Diagnostic, None]
) -> Iterator[tuple[Node, Node]]:
    for reference in references(expression):
        found = targets(reference, at)
        if isinstance(found, Diagnostic):
            diagnostics[found] = None
        else:
            yield from ((target, node) for target in found)


def _between(
    caller: Configuration, name: str, module: Configuration, diagnostics: dict[Diagnostic, None]
) -> Iterator[tuple[Node, Node]]:
    """The edges between a call and what it calls: arguments to variables, the call to all, all to its contents."""
    call = caller.calls[name]
    called, contents = Node(caller.path, "module", name), Node(caller.path, "contents", name)
    here = Place(caller, called, call)
    for node in nodes_of(module):
        yield called, node
        if node.kind in {"resource", "output", "contents"}:
            yield node, contents
        if node.kind != "var":
            continue
        if node.name in call.arguments:
            yield from _referred(call.arguments[node.name].expression, here, node, diagnostics)
        elif call.host is not None and is_host_argument(call, module, node.name):
            yield from _referred(call.host, here, node, diagnostics)


def _cycle(graph: nx.DiGraph[Node], configuration: Configuration) -> Diagnostic | None:
    """One cycle, as a path that a person can follow, placed at its first member."""
    knots = [
        sorted(knot, key=str)
        for knot in nx.strongly_connected_components(graph)
        if len(knot) > 1 or any(graph.has_edge(node, node) for node in knot)
    ]
    if not knots:
        return None
    knot = min(knots, key=lambda nodes: str(nodes[0]))
    found = nx.find_cycle(graph.subgraph(knot), knot[0])
    members = [found[0][0], *(edge[0] for edge in reversed(found[1:]))]
    path = " → ".join(map(str, [*members, members[0]]))
    module = configuration.module(members[0].module)
    return error(
        "Dependency cycle",
        f"Each of these refers to the next: {path}. Break the circle: move what both ends need into a local value or a "
        "variable.",
        source=place(module, members[0]) if module else None,
    )


__all__ = ["Dependencies", "build_graph"]
