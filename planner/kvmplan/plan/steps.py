"""The ordered plan: operations gathered into steps, once, in linear time.

Every operation has a lane (host, provider) and a stage:

    stage(v) = max over predecessors u of  stage(u)      if u is in v's lane and v does not wait for u's outcome
                                           stage(u) + 1  otherwise

and a step is all operations of one lane and stage. Edges between lanes always raise the stage and edges inside a lane
never lower it, so the graph of steps has no cycle. Inside a step operations are sorted topologically, ties by address.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import networkx as nx

from kvmplan.lane import Lane

Node = TypeVar("Node", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Grouped:
    """``members``: the nodes of a step in order; ``after``: positions of the steps it waits for, in the list."""

    lane: Lane
    members: tuple[Hashable, ...]
    after: tuple[int, ...]


def group(
    graph: nx.DiGraph[Node],
    lanes: Mapping[Node, Lane | None],
    waiting: frozenset[Node],
    order: Mapping[Node, tuple[object, ...]],
) -> list[Grouped]:
    """Gather the nodes of ``graph`` (edges from what comes first) into steps, sorted by stage, then lane.

    A node whose lane is None is a junction: it carries order from its predecessors to its successors and is in no
    step. ``waiting``: nodes whose inputs wait for the outcome of what precedes them. ``order`` breaks ties.
    """
    sequence = list(nx.lexicographical_topological_sort(graph, key=lambda node: order[node]))
    stages = _stages(graph, sequence, lanes, waiting)
    members: dict[tuple[int, Lane], list[Node]] = defaultdict(list)
    for node in sequence:
        lane = lanes[node]
        if lane is not None:
            members[stages[node], lane].append(node)
    positions = {key: position for position, key in enumerate(sorted(members))}
    position_of = {node: positions[key] for key, nodes in members.items() for node in nodes}
    before = _step_edges(graph, sequence, position_of)
    return [
        Grouped(lane, tuple(members[stage, lane]), tuple(sorted(before[positions[stage, lane]])))
        for stage, lane in sorted(members)
    ]


def _stages(
    graph: nx.DiGraph[Node], sequence: list[Node], lanes: Mapping[Node, Lane | None], waiting: frozenset[Node]
) -> dict[Node, int]:
    """The stage of every node. A junction passes on, for each lane before it, the highest stage reached there."""
    stages: dict[Node, int] = {}
    behind: dict[Node, dict[Lane, int]] = {}
    for node in sequence:
        reached: dict[Lane, int] = {}
        for predecessor in graph.predecessors(node):
            lane = lanes[predecessor]
            found = behind[predecessor] if lane is None else {lane: stages[predecessor]}
            for other, stage in found.items():
                reached[other] = max(reached.get(other, 0), stage)
        lane = lanes[node]
        if lane is None:
            behind[node] = reached
            continue
        stages[node] = max(
            (stage if other == lane and node not in waiting else stage + 1 for other, stage in reached.items()),
            default=0,
        )
    return stages


def _step_edges(graph: nx.DiGraph[Node], sequence: list[Node], position_of: Mapping[Node, int]) -> dict[int, set[int]]:
    """For every step the steps it waits for, seen through junctions."""
    before: dict[int, set[int]] = defaultdict(set)
    through: dict[Node, set[int]] = {}
    for node in sequence:
        reached: set[int] = set()
        for predecessor in graph.predecessors(node):
            position = position_of.get(predecessor)
            if position is None:
                reached |= through[predecessor]
            else:
                reached.add(position)
        mine = position_of.get(node)
        if mine is None:
            through[node] = reached
        else:
            before[mine] |= reached - {mine}
    return before
