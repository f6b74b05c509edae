"""The evaluator as the engine uses it: scopes, references on demand, diagnostics, types of variables."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kvmplan.lang import (
    DYNAMIC,
    FUNCTIONS,
    NOT_NULL,
    SENSITIVE,
    Entry,
    MapValue,
    Null,
    ObjectValue,
    Scope,
    TupleValue,
    Unknown,
    Value,
    convert,
    evaluate,
    is_wholly_known,
    mark,
    render,
    type_constraint,
    type_of_value,
    unmark_deep,
)
from kvmplan.lang.functions.encoding import encode_json
from kvmplan.syntax import Traversal, parse_expression
from kvmplan_sdk.types import BOOL, NUMBER, STRING, ListType, MapType, ObjectType, TupleType

from .language import try_value, value_of

CASES = Path(__file__).parent / "cases"
UNKNOWN: dict[str, Entry] = {
    "id": Unknown(STRING, NOT_NULL),
    "text": Unknown(STRING),
    "flag": Unknown(BOOL),
    "number": Unknown(NUMBER),
    "list": Unknown(ListType(STRING)),
    "map": Unknown(MapType(STRING)),
    "tuple": Unknown(TupleType((STRING, NUMBER))),
    "object": Unknown(ObjectType({"a": STRING, "b": NUMBER})),
    "any": DYNAMIC,
}
"""What cases find under ``unknown``, by its type."""


def cases() -> list[Any]:
    found = []
    for path in sorted(CASES.glob("*.jsonl")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            found.append(pytest.param(json.loads(line), id=f"{path.stem}-{number}"))
    return found


@pytest.mark.parametrize("case", cases())
def test_case(case: dict[str, Any]) -> None:
    """Own expressions; ``json`` is their value as JSON text, or there is an ``error``, or the value is ``unknown``.

    ``type`` is the type, where it is not clear from the value.
    """
    expression, problems = parse_expression(case["expr"], "case")
    scope = Scope({"local": {}, "unknown": UNKNOWN})
    value = evaluate(expression, scope) if expression is not None else DYNAMIC
    if case.get("error"):
        assert problems or scope.diagnostics
        return
    assert not problems
    assert not scope.diagnostics
    bare, _ = unmark_deep(value)
    if "type" in case:
        assert str(type_of_value(bare)) == case["type"]
    if case.get("unknown"):
        assert not is_wholly_known(bare)
    else:
        assert encode_json(bare) == case["json"]


def test_several_errors_at_once() -> None:
    _, said = try_value('[nope, upper([]), {a = 1}.b, "x" + 1]')
    assert said == ["Unknown variable", "Invalid function argument", "Unsupported attribute", "Invalid operand"]


def test_suggestions_name_what_was_meant() -> None:
    scope = Scope({"var": {"bridge": "br0"}})
    for text, meant in (("var.brigde", "bridge"), ("uper(1)", "upper"), ("{mtu = 1}.mtuu", "mtu")):
        expression, _ = parse_expression(text, "x")
        assert expression is not None
        evaluate(expression, scope)
        assert f'Did you mean "{meant}"?' in scope.diagnostics[-1].detail


def test_ranges_point_at_the_culprit() -> None:
    expression, _ = parse_expression("1 +\n  upper([])", "net.kvm.hcl")
    assert expression is not None
    scope = Scope({})
    evaluate(expression, scope)
    source = scope.diagnostics[0].source
    assert source is not None
    assert str(source) == "net.kvm.hcl:2,9"


def test_references_are_resolved_on_demand() -> None:
    asked: list[str] = []

    def resource(reference: Traversal, scope: Scope) -> tuple[Value, int]:
        asked.append(reference.text)
        return ObjectValue({"id": Unknown(STRING), "name": "lan"}), 1

    variables: dict[str, Entry] = {
        "libvirt_network": resource,
        "data": {"libvirt_host": {"h": ObjectValue({"cpus": 4})}},
    }
    assert value_of('libvirt_network.lan.name == "lan" && data.libvirt_host.h.cpus == 4', variables) is True
    assert asked == ["libvirt_network.lan.name"]
    _, said = try_value("data.libvirt_host.other.cpus", variables)
    assert said == ["Reference to undeclared object"]


def test_undeclared_names_are_errors_even_when_tried() -> None:
    for text in ("try(local.nope, 1)", "can(nope)", "local.nope || true"):
        _, said = try_value(text, {"local": {"x": 1}})
        assert said
    assert value_of("try(local.x.y, 1)", {"local": {"x": ObjectValue({})}}) == 1


def test_type_constraints() -> None:
    text = 'list(object({ name = string, mtu = optional(number, 1500), tags = optional(map(string), { a = "b" }) }))'
    expression, _ = parse_expression(text, "x")
    assert expression is not None
    type_, defaults, problems = type_constraint(expression)
    assert not problems
    assert isinstance(type_, ListType)
    assert isinstance(type_.element, ObjectType)
    assert type_.element.optional == {"mtu", "tags"}
    given = TupleValue([ObjectValue({"name": "a"}), ObjectValue({"name": "b", "mtu": None, "tags": ObjectValue({})})])
    made = convert(defaults.apply(given), type_)
    assert encode_json(made) == ('[{"mtu":1500,"name":"a","tags":{"a":"b"}},{"mtu":1500,"name":"b","tags":{}}]')


@pytest.mark.parametrize(
    "text",
    [
        "set",
        "list(map)",
        "lst(string)",
        '"string"',
        "object(string)",
        'object({"a" = any})',
        "optional(string)",
        "list(string, any)",
    ],
)
def test_wrong_type_constraints(text: str) -> None:
    expression, _ = parse_expression(text, "x")
    assert expression is not None
    type_, _, problems = type_constraint(expression)
    assert type_ is None
    assert problems[0].summary == "Invalid type specification"


@pytest.mark.parametrize("text", ["list", "map"])
def test_a_list_or_map_by_itself_is_one_of_any_type(text: str) -> None:
    expression, _ = parse_expression(text, "x")
    assert expression is not None
    type_, _, problems = type_constraint(expression)
    assert not problems
    assert str(type_) == f"{text}(any)"


def test_nulls_have_types() -> None:
    made = convert(None, NUMBER)
    assert made == Null(NUMBER)
    assert render(made) == "tonumber(null)"
    assert type_of_value(value_of("true ? null : 1")) == NUMBER


def test_long_chains_and_deep_nesting() -> None:
    assert value_of("+".join(["1"] * 3000)) == 3000
    deep = "[" * 900 + "]" * 900
    expression, problems = parse_expression(deep, "x")
    if expression is not None:
        scope = Scope({})
        evaluate(expression, scope)
        problems = scope.diagnostics
    assert all(problem.summary == "Nested too deeply" for problem in problems)


def test_templates_read_files_and_refuse_to_recurse(tmp_path: Path) -> None:
    (tmp_path / "greeting.tmpl").write_text("Hello, ${name}%{ for x in more } and ${x}%{ endfor }!")
    (tmp_path / "loop.tmpl").write_text('${templatefile("loop.tmpl", {})}')
    scope = Scope({}, base_dir=tmp_path)
    expression, _ = parse_expression('templatefile("greeting.tmpl", { name = "a", more = ["b"] })', "x")
    assert expression is not None
    assert evaluate(expression, scope) == "Hello, a and b!"
    expression, _ = parse_expression('templatefile("loop.tmpl", {})', "x")
    assert expression is not None
    evaluate(expression, scope)
    assert "recursion" in scope.diagnostics[-1].detail


def test_a_hostile_pattern_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kvmplan.lang.functions.string.TIME_LIMIT", 0.05)
    _, said = try_value(f'regexall("(x+x+)+y", "{"x" * 5000}")')
    assert said == ["Invalid function argument"]


def test_every_function_is_documented() -> None:
    assert {name for name, function in FUNCTIONS.items() if not function.doc.endswith(".")} == set()
    assert len(FUNCTIONS) >= 119


def test_importing_the_language_loads_no_parser_generator() -> None:
    code = "import sys, kvmplan.lang, kvmplan.syntax; print({'lark', 'hcl2', 'regex'} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"


def test_maps_and_objects_iterate_by_key() -> None:
    given = MapValue(NUMBER, {"b": 1, "a": 2})
    assert encode_json(value_of("[for k, v in x : k]", {"x": given})) == '["a","b"]'


def test_no_diagnostic_tells_what_is_sensitive() -> None:
    variables: dict[str, Entry] = {
        "secret": mark("hidden", frozenset({SENSITIVE})),
        "map": mark(MapValue(STRING, {"hidden": "x"}), frozenset({SENSITIVE})),
        "flag": mark("HIDDEN", frozenset({SENSITIVE})),
    }
    texts = [
        "{a = 1}[secret]", "[1][secret]", "tomap({a = 1})[secret]", 'map["hiden"]', "map.hiden", "secret ? 1 : 2",
        "[for x in [1] : x if secret]", "{for x in [secret, secret] : x => 1}", "parseint(secret, 10)", "-secret",
        "jsondecode(secret)", "cidrhost(secret, 1)", "regex(secret, 1)", "tomap(map)[secret]", 'try(map["hiden"])',
        "tobool(secret)", "file(secret)", "format(secret, 1)", "base64decode(secret)", "timeadd(secret, secret)",
    ]  # fmt: skip
    for text in texts:
        expression, _ = parse_expression(text, "x")
        assert expression is not None
        scope = Scope(variables)
        value = evaluate(expression, scope)
        assert scope.diagnostics or "hidden" not in render(value)
        assert not [problem for problem in scope.diagnostics if "hidden" in problem.summary + problem.detail], text
