"""Files of variables in JSON: plain values, with their places told, as Terraform reads them."""

from __future__ import annotations

from decimal import Decimal

from kvmplan.config.variables import Given

from ..workspace import PlanningError, Workspace

VARIABLES = """
variable "a" {}
variable "b" {
  type = map(string)
}
variable "c" {
  default = "c"
}
output "all" {
  value = [var.a, var.b, var.c]
}
"""


def test_values_are_taken_as_they_are(workspace: Workspace) -> None:
    workspace.write(VARIABLES)
    (workspace.directory / "kvmplan.kvmvars.json").write_text(
        '{"//": "A comment", "a": [1, "${b}", 0.1, 12345678901234567890123], "b": {"//": 1, "x": true}, "c": "first"}'
    )
    (workspace.directory / "x.auto.kvmvars.json").write_text('{"c": null}')
    plan = workspace.plan()
    assert plan.outputs["all"].after == [
        [1, "${b}", Decimal("0.1"), 12345678901234567890123],
        {"//": "1", "x": "true"},
        None,
    ]


def test_what_is_wrong_has_a_place(workspace: Workspace) -> None:
    workspace.write(VARIABLES)
    path = workspace.directory / "v.kvmvars.json"
    workspace.given = Given({}, files=("v.kvmvars.json",))
    for text, place in {
        '{"a": 1,\n "a": 2, "b": {}}': "v.kvmvars.json:2,2",
        '{"a": {"x": 1, "x": 2}, "b": {}}': "v.kvmvars.json:1,16",
        '{"a": 1\n "b": 2}': "v.kvmvars.json:2,2",
        '[{"a": 1}]': "v.kvmvars.json:1,1",
    }.items():
        path.write_text(text)
        try:
            workspace.plan()
        except PlanningError as problem:
            assert str(problem.diagnostics[0].source) == place
        else:
            raise AssertionError(text)
