"""Steps: every edge kept, no cycle, one lane each, and no more of them than the formula of the module says."""

from __future__ import annotations

from collections.abc import Iterator

import networkx as nx
from hypothesis import given
from hypothesis import strategies as st

from kvmplan.lane import Lane
from kvmplan.plan.steps import Grouped, group

LANES = [Lane("a", "x"), Lane("a", "y"), Lane("b", "x")]


@st.composite
def graphs(draw: st.DrawFn) -> tuple[nx.DiGraph[int], dict[int, Lane | None], frozenset[int]]:
    size = draw(st.integers(0, 14))
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_nodes_from(range(size))
    pairs = [(u, v) for v in range(size) for u in range(v)]
    if pairs:
        graph.add_edges_from(draw(st.lists(st.sampled_from(pairs), max_size=3 * size)))
    lanes = {node: draw(st.sampled_from([*LANES, None])) for node in graph}
    return graph, lanes, draw(st.frozensets(st.integers(0, max(size - 1, 0))))


def before(graph: nx.DiGraph[int], lanes: dict[int, Lane | None], node: int) -> Iterator[int]:
    """The operations right before ``node``, seen through junctions."""
    for predecessor in graph.predecessors(node):
        if lanes[predecessor] is None:
            yield from before(graph, lanes, predecessor)
        else:
            yield predecessor


def grouped(graph: nx.DiGraph[int], lanes: dict[int, Lane | None], waiting: frozenset[int]) -> list[Grouped]:
    return group(graph, lanes, waiting, {node: (node,) for node in graph})


@given(graphs())
def test_steps_are_those_of_the_formula(made: tuple[nx.DiGraph[int], dict[int, Lane | None], frozenset[int]]) -> None:
    graph, lanes, waiting = made
    stages: dict[int, int] = {}
    for node in graph:  # numbered in topological order
        lane = lanes[node]
        stages[node] = max(
            (
                stages[u] if lanes[u] == lane and node not in waiting else stages[u] + 1
                for u in before(graph, lanes, node)
            ),
            default=0,
        )
    wanted: dict[tuple[int, Lane], set[int]] = {}
    for node, lane in lanes.items():
        if lane is not None:
            wanted.setdefault((stages[node], lane), set()).add(node)
    steps = grouped(*made)
    assert [(step.lane, set(step.members)) for step in steps] == [(key[1], wanted[key]) for key in sorted(wanted)]


@given(graphs())
def test_every_edge_is_kept_and_steps_have_no_cycle(
    made: tuple[nx.DiGraph[int], dict[int, Lane | None], frozenset[int]],
) -> None:
    graph, lanes, _ = made
    steps = grouped(*made)
    order: nx.DiGraph[int] = nx.DiGraph()
    order.add_nodes_from(range(len(steps)))
    order.add_edges_from((needed, position) for position, step in enumerate(steps) for needed in step.after)
    assert nx.is_directed_acyclic_graph(order)
    place = {node: (position, step.members.index(node)) for position, step in enumerate(steps) for node in step.members}
    for node in place:
        for earlier in before(graph, lanes, node):  # type: ignore[arg-type]
            if place[earlier][0] == place[node][0]:
                assert place[earlier][1] < place[node][1]
            else:
                assert place[earlier][0] in steps[place[node][0]].after
                assert place[earlier][0] < place[node][0]


def test_what_everybody_needs_costs_an_edge_each() -> None:
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_edges_from((node, 500) for node in range(500))
    graph.add_edges_from((500, node) for node in range(501, 1001))
    lanes: dict[int, Lane | None] = {node: LANES[node % 3] if node != 500 else None for node in graph}
    steps = grouped(graph, lanes, frozenset())
    assert sum(len(step.after) for step in steps) <= 9
