"""The graph of a configuration: what comes before what, and references to nothing."""

from __future__ import annotations

import pytest

from kvmplan.config.loader import parse_sources
from kvmplan.graph import Dependencies, build_graph
from kvmplan_sdk import Diagnostic


def graph(text: str) -> tuple[Dependencies, list[Diagnostic]]:
    configuration, problems = parse_sources({"main.kvm.hcl": text}, ".")
    assert not problems
    return build_graph(configuration)


def order(text: str) -> list[str]:
    dependencies, problems = graph(text)
    assert not problems
    return list(map(str, dependencies.order))


def test_everything_comes_after_what_it_refers_to() -> None:
    found = order(
        """
output "o" {
  value = toy_thing.b.name
}
resource "toy_thing" "b" {
  name = local.l
  host = host.h
}
locals {
  l = "${data.toy_thing.d.id}${var.v}"
}
data "toy_thing" "d" {
  name = "d"
}
variable "v" {}
host "h" {
  address = var.v
}
"""
    )
    for first, second in [
        ("var.v", "local.l"),
        ("data.toy_thing.d", "local.l"),
        ("var.v", "host.h"),
        ("host.h", "toy_thing.b"),
        ("local.l", "toy_thing.b"),
        ("toy_thing.b", "output.o"),
    ]:
        assert found.index(first) < found.index(second)


def test_the_order_does_not_depend_on_the_order_in_the_file() -> None:
    blocks = [f'resource "toy_thing" "{name}" {{\n  name = "{name}"\n}}\n' for name in "cab"]
    assert order("".join(blocks)) == order("".join(reversed(blocks))) == [f"toy_thing.{name}" for name in "abc"]


def test_depends_on_counts() -> None:
    a = 'resource "toy_thing" "a" {\n  name = "a"\n  depends_on = [toy_thing.b]\n}\n'
    assert order(a + 'resource "toy_thing" "b" {\n  name = "b"\n}\n') == ["toy_thing.b", "toy_thing.a"]


def test_names_of_a_for_expression_are_no_references() -> None:
    assert order('locals {\n  x = [for toy_thing in ["a"] : toy_thing.name]\n}\n') == ["local.x"]


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("locals {\n  a = local.a\n}\n", "local.a → local.a"),
        ("locals {\n  a = local.b\n  b = local.c\n  c = local.a\n}\n", "local.a → local.b → local.c → local.a"),
    ],
)
def test_a_cycle_is_told_as_a_path(text: str, path: str) -> None:
    dependencies, problems = graph(text)
    assert dependencies.order == ()
    (problem,) = problems
    assert problem.summary == "Dependency cycle"
    assert f": {path}." in problem.detail
    assert problem.source is not None
