"""What follows from targets and exclusions for a configuration: which of its nodes are planned.

As Terraform has it, targets bring all that they need with them, whole resources; and, as OpenTofu has it, exclusions
take all with them that needs them. The outputs of the root module come along that need nothing else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import chain

import networkx as nx

from kvmplan.addresses import StaticPath
from kvmplan.graph import Dependencies, Node
from kvmplan.plan.scope.pointers import Pointers


@dataclass(frozen=True, slots=True)
class Covered:
    """``nodes``: those to evaluate, closed under what they need; ``whole``: the resources whose instances are planned
    all; ``within``: resources needed by what is named in modules around them, given by how many steps down these are;
    ``outputs``: of the root module.
    """

    nodes: frozenset[Node]
    whole: frozenset[Node]
    within: Mapping[Node, frozenset[int]]
    outputs: frozenset[str]


def targeted(dependencies: Dependencies, targets: Pointers) -> Covered:
    """What ``targets`` name is needed inside its own module instance by others of that, and outside of it whole."""
    graph = dependencies.graph
    named: dict[StaticPath, list[Node]] = defaultdict(list)
    for node in dependencies.order:
        if node.address is not None and targets.touches(node):
            named[node.module].append(node)
    within: dict[Node, set[int]] = defaultdict(set)
    outside: set[Node] = set()
    for module, members in named.items():
        inside, around = _needed(graph, members, module)
        outside |= around
        for node in inside:
            within[node].add(len(module))
    whole = _reached(outside, graph.predecessors)
    nodes = {*whole, *within, *chain.from_iterable(named.values())}
    return _with_outputs(
        dependencies, nodes, frozenset(whole), {node: frozenset(depths) for node, depths in within.items()}
    )


def _needed(graph: nx.DiGraph[Node], nodes: list[Node], module: StaticPath) -> tuple[set[Node], set[Node]]:
    """What ``nodes``, of ``module``, need inside of it, and what these all need around it."""
    inside: set[Node] = set()
    outside: set[Node] = set()
    waiting, seen = list(nodes), set(nodes)
    while waiting:
        for before in graph.predecessors(waiting.pop()):
            if before.module[: len(module)] != module:
                outside.add(before)
                continue
            inside.add(before)
            if before not in seen:
                seen.add(before)
                waiting.append(before)
    return inside, outside


def left_by(dependencies: Dependencies, excluded: Pointers) -> Covered:
    """What ``excluded`` leaves to be planned."""
    graph = dependencies.graph
    touched = [node for node in dependencies.order if node.address is not None and excluded.touches(node)]
    gone = {node for node in touched if excluded.covers_whole(node)}
    gone |= _reached((after for node in touched for after in graph.successors(node)), graph.successors)
    left = frozenset(dependencies.order) - gone
    return _with_outputs(dependencies, left, left.difference(touched), {})


def _with_outputs(
    dependencies: Dependencies, nodes: Iterable[Node], whole: frozenset[Node], within: Mapping[Node, frozenset[int]]
) -> Covered:
    """Outputs that need resources, and none but those that are planned."""
    planned = set(nodes)
    needing: set[Node] = set()
    spoiled: set[Node] = set()
    for node in dependencies.order:
        before = list(dependencies.graph.predecessors(node))
        if node.address is not None or any(one in needing for one in before):
            needing.add(node)
        if (node.address is not None and node not in planned) or any(one in spoiled for one in before):
            spoiled.add(node)
    outputs = {node for node in needing - spoiled if node.kind == "output" and not node.module}
    planned |= _reached(outputs, dependencies.graph.predecessors)
    return Covered(frozenset(planned), whole, within, frozenset(node.name for node in outputs))


def _reached(starts: Iterable[Node], onward: Callable[[Node], Iterable[Node]]) -> set[Node]:
    """``starts``, and all that they lead to."""
    found = set(starts)
    waiting = list(found)
    while waiting:
        for node in onward(waiting.pop()):
            if node not in found:
                found.add(node)
                waiting.append(node)
    return found
