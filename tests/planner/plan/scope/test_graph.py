"""What targets and exclusions bring with them, for configurations made up at random."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import networkx as nx
from hypothesis import given, settings
from hypothesis import strategies as st

from kvmplan.config.loader import load_configuration
from kvmplan.graph import Dependencies, Node, build_graph
from kvmplan.plan.scope.graph import left_by, targeted
from kvmplan.plan.scope.pointers import Pointers, pointers

from ...workspace import address

SIZE = 6
_References = list[frozenset[int]]
_REFERENCES = st.lists(st.frozensets(st.integers(0, SIZE - 1), max_size=3), min_size=SIZE, max_size=SIZE)
_CHOSEN = st.frozensets(st.integers(0, SIZE - 1), min_size=1, max_size=3)


def dependencies(references: _References) -> Dependencies:
    """Resources ``r0``, ``r1`` and so on, each referring to earlier ones, every second one through a local value; and
    an output of each.
    """
    blocks = []
    for position, needed in enumerate(references):
        names = [f"terraform_data.r{one}.id" for one in sorted(needed) if one < position]
        blocks.append(f"locals {{\n  l{position} = [{', '.join(names)}]\n}}\n")
        written = f"local.l{position}" if position % 2 else f"[{', '.join(names)}]"
        blocks.append(f'resource "terraform_data" "r{position}" {{\n  input = {written}\n}}\n')
        blocks.append(f'output "o{position}" {{\n  value = terraform_data.r{position}.id\n}}\n')
        blocks.append(f'output "l{position}" {{\n  value = local.l{position}\n}}\n')
    with TemporaryDirectory() as directory:
        (Path(directory) / "main.kvm.hcl").write_text("".join(blocks))
        configuration, problems = load_configuration(Path(directory))
    assert not problems
    found, problems = build_graph(configuration)
    assert not problems
    return found


def named(chosen: frozenset[int]) -> Pointers:
    return pointers(address(f"terraform_data.r{one}") for one in chosen)


def resources(nodes: frozenset[Node]) -> set[str]:
    return {node.name for node in nodes if node.address is not None}


@settings(max_examples=60, deadline=None)
@given(_REFERENCES, _CHOSEN)
def test_targets_bring_what_they_need_and_nothing_else(references: _References, chosen: frozenset[int]) -> None:
    found = dependencies(references)
    covered = targeted(found, named(chosen))
    starts = [node for node in found.order if node.name in {f"terraform_data.r{one}" for one in chosen}]
    needed = {one for node in starts for one in [node, *nx.ancestors(found.graph, node)]}
    assert resources(covered.nodes) == resources(frozenset(needed))
    check(found, covered.nodes, covered.outputs)


@settings(max_examples=60, deadline=None)
@given(_REFERENCES, _CHOSEN)
def test_exclusions_take_what_needs_them_and_nothing_else(references: _References, chosen: frozenset[int]) -> None:
    found = dependencies(references)
    covered = left_by(found, named(chosen))
    starts = [node for node in found.order if node.name in {f"terraform_data.r{one}" for one in chosen}]
    gone = {one for node in starts for one in [node, *nx.descendants(found.graph, node)]}
    assert resources(covered.nodes) == resources(frozenset(found.order)) - resources(frozenset(gone))
    check(found, covered.nodes, covered.outputs)


def check(found: Dependencies, nodes: frozenset[Node], outputs: frozenset[str]) -> None:
    """Nothing is evaluated without what it needs; the outputs are those that need resources, all of them planned."""
    assert all(before in nodes for node in nodes for before in found.graph.predecessors(node))
    for node in found.order:
        if node.kind == "output":
            needed = {one.name for one in nx.ancestors(found.graph, node) if one.address is not None}
            assert (node.name in outputs) is (bool(needed) and needed <= resources(nodes))
