"""Dynamic blocks: nested ones, and those whose number only apply tells."""

from __future__ import annotations

from kvmplan.config.loader import parse_sources
from kvmplan.lang import ObjectValue, Scope, TupleValue, Value, unknown
from kvmplan.plan.configured import Configured, read_body
from kvmplan.plugins import Plugins
from kvmplan.review.plan_json import plan_json
from kvmplan.review.plan_text import plan_text
from kvmplan_sdk.diagnostics import Diagnostic
from kvmplan_sdk.schema import NUMBER, STRING, Attribute, Block, Nesting, ObjectSchema
from kvmplan_sdk.types import ListType
from kvmplan_sdk.values import UNKNOWN

from ..workspace import Workspace, address

SCHEMA = ObjectSchema(
    doc="Rules in chains.",
    blocks={
        "chain": Block(
            doc="A chain.",
            attributes={"name": Attribute(type=STRING, doc="Its name.", required=True)},
            blocks={
                "rule": Block(doc="A rule.", attributes={"text": Attribute(type=STRING, doc="It.")}, min_items=1),
                "policy": Block(
                    doc="The policy.", nesting=Nesting.GROUP, attributes={"number": Attribute(type=NUMBER, doc="It.")}
                ),
            },
        )
    },
)
CHAINS = """
resource "x_table" "a" {
  dynamic "chain" {
    for_each = chains
    content {
      name = chain.value.name
      dynamic "rule" {
        for_each = chain.value.rules
        content {
          text = "${chain.key}.${rule.key} ${chain.value.name} ${rule.value}"
        }
      }
    }
  }
}
"""


def read(text: str, **names: Value) -> tuple[Configured, list[Diagnostic]]:
    configuration, problems = parse_sources({"main.kvm.hcl": text}, ".")
    assert not problems
    (resource,) = configuration.resources.values()
    diagnostics: list[Diagnostic] = []
    found = read_body(
        "An x_table", resource.body, SCHEMA, resource.range, Scope(names, diagnostics=diagnostics), diagnostics
    )
    return found, diagnostics


def chains(*each: tuple[str, Value]) -> Value:
    return TupleValue([ObjectValue({"name": name, "rules": rules}) for name, rules in each])


def test_inner_blocks_see_the_outer_iterator() -> None:
    found, problems = read(CHAINS, chains=chains(("in", TupleValue(["a", "b"])), ("out", TupleValue(["c"]))))
    assert not problems
    policy = {"number": None}
    assert found.values == {
        "chain": [
            {"name": "in", "rule": [{"text": "0.0 in a"}, {"text": "0.1 in b"}], "policy": policy},
            {"name": "out", "rule": [{"text": "1.0 out c"}], "policy": policy},
        ]
    }
    assert found.ranges["chain", 1, "rule", 0, "text"].start.line == 10


def test_an_unknown_number_of_blocks_inside_a_known_one() -> None:
    found, problems = read(CHAINS, chains=chains(("in", unknown(ListType(STRING)))))
    assert not problems, "nobody knows yet whether there are enough"
    assert found.values == {"chain": [{"name": "in", "rule": UNKNOWN, "policy": {"number": None}}]}


def test_an_unknown_number_of_blocks() -> None:
    found, problems = read(CHAINS.replace("text", "txet"), chains=unknown(ListType(STRING)))
    assert found.values == {"chain": UNKNOWN}
    assert [problem.summary for problem in problems] == ["Unsupported argument"], "its content is looked at"


def test_too_few_once_they_are_known() -> None:
    _, problems = read(CHAINS, chains=chains(("in", TupleValue([]))))
    assert [problem.summary for problem in problems] == ["Missing block"]


UNKNOWN_PORTS = """
resource "toy_thing" "first" {
  name = "first"
}
resource "toy_thing" "second" {
  name = "second"
  dynamic "port" {
    for_each = [for number in [1, 2] : number if number <= toy_thing.first.revision]
    content {
      number = port.value
    }
  }
  dynamic "place" {
    for_each = toy_thing.first.id == "" ? [] : ["r"]
    content {
      rack = place.value
    }
  }
}
"""


def test_blocks_that_only_apply_can_count(workspace: Workspace) -> None:
    workspace.write(UNKNOWN_PORTS)
    plan = workspace.plan()
    after = plan.changes[address("toy_thing.second")].after
    assert after is not None
    assert after["port"] is UNKNOWN
    assert after["place"] is UNKNOWN
    result = workspace.apply()
    assert result.complete
    second = workspace.objects()["second"]
    assert [port["number"] for port in second["port"]] == [1]
    assert second["place"] == {"rack": "r"}
    assert not [change for change in workspace.plan().changes.values() if change.action.name != "NO_OP"]


def test_the_plan_says_that_there_may_be_blocks(workspace: Workspace) -> None:
    workspace.write(UNKNOWN_PORTS)
    shown = plan_text(plan_json(workspace.plan(), Plugins().provider("toy").schema.resources))
    assert "+ port (known after apply)" in shown
    assert "+ place (known after apply)" in shown
