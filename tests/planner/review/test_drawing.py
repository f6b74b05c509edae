"""Drawings: nothing that says nothing new, names that cannot break the language, a plan in its order."""

from __future__ import annotations

import re
from pathlib import Path

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvmplan.plan.request import Request
from kvmplan.review.drawing.dot import dot
from kvmplan.review.drawing.mermaid import mermaid
from kvmplan.review.drawing.model import Box, Drawing, Group
from kvmplan.review.drawing.reduction import reduced
from kvmplan.review.drawing.steps import steps_drawing

from ..cli.kvmplan_command import kvmplan
from ..workspace import Workspace

AWKWARD = 'x.y["a \\" # <b> `end` ä"]'


@given(st.integers(0, 12).flatmap(lambda n: st.lists(st.tuples(st.integers(0, n), st.integers(0, n)))))
def test_what_follows_from_the_rest_is_left_out(pairs: list[tuple[int, int]]) -> None:
    graph: nx.DiGraph[int] = nx.DiGraph((max(pair), min(pair)) for pair in pairs if pair[0] != pair[1])
    order = sorted(graph)
    kept = reduced(order, {node: list(graph.successors(node)) for node in graph})
    assert {(start, end) for start, ends in kept.items() for end in ends} == set(nx.transitive_reduction(graph).edges)


@pytest.mark.timeout(60)
def test_long_chains_with_short_cuts_are_reduced_in_time() -> None:
    size = 1000
    needs = {node: {node - 1, max(node - 2, 0), 0} - {node, -1} for node in range(size)}
    kept = reduced(range(size), needs)
    assert kept == {0: set(), **{node: {node - 1} for node in range(1, size)}}


@pytest.mark.timeout(60)
def test_what_needs_very_many_things_is_reduced_in_time() -> None:
    size = 20_000
    assert reduced(range(size), {size - 1: range(size - 1)})[size - 1] == set(range(size - 1))


def test_names_do_not_break_the_language() -> None:
    drawing = Drawing((Group(AWKWARD, (Box(AWKWARD, AWKWARD), Box("end", "end"))),), {AWKWARD: ("end",)})
    text = mermaid(drawing)
    assert re.findall(r'"[^"]*"', text) == ['"x.y[#quot;a \\#quot; #35; #lt;b#gt; #96;end#96; ä#quot;]"'] * 2 + [
        '"end"'
    ]
    assert "  n1 --> n2\n" in text
    quoted = re.findall(r'"((?:[^"\\]|\\.)*)"', dot(drawing))
    assert quoted.count(AWKWARD.replace("\\", "\\\\").replace('"', '\\"')) == 4


def test_what_code_hosts_do_not_render_is_told(tmp_path: Path) -> None:
    for count, said in ((400, ""), (600, "Drawing too large for code hosts")):
        blocks = "".join(f'resource "terraform_data" "r{n}" {{\n  input = var.v\n}}\n' for n in range(count))
        needs = ", ".join(f"terraform_data.r{n}.id" for n in range(count))
        last = f'variable "v" {{\n  default = 1\n}}\nresource "terraform_data" "last" {{\n  input = [{needs}]\n}}\n'
        (tmp_path / "main.kvm.hcl").write_text(blocks + last)
        came = kvmplan("graph", "-format=mermaid", cwd=tmp_path)
        assert came.stdout.count(" --> ") == count
        assert said in came.stderr
        assert bool(said) is bool(came.stderr)


def test_a_plan_is_drawn_in_its_order(workspace: Workspace) -> None:
    workspace.write(
        'resource "toy_thing" "a" {\n  count = 2\n  name  = "a${count.index}"\n}\n'
        'resource "toy_thing" "b" {\n  count  = 2\n  name   = "b${count.index}"\n'
        '  parent = join("", toy_thing.a[*].id)\n}\n'
    )
    drawing = workspace.with_plan(lambda _run, plan: steps_drawing(plan), Request())
    boxes = {group.label: [box.label for box in group.boxes] for group in drawing.groups}
    steps = [name for name in boxes if name]
    assert steps == sorted(steps)
    assert sorted(label for name in steps for label in boxes[name]) == [
        "create toy_thing.a[0]",
        "create toy_thing.a[1]",
        "create toy_thing.b[0]",
        "create toy_thing.b[1]",
    ]
    graph: nx.DiGraph[str] = nx.DiGraph(drawing.pairs)
    for later in ("create toy_thing.b[0]", "create toy_thing.b[1]"):
        assert {"create toy_thing.a[0]", "create toy_thing.a[1]"} <= nx.descendants(graph, later)


def test_providers_are_drawn_with_what_they_need(tmp_path: Path) -> None:
    (tmp_path / "main.kvm.hcl").write_text(
        'kvmplan {\n  required_providers {\n    mine = {\n      source = "toy"\n    }\n  }\n}\n'
        'variable "world" {}\nprovider "mine" {\n  world = var.world\n}\n'
        'resource "toy_thing" "a" {\n  provider = mine\n  name     = "a"\n}\n'
    )
    said = kvmplan("graph", "-type=plan", cwd=tmp_path)
    arrows = set(re.findall(r'"\[root\] (.*)" -> "\[root\] (.*)"', said.stdout.replace('\\"', "'")))
    assert ("toy_thing.a (expand)", "provider['toy']") in arrows, said.stderr
    assert ("provider['toy']", "var.world") in arrows
    assert ("provider['toy'] (close)", "toy_thing.a (expand)") in arrows


def test_the_command(tmp_path: Path) -> None:
    (tmp_path / "main.kvm.hcl").write_text('resource "toy_thing" "a" {\n  name = "a"\n}\n')
    assert '"toy_thing.a" [label="toy_thing.a"];' in kvmplan("graph", cwd=tmp_path).stdout
    assert kvmplan("graph", "-format=mermaid", cwd=tmp_path).stdout == 'flowchart RL\n  n1["toy_thing.a"]\n'
    said = kvmplan("graph", "-type=apply", cwd=tmp_path)
    assert (said.status, "kvmplan graph --plan FILE" in said.stderr) == (1, True)
    assert kvmplan("plan", "-out", "p", cwd=tmp_path).status == 0
    assert "create toy_thing.a" in kvmplan("graph", "-plan", "p", cwd=tmp_path).stdout
    (tmp_path / "main.kvm.hcl").write_text("locals {\n  a = local.b\n  b = local.a\n}\n")
    said = kvmplan("graph", cwd=tmp_path)
    assert (said.status, said.stdout, "Dependency cycle" in said.stderr) == (1, "", True)
