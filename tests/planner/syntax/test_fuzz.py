"""Any text is parsed or refused: no exception, no hang, whatever it is."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kvmplan.lang import (
    DYNAMIC,
    SENSITIVE,
    ListValue,
    MapValue,
    Null,
    Scope,
    TupleValue,
    Unknown,
    evaluate,
    is_wholly_known,
    mark,
    marks_of,
    render,
    to_plain,
    type_constraint,
    type_of_value,
    value_to_json,
)
from kvmplan.syntax import (
    calls,
    parse_configuration,
    parse_expression,
    parse_json_configuration,
    parse_json_values,
    parse_template,
    references,
)
from kvmplan.syntax.format import format_configuration, layout
from kvmplan_sdk.types import NUMBER, STRING, ListType

PIECES = [
    "a", "b.c", "for", "in", "if", "else", "endif", "endfor", "null", "true", "1", "1.5", "0", '"', '"x"', "${",
    "%{", "~}",
    "}", "{", "(", ")", "[", "]", "*", ".", "..", "...", "=>", "=", "==", ":", "::", "?", ",", "!", "-", "+", "&&",
    "||", "<",
    "/", "%", "\n", " ", "#", "//", "/*", "*/", "<<EOT\n", "<<-E\n", "EOT\n", "\nE\n", "$${", "%%{", "\\", "'",
    "`", "é", "\u0301",
    "upper(", "try(", "format(", "[*]", ".*", "\r\n", "\t", "\x00", "\ufeff",
]  # fmt: skip
SOUP = st.lists(st.sampled_from(PIECES), max_size=25).map("".join)
TEXTS = st.one_of(SOUP, st.text(max_size=60))


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_expressions(text: str) -> None:
    expression, problems = parse_expression(text, "x")
    assert (expression is None) == bool(problems)
    if expression is not None:
        scope = Scope({"a": 1, "b": TupleValue([1, "x"])}, base_dir="/nonexistent")
        render(evaluate(expression, scope))
        assert all(problem.summary and problem.detail for problem in scope.diagnostics)


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_templates(text: str) -> None:
    expression, problems = parse_template(text, "x")
    assert (expression is None) == bool(problems)


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_configurations(text: str) -> None:
    body, problems = parse_configuration(text, "x")
    for problem in problems:
        assert problem.source is not None
        assert problem.source.start <= problem.source.end
    assert body.range.start <= body.range.end


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_formatting_is_stable_and_keeps_the_meaning(text: str) -> None:
    made, problems = format_configuration(text, "x")
    if problems:
        assert made == text
    else:
        again, problems = format_configuration(made, "x")
        assert not problems
        assert again == made


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_layout_changes_only_white_space(text: str) -> None:
    made = layout(text)
    assert "".join(made.split()) == "".join(text.split())


OPERANDS = [
    "1", "-1.5", '"a"', '"1"', "true", "null", "s", "secret", "some", "maybe", "names", "map", "none", "any",
    "[]", "{}",
]  # fmt: skip
VARIABLES = {
    "s": "text",
    "secret": mark("hidden", frozenset({SENSITIVE})),
    "some": Unknown(NUMBER),
    "maybe": Unknown(ListType(STRING)),
    "names": ListValue(STRING, ["a", "b"]),
    "map": MapValue(NUMBER, {"a": 1}),
    "none": Null(STRING),
    "any": DYNAMIC,
}
PATTERNS = [
    "({0} + {1})", "({0} == {1})", "({0} && {1})", "({0} < {1})", "({0} ? {1} : {0})", "(true ? {0} : {1})",
    "[{0}, {1}]",
    "{{a = {0}, b = {1}}}", "{{({0}) = {1}}}", "({0})[{1}]", "({0})[*].a", "({0}).*.b", "({0}).a", "(!{0})", "(-{0})",
    "[for k, v in {0} : {1}]", "[for v in {0} : v if {1}]", "{{for k, v in {0} : v => {1}}}",
    "{{for k, v in {0} : k => {1}...}}", '"x${{{0}}}y"', '"%{{for v in {0}}}${{v}}%{{endfor}}"', "tolist([{0}, {1}])",
    "toset([{0}])", "tomap({{a = {0}, b = {1}}})", "merge({0}, {1})", "try({0}, {1})", "can({0})", "jsonencode({0})",
    "concat({0}, {1})", "length({0})", "[{0}, {1}]...", "max({0}...)",
]  # fmt: skip
EXPRESSIONS = st.recursive(
    st.sampled_from(OPERANDS),
    lambda inner: st.builds(lambda pattern, a, b: pattern.format(a, b), st.sampled_from(PATTERNS), inner, inner),
    max_leaves=8,
)


@settings(max_examples=500, deadline=None)
@given(EXPRESSIONS)
def test_whatever_makes_sense_as_syntax_is_evaluated_or_refused(text: str) -> None:
    expression, problems = parse_expression(text, "x")
    assert (expression is None) == bool(problems)
    if expression is None:
        return
    scope = Scope(VARIABLES)
    value = evaluate(expression, scope)
    assert all(problem.summary and problem.detail and problem.source for problem in scope.diagnostics)
    assert not any("hidden" in problem.summary + problem.detail for problem in scope.diagnostics)
    assert "hidden" not in render(value)
    assert scope.diagnostics or "secret" in text or not marks_of(value)


NESTED = {
    "parentheses": ("(", "1", ")"),
    "tuples": ("[", "1", "]"),
    "objects": ("{a = ", "1", "}"),
    "negations": ("!", "true", ""),
    "calls": ("abs(", "1", ")"),
    "conversions": ("tolist([", "1", "])"),
    "conditionals": ("true ? 1 : ", "1", ""),
    "conditions": ("(", "true", " ? true : false)"),
    "sums": ("1 + (", "1", ")"),
    "long sums": ("1 + ", "1", ""),
    "indices": ("[0][", "0", "]"),
    "steps": ("", "a", "[0]"),
    "splats": ("", "a", "[*]"),
    "templates": ('"x${', "1", '}"'),
    "interpolations": ('"${', "1", '}"'),
    "collections": ("[for x in ", "[1]", " : x]"),
    "comprehensions": ("[for x in [1] : ", "x", "]"),
}
DEPTHS = [100, 1000, 10_000]


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("shape", NESTED)
def test_nested_expressions_work_or_are_refused(shape: str, depth: int) -> None:
    opener, middle, closer = NESTED[shape]
    text = opener * depth + middle + closer * depth
    expression, problems = parse_expression(text, "x")
    assert depth > 100 or expression is not None
    if expression is None:
        assert problems[0].summary == "Nested too deeply"
        return
    references(expression), calls(expression)
    scope = Scope({"a": TupleValue([])})
    value = evaluate(expression, scope)
    assert depth > 100 or shape == "steps" or not scope.diagnostics
    render(value), str(type_of_value(value)), to_plain(value), value_to_json(value), is_wholly_known(value)


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("text", ["[|]", '{\\"a\\":|1}', "[[|],[]]"])
@pytest.mark.parametrize("function", ["jsondecode", "yamldecode"])
def test_nested_documents_work_or_are_refused(function: str, text: str, depth: int) -> None:
    opener, closer = text.split("|")
    closer = closer.removeprefix("1")
    expression, problems = parse_expression(f'{function}("{opener * depth}1{closer * depth}")', "x")
    assert expression is not None, problems
    scope = Scope()
    value = evaluate(expression, scope)
    assert bool(scope.diagnostics) == (depth > 100 or "[[" in text)
    render(value), str(type_of_value(value)), to_plain(value), value_to_json(value)


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("opener", ["list(", "tuple([", "object({ a = optional("])
def test_nested_types_work_or_are_refused(opener: str, depth: int) -> None:
    closer = "".join({"(": ")", "[": "]", "{": "}"}.get(letter, "") for letter in reversed(opener))
    expression, problems = parse_expression(opener * depth + "string" + closer * depth, "x")
    if expression is not None:
        type_, _, problems = type_constraint(expression)
        assert type_ is None or str(type_)
    assert bool(problems) == (depth > 100)


@pytest.mark.parametrize("depth", [100, 1000, 3000])
@pytest.mark.parametrize(
    "text",
    ["b {\n|}\n", 'dynamic "x" {\n  content {\n|}\n}\n', "a = [|]", "a = (|1)", 'a = "${|1}"', "a = {b = |1}"],
)
def test_nested_configurations_work_or_are_refused(text: str, depth: int) -> None:
    opener, closer = text.split("|")
    start, opener = opener[: opener.find("= ") + 2] if "= " in opener else "", opener.removeprefix("a = ")
    if opener == "{b = ":
        start = "a = "
    middle, closer = ("1", closer.removeprefix("1")) if "1" in closer else ("", closer)
    made = f"{start}{opener * depth}{middle}{closer * depth}\n"
    body, problems = parse_configuration(made, "x")
    assert all(problem.summary == "Nested too deeply" for problem in problems)
    list(body.expressions([]))
    layout(made)
    assert format_configuration(made, "x")[1] == problems


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("opener", ["[", '{"a": '])
def test_nested_json_works_or_is_refused(opener: str, depth: int) -> None:
    text = '{"a": ' + opener * depth + "1" + ("]" if opener == "[" else "}") * depth + "}"
    body, problems = parse_json_configuration(text, "x")
    list(body.expressions(problems))
    values, _ = parse_json_values(text, "x")
    for attribute in values.attributes.values():
        evaluate(attribute.expression, Scope())
    assert all(problem.summary == "Nested too deeply" for problem in problems)
