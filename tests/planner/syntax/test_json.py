"""JSON syntax: the scanner reads what the standard library reads, and everything knows its place in the file."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvmplan.syntax import Literal, Reading, Tuple, parse_json_configuration, parse_json_values, references
from kvmplan.syntax.json_scanner import JsonArray, JsonObject, JsonScalar, JsonString, JsonValue, scan_json
from kvmplan.syntax.source import Source
from kvmplan_sdk.diagnostics import Diagnostic

DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=20,
)


def plain(value: JsonValue) -> Any:
    match value:
        case JsonObject(properties=properties):
            return {entry.name.value: plain(entry.value) for entry in properties}
        case JsonArray(items=items):
            return [plain(item) for item in items]
        case JsonString(value=text):
            return text
        case JsonScalar(value=scalar):
            return scalar
    raise AssertionError(value)


@given(DOCUMENTS, st.booleans(), st.sampled_from([None, 2, "\t"]))
def test_what_the_standard_library_writes_is_read(document: Any, escape: bool, indent: int | str | None) -> None:
    text = json.dumps(document, ensure_ascii=escape, indent=indent)
    value, problems = scan_json(Source(text, "x"))
    assert not problems
    assert value is not None
    assert plain(value) == document
    assert value.text == text


@given(DOCUMENTS, st.data())
def test_a_broken_text_is_told(document: Any, data: st.DataObject) -> None:
    """The standard library and we refuse the same, but for what it adds to JSON, and too deep nesting."""
    text = json.dumps(document)
    at = data.draw(st.integers(0, len(text)))
    text = text[:at] + data.draw(st.sampled_from(["", "}", '"', ",", "\\", "x", "-", "0", ":", "\t"])) + text[at + 1 :]
    value, problems = scan_json(Source(text, "x"))
    try:
        json.loads(text)
    except ValueError:
        assert value is None
        assert len(problems) == 1
        assert problems[0].source is not None
    else:
        assert (value is not None and not problems) or "NaN" in text


@given(st.text(max_size=8), st.sampled_from(["", "\n", "\t", "é", "\N{GRINNING FACE}", '"', "\\"]))
def test_a_reference_in_a_string_is_found_where_it_is_written(before: str, more: str) -> None:
    literal = (before + more).replace("$", "").replace("%", "").encode(errors="replace").decode()
    for escape in (True, False):
        text = '{"a":\n ' + json.dumps(literal + "${var.x}", ensure_ascii=escape) + "}"
        body, problems = parse_json_configuration(text, "x")
        assert not problems
        (reference,) = references(body.content({}, []).attributes["a"].expression)
        place = reference.range
        line = text.split("\n")[1]
        assert (place.start.line, place.end.line) == (2, 2)
        assert text.encode()[place.start.byte : place.end.byte] == b"var.x"
        assert place.start.byte == len(text[: text.index("var.x")].encode())
        assert not line.isascii() or place.start.column == line.index("var.x") + 1


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("12345678901234567890123456789", 12345678901234567890123456789),
        ("-0.5", Fraction(-1, 2)),
        ("1e3", 1000),
        ("2.50", Fraction(5, 2)),
    ],
)
def test_numbers_are_exact(written: str, value: object) -> None:
    found, _ = scan_json(Source(written, "x"))
    assert isinstance(found, JsonScalar)
    assert found.value == value


@pytest.mark.parametrize("written", ["+1", ".5", "5.", "01", "1e", "-", "0x1", "1e99999", "NaN", "Infinity", "1.e2"])
def test_no_numbers(written: str) -> None:
    found, problems = scan_json(Source(written, "x"))
    assert found is None
    assert len(problems) == 1


def test_mistakes_in_strings_are_told_once() -> None:
    body, _ = parse_json_configuration('{"a": "${", "b": {"c": ["${x.y}", "${"]}}', "x")
    problems: list[Diagnostic] = []
    assert [reference.text for part in body.expressions(problems) for reference in references(part)] == ["x.y"]
    assert len(problems) == 2
    body.content({}, problems)
    assert len(problems) == 2


@pytest.mark.parametrize("text", ["null", "1", '"x"', "true"])
def test_a_configuration_is_an_object_or_an_array(text: str) -> None:
    assert [problem.summary for problem in parse_json_configuration(text, "x")[1]] == ["Incorrect JSON value type"]
    assert not parse_json_configuration("[{}]", "x")[1]


def test_how_strings_are_read() -> None:
    body, _ = parse_json_configuration('{"a": ["x.y[0]", "x + 1", "${z}"]}', "x")
    for reading, kinds in {
        Reading.TEMPLATE: ["Literal", "Literal", "Wrapped"],
        Reading.LITERAL: ["Literal", "Literal", "Literal"],
        Reading.REFERENCE: ["Traversal", "Literal", "Wrapped"],
    }.items():
        made = body.content({}, [], {"a": reading}).attributes["a"].expression
        assert isinstance(made, Tuple)
        assert [type(item).__name__ for item in made.items] == kinds


def test_files_of_values_have_no_templates() -> None:
    body, problems = parse_json_values('{"//": 1, "a": "${x}", "b": {"//": "${y}"}, "a": 2}', "x")
    assert [problem.summary for problem in problems] == ["Attribute redefined"]
    assert list(body.attributes) == ["a", "b"]
    written = body.attributes["a"].expression
    assert isinstance(written, Literal)
    assert written.value == "${x}"
    assert [problem.summary for problem in parse_json_values("[{}]", "x")[1]] == ["Incorrect JSON value type"]
