"""What an instance refers to across modules: the instances it shares a module with, else all there are."""

from __future__ import annotations

import pytest

from ..workspace import Workspace, address

SITE = """
variable "of" {}
resource "toy_thing" "base" {
  name = "base-${var.of}"
}
resource "toy_thing" "part" {
  name = "part-${var.of}"
  note = local.base
}
locals {
  base = toy_thing.base.label
}
output "label" {
  value = toy_thing.part.label
}
"""
ROOT = """
resource "toy_thing" "first" {
  name = "first"
}
module "site" {
  source   = "./site"
  for_each = toset(["a", "b"])
  of       = "${each.key}-${toy_thing.first.name}"
}
module "other" {
  source = "./site"
  of     = upper(module.site["a"].label) == "" ? "x" : "y"
}
resource "toy_thing" "last" {
  name = "last"
  note = module.site["a"].label
}
"""


@pytest.mark.parametrize(
    ("at", "needed"),
    [
        ('module.site["a"].toy_thing.part', ['module.site["a"].toy_thing.base', "toy_thing.first"]),
        ("module.other.toy_thing.base", ["module.site.toy_thing.part"]),
        ("module.other.toy_thing.part", ["module.site.toy_thing.part", "module.other.toy_thing.base"]),
        ("toy_thing.last", ["module.site.toy_thing.part"]),
    ],
)
def test_dependencies_across_modules(workspace: Workspace, at: str, needed: list[str]) -> None:
    workspace.write(ROOT)
    (workspace.directory / "site").mkdir()
    (workspace.directory / "site" / "main.kvm.hcl").write_text(SITE)
    found = workspace.plan().changes[address(at)].dependencies
    assert sorted(map(str, found)) == sorted(needed)


@pytest.mark.parametrize("count", [10, 40])
def test_edges_between_module_instances_grow_with_their_number(workspace: Workspace, count: int) -> None:
    """Every instance of one module refers to all of another."""
    module = 'variable "note" {}\nresource "toy_thing" "r" {\n  name = var.name\n  note = var.note\n}\n'
    module += 'variable "name" {}\noutput "label" {\n  value = toy_thing.r.label\n}\n'
    (workspace.directory / "m").mkdir()
    (workspace.directory / "m" / "main.kvm.hcl").write_text(module)
    workspace.write(
        f'module "a" {{\n  source = "./m"\n  count = {count}\n  name = "a${{count.index}}"\n  note = ""\n}}\n'
        f'module "b" {{\n  source = "./m"\n  count = {count}\n  name = "b${{count.index}}"\n'
        '  note = join(",", module.a[*].label)\n}\n'
    )
    plan = workspace.plan()
    assert len(plan.changes) == 2 * count
    assert sum(map(len, plan.needs.values())) == 2 * count


@pytest.mark.parametrize(("count", "needed"), [(3, [f"toy_thing.a[{i}]" for i in range(3)]), (101, ["toy_thing.a"])])
def test_very_many_instances_named_one_by_one_count_as_all(workspace: Workspace, count: int, needed: list[str]) -> None:
    named = ", ".join(f"toy_thing.a[{i}].name" for i in range(count))
    workspace.write(
        f'resource "toy_thing" "a" {{\n  count = {count}\n  name = "a${{count.index}}"\n}}\n'
        f'resource "toy_thing" "b" {{\n  name = join("", [{named}])\n}}\n'
    )
    assert sorted(map(str, workspace.plan().changes[address("toy_thing.b")].dependencies)) == needed
