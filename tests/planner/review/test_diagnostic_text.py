"""Diagnostics as people and programs read them: places in texts of any kind, and the values involved."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kvmplan.lang import Scope, evaluate
from kvmplan.lang.values import SENSITIVE, MapValue, ObjectValue, Unknown, mark
from kvmplan.review.diagnostic_text import diagnostic_json, diagnostics_text, validation_json
from kvmplan.syntax import Body, Expression, parse_configuration
from kvmplan_sdk.diagnostics import Diagnostic, SourceRange, error, warning
from kvmplan_sdk.types import STRING


def found(text: str) -> Expression:
    """The expression of the argument ``x``, wherever it is."""

    def inside(body: Body) -> list[Expression]:
        own = [attribute.expression for name, attribute in body.attributes.items() if name == "x"]
        return own + [expression for block in body.blocks for expression in inside(block.body)]

    body, problems = parse_configuration(text, "f")
    assert not problems
    return inside(body)[0]


def snippet(text: str, source: SourceRange | None = None) -> Any:
    made = diagnostic_json(error("Wrong", source=source or found(text).range), {"f": text})
    assert isinstance(made["snippet"], dict)
    return made["snippet"]


@pytest.mark.parametrize(
    "text",
    [
        "x = y", "x = y\n", "a = 1\n  x = f(1)  \n", '  x = "e\u0301日\N{FAMILY}" # ü\n', "x = f(\n  1,\n  [\n  ]\n)\n",
        "x = [\r\n1\r\n]\r\n", "\ufeffx = y\n", "\tx = \ty\n", "x = <<E\n ü\nE\n",
    ],
)  # fmt: skip
def test_what_is_meant_can_be_cut_out_of_the_snippet(text: str) -> None:
    made = snippet(text)
    data = made["code"].encode()
    meant = data[made["highlight_start_offset"] : made["highlight_end_offset"]].decode()
    assert meant == found(text).text.replace("\r\n", "\n")
    assert made["start_line"] == found(text).range.start.line
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    count = made["code"].count("\n") + 1
    assert made["code"].split("\n") == lines[made["start_line"] - 1 : made["start_line"] - 1 + count]


def test_the_shape_is_that_of_terraform() -> None:
    text = 'locals {\n  x = "日" + nope\n}\n'
    node = found(text)
    document = json.loads(validation_json([error("Wrong", "Since.", source=node.range), warning("Odd")], {"f": text}))
    assert document == {
        "format_version": "1.0",
        "valid": False,
        "error_count": 1,
        "warning_count": 1,
        "diagnostics": [
            {
                "severity": "error",
                "summary": "Wrong",
                "detail": "Since.",
                "range": {
                    "filename": "f",
                    "start": {"line": 2, "column": 7, "byte": 15},
                    "end": {"line": 2, "column": 17, "byte": 27},
                },
                "snippet": {
                    "context": "locals",
                    "code": '  x = "日" + nope',
                    "start_line": 2,
                    "highlight_start_offset": 6,
                    "highlight_end_offset": 18,
                    "values": [],
                },
            },
            {"severity": "warning", "summary": "Odd", "detail": ""},
        ],
    }


def test_an_empty_range_means_one_byte_also_at_the_end() -> None:
    node = found("x = y")
    at_end = SourceRange("f", node.range.end, node.range.end)
    made = diagnostic_json(error("Wrong", source=at_end), {"f": "x = y"})
    assert made["range"] == {
        "filename": "f",
        "start": {"line": 1, "column": 6, "byte": 5},
        "end": {"line": 1, "column": 7, "byte": 6},
    }
    assert made["snippet"] == {
        "context": None,
        "code": "x = y",
        "start_line": 1,
        "highlight_start_offset": 5,
        "highlight_end_offset": 5,
        "values": [],
    }
    assert "snippet" not in diagnostic_json(error("Wrong", source=at_end), {"f": "x"})
    assert "snippet" not in diagnostic_json(error("Wrong", source=at_end), {})


@pytest.mark.parametrize(
    ("text", "context"),
    [
        ("x = y\n", None),
        ("a {\n  x = y\n}\n", "a"),
        ('a "b" c {\n  d {\n    x = y\n  }\n}\n', 'a "b" "c"'),
        ("a {}\nb { x = y }\n", "b"),
    ],
)
def test_the_outermost_block_is_named(text: str, context: str | None) -> None:
    assert snippet(text)["context"] == context
    said = diagnostics_text([error("Wrong", source=found(text).range)], {"f": text})
    assert (f", in {context}:" in said) == (context is not None)


@pytest.mark.parametrize(
    ("line", "carets"),
    [
        ("x = abc", "    ^^^"),
        ("\tx = y", "\t    ^"),
        ('x = ["日本"]', "    ^^^^^^^^"),
        ('a { x = "e\u0301" }', "        ^^^"),
        ("a = { ü = 1 }\n/* 日 */ x = y", "             ^"),
    ],
)
def test_carets_stand_below_what_is_meant(line: str, carets: str) -> None:
    said = diagnostics_text([error("Wrong", source=found(f"{line}\n").range)], {"f": f"{line}\n"})
    assert said.splitlines()[-1] == " " * 6 + carets


VARIABLES = {
    "var": {
        "text": 'a "b"',
        "secret": mark("hidden", frozenset({SENSITIVE})),
        "known_later": Unknown(STRING),
        "map": MapValue(STRING, {"a": "b"}),
        "object": ObjectValue({"a": 1, "b": 2}),
        "nothing": None,
    }
}


def told(text: str) -> Diagnostic:
    scope = Scope(VARIABLES)
    evaluate(found(f"x = {text}\n"), scope)
    (diagnostic,) = scope.diagnostics
    return diagnostic


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("tonumber(var.text)", [("var.text", r'is "a \"b\""')]),
        ("tonumber(var.secret)", [("var.secret", "has a sensitive value")]),
        ("var.map + 1", [("var.map", "is a map of string with 1 element")]),
        ("var.object.c", [("var.object", "is an object with 2 attributes")]),
        ("var.known_later.c", [("var.known_later", "is a string, known only after apply")]),
        ("var.nothing.c", [("var.nothing", "is null")]),
        ("var.map[var.object.a]", [("var.map", "is a map of string with 1 element"), ("var.object.a", "is 1")]),
        ("[for k in [var.text] : tonumber(k)]", []),
        ("var.missing", []),
    ],
)
def test_the_values_involved_are_told(text: str, values: list[tuple[str, str]]) -> None:
    diagnostic = told(text)
    assert list(diagnostic.values) == values
    said = diagnostics_text([diagnostic], {"f": f"x = {text}\n"})
    assert [line[6:] for line in said.splitlines() if line.startswith("    │")] == [f"{a} {b}" for a, b in values]
    made: Any = diagnostic_json(diagnostic, {"f": f"x = {text}\n"})
    assert [(value["traversal"], value["statement"]) for value in made["snippet"]["values"]] == values


def test_secrets_are_nowhere() -> None:
    diagnostic = told("tonumber(var.secret)")
    assert "hidden" not in json.dumps(diagnostic_json(diagnostic, {"f": "x = tonumber(var.secret)\n"}))
