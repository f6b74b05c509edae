"""Directed graphs, held against networkx."""

from __future__ import annotations

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvmplan.digraph import Digraph, knots, reachable, shortest_circle, topological_order


def both(edges: list[tuple[int, int]]) -> tuple[Digraph[int], nx.DiGraph[int]]:
    ours: Digraph[int] = Digraph()
    theirs: nx.DiGraph[int] = nx.DiGraph()
    for graph in (ours, theirs):
        graph.add_nodes_from(range(9))
        graph.add_edges_from(edges)
    return ours, theirs


graphs = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=14).map(both)


@given(graphs)
def test_order(made: tuple[Digraph[int], nx.DiGraph[int]]) -> None:
    ours, theirs = made
    order = topological_order(ours, key=lambda node: -node)
    if nx.is_directed_acyclic_graph(theirs):
        assert order == list(nx.lexicographical_topological_sort(theirs, key=lambda node: -node))
    else:
        stuck = reachable(ours, [node for knot in knots(ours) for node in knot])
        assert set(order) == set(ours) - stuck


@given(graphs, st.sets(st.integers(0, 8)))
def test_reachable(made: tuple[Digraph[int], nx.DiGraph[int]], sources: set[int]) -> None:
    ours, theirs = made
    assert reachable(ours, sources) == sources.union(*(nx.descendants(theirs, node) for node in sources))


@given(graphs)
def test_knots(made: tuple[Digraph[int], nx.DiGraph[int]]) -> None:
    ours, theirs = made
    wanted = [
        knot for knot in nx.strongly_connected_components(theirs) if len(knot) > 1 or theirs.has_edge(*knot, *knot)
    ]
    assert sorted(map(sorted, knots(ours))) == sorted(map(sorted, wanted))


@given(graphs)
def test_the_shortest_circle(made: tuple[Digraph[int], nx.DiGraph[int]]) -> None:
    ours, theirs = made
    for node in theirs:
        lengths = [
            nx.shortest_path_length(theirs, node, before) + 1
            for before in theirs.predecessors(node)
            if nx.has_path(theirs, node, before)
        ]
        if not lengths:
            with pytest.raises(ValueError, match="no circle"):
                shortest_circle(ours, node)
            continue
        circle = shortest_circle(ours, node)
        assert circle[0] == node
        assert len(circle) == min(lengths)
        assert all(theirs.has_edge(before, after) for after, before in zip(circle, [*circle[1:], node], strict=True))


def test_removing_an_edge() -> None:
    graph, _ = both([(0, 1), (1, 0)])
    graph.remove_edge(1, 0)
    assert not knots(graph)
    assert list(graph.successors(0)) == [1]
    assert list(graph.predecessors(0)) == []


def test_a_long_chain_needs_no_recursion() -> None:
    graph: Digraph[int] = Digraph()
    graph.add_edges_from((node, node + 1) for node in range(5000))
    assert not knots(graph)
    assert topological_order(graph, key=int) == list(range(5001))
